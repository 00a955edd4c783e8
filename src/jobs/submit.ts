import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import type { Submitted } from '../runcomfy/verdict.ts';
import type { Calls, PaidCall, Wait } from './calls.ts';
import type { Claim, Claims } from './claims.ts';
import { followLead } from './lead.ts';
import type { Pace } from './pace.ts';

export interface SubmitOptions {
  api: RunComfy;
  claims: Claims;
  calls: Calls;
  pace: Pace;
  clock: Clock;
  log: Log;
}

/** A model's input as it goes out. */
type Body = Record<string, unknown>;

export function createSubmit(options: SubmitOptions) {
  const { api, claims, calls, log } = options;

  /** Submits once, with the intent durable before the POST and the request id after it. */
  async function send(claim: Claim, body: Body, wait: Wait): Promise<Submitted> {
    if (wait.signal.aborted) {
      await claim.discard();
      throw wait.signal.reason;
    }
    try {
      const submitted = await api.submit(claim.job.model, body, claim.maySubmit);
      await claim.accepted(submitted.requestId);
      return submitted;
    } catch (error) {
      throw await settled(claim, error);
    }
  }

  /**
   * Submits a paid job. The wait's signal keeps it from being sent, but never aborts it once it is. A request id that
   * is only a lead is recorded like any other before anybody looks where it leads; what stays open, following finds out.
   */
  return async (call: PaidCall, fingerprint: string, body: Body, wait: Wait): Promise<Claim> => {
    const claim = await calls.hold(wait.call, claims.reserve(call, fingerprint, wait));
    const { requestId, unproven } = await calls.hold(wait.call, send(claim, body, wait));
    if (unproven) {
      log.info(`${requestId} came in a reply that proves nothing: ${unproven.message}`);
      wait.onLook(claim.job);
      const end = await followLead(requestId, { ...options, signal: wait.signal });
      if (end === 'missing') throw await settled(claim, unproven);
    }
    return claim;
  };
}

/** Why a job was not submitted, or may not have been, once that is recorded. */
async function settled(claim: Claim, error: unknown): Promise<unknown> {
  if (error instanceof ToolError && error.charged === 'no') await claim.discard();
  else {
    // A record that holds a request id keeps it.
    await claim.observe({ kind: claim.job.request_id === undefined ? 'answer_lost' : 'forgotten' });
    claim.answer();
  }
  return error;
}
