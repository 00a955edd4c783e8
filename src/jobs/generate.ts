import { ToolError } from '../errors.ts';
import type { Submission } from '../runcomfy/submit.ts';
import { fingerprintOf, type Outcome, type PaidCall, type Wait } from './calls.ts';
import type { Claim, Claims } from './claims.ts';
import type { Follow } from './follow.ts';
import { isDeleted } from './job.ts';
import { followLead } from './lead.ts';
import type { JobsOptions } from './options.ts';

export type Generate = ReturnType<typeof createGenerate>;

type GenerateOptions = Omit<JobsOptions, 'estimates' | 'limits' | 'ended'> & {
  claims: Claims;
  follow: Follow;
};

const PRUNE_EVERY = 3_600_000;

/** A model's input, as it is sent or recorded. */
export type Input = Record<string, unknown>;

/** What a paid call may bring along. */
interface PaidOptions {
  /** Makes the input that is sent, if it differs from what is recorded. Asked only if a new job is submitted. */
  body?: () => Promise<Input>;
  /** Other inputs under which an earlier call may have recorded the same. */
  earlier?: readonly Input[];
}

/** Makes what serves a paid call, and its parts: by the earlier job that it repeats, or by a new one that is submitted once. */
export function createGenerate(options: GenerateOptions) {
  const { api, requireKey, store, requireApproval, keep, onPruned } = options;
  const { calls, claims, follow, intervals, runTimes, clock, log } = options;
  let prunedAt = Number.NEGATIVE_INFINITY;

  async function serve(
    call: PaidCall,
    fingerprint: string,
    { body, earlier = [] }: PaidOptions,
    wait: Wait,
  ): Promise<Outcome> {
    const [repeated] = await claims.resume(fingerprint, wait);
    const found = repeated ?? (await resumeEarlier(call, earlier, wait));
    if (found) return resume(found, wait);
    const sent = body ? await body() : call.input;
    await requireApproval?.(fingerprint, [call], wait);
    const [claim] = await calls.hold(wait.call, claims.reserve([{ fingerprint, job: call, wait }]));
    return submit(claim as Claim, sent, wait);
  }

  async function resumeEarlier({ model }: PaidCall, inputs: readonly Input[], wait: Wait) {
    for (const input of inputs) {
      const fingerprint = fingerprintOf(store.account, { model, input });
      const [claim] = await claims.resume(fingerprint, wait);
      if (claim) calls.follows(wait.call, fingerprint);
      if (claim) return claim;
    }
    return undefined;
  }

  /** Answers a call that repeats an earlier one: with its job, or that there may or may not be one. */
  async function resume(claim: Claim, wait: Wait): Promise<Outcome> {
    if (claim.job.request_id === undefined && claim.isActive) await claim.observe({ kind: 'response_lost' });
    const { request_id, submitted_at, delivered_at } = claim.job;
    // As one of a batch it comes again, but somebody was answered before the user deleted it.
    if (isDeleted(claim.job) && delivered_at !== undefined) {
      claim.answer();
      return { job: claim.job, resumed: true };
    }
    // It may have been accepted after all, a moment ago.
    if (request_id !== undefined) return follow(claim, request_id, { firstInterval: 0, resumed: true }, wait);
    // Another call is submitting it.
    if (!claim.isActive) return { job: claim.job, resumed: true };
    claim.answer();
    throw interrupted(submitted_at);
  }

  /**
   * Submits a job that is reserved, and follows it. The wait's signal keeps it from being sent, but never aborts it once
   * it is. A request id that is only a lead is recorded like any other before it is followed up; if that settles
   * nothing, following the job will.
   */
  async function submit(claim: Claim, body: Input, wait: Wait): Promise<Outcome> {
    const { requestId, unproven } = await calls.hold(wait.call, send(claim, body, wait));
    if (unproven) {
      log.info(`${requestId} came in a reply that proves nothing: ${unproven.message}`);
      wait.onPoll([claim.job]);
      const end = await followLead(requestId, { ...options, signal: wait.signal, drain: wait.drain });
      if (end === 'missing') throw await recordFailure(claim, unproven);
    }
    prune();
    wait.onPoll([claim.job]);
    await runTimes.loadHistory();
    return follow(claim, requestId, { firstInterval: intervals.next(claim.job) }, wait).catch((error) => {
      throw error instanceof ToolError ? unfollowed(requestId, error) : error;
    });
  }

  /** Submits once, with the intent durable before the POST and the request id after it. */
  async function send(claim: Claim, body: Input, wait: Wait): Promise<Submission> {
    if (wait.signal.aborted) {
      await claim.discard();
      throw wait.signal.reason;
    }
    const maySend = async () => {
      // A process that was frozen finds the call in its input, and only then that its client has long given up.
      await wait.hear?.();
      return !wait.signal.aborted && claim.maySubmit();
    };
    try {
      const submission = await api.submit(claim.job.model, body, maySend, wait.drain);
      await claim.accepted(submission.requestId);
      return submission;
    } catch (error) {
      throw await recordFailure(claim, error);
    }
  }

  /** Deletes old records, once an hour at most, and waits for nothing. Behind a paid call: starting and listing change nothing. */
  function prune(): void {
    if (clock.now() - prunedAt < PRUNE_EVERY) return;
    prunedAt = clock.now();
    store
      .prune(prunedAt, keep)
      .then(onPruned, (error) => log.warn(`cannot prune the records: ${error.message}`));
  }

  /**
   * Submits a paid job, or resumes the earlier one that this call repeats, and follows it to its end or the wait's. The
   * input is recorded and tells whether a call repeats another.
   */
  async function generate(
    model: string,
    input: Input,
    wait: Wait,
    options: PaidOptions = {},
  ): Promise<Outcome> {
    await requireKey();
    const call = { model, input };
    const fingerprint = fingerprintOf(store.account, call);
    return calls.open(wait, fingerprint, () => serve(call, fingerprint, options, wait));
  }

  return { generate, resume, submit, prune };
}

/** Records that a job was not submitted, or may not have been; returns the error that says so. */
async function recordFailure(claim: Claim, error: unknown): Promise<unknown> {
  if (error instanceof ToolError && error.charged === 'no') await claim.discard();
  else {
    // A record that holds a request id keeps it.
    await claim.observe({ kind: claim.job.request_id === undefined ? 'response_lost' : 'not_found' });
    claim.answer();
  }
  return error;
}

/** A call repeats one that was cut off during its submit. Once this is delivered, the next call submits a new job. */
const interrupted = (submittedAt: string | undefined): ToolError =>
  new ToolError(
    'submit_unknown',
    `An identical call at ${submittedAt} was cut off while it was submitted: that job may exist and be charged. Nothing was submitted now.`,
    {
      next: 'Look at the Generations page of the RunComfy account; if the image is not there, call again to submit a new job.',
      charged: 'maybe',
    },
  );

/** The job was accepted, but cannot be followed: the error names its request id, so that it is not submitted again. */
function unfollowed(requestId: string, cause: ToolError): ToolError {
  const { code, message, next } = cause;
  const failure = { request_id: requestId };
  if (code === 'unknown_request')
    return new ToolError(code, message, { next, charged: 'maybe', failure, cause });
  // Who calls may not be who sets the key.
  const first = code === 'key_refused' || code === 'no_key' ? `${next} Then` : 'Fix that, then';
  return new ToolError(code, `Job ${requestId} was submitted, but it cannot be followed: ${message}`, {
    next: `${first} call get_image_job with request_id "${requestId}"; do not submit it again.`,
    charged: 'maybe',
    failure,
    cause,
  });
}
