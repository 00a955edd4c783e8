import { ToolError, takenOver } from '../../errors.ts';
import { type Outcome, type PaidCall, untilDrain, type Wait } from '../calls.ts';
import type { Claim, Claims } from '../claims.ts';
import type { Generate, Input } from '../generate.ts';
import type { JobsOptions } from '../options.ts';
import { AT_ONCE } from '../polling/rate-limiter.ts';
import { checkMaxCost } from '../spending/max-cost.ts';
import { type BatchOutcome, batchId, batchPrefix, type Member, memberFingerprint } from './batch.ts';
import { createMembers } from './members.ts';

/** One job of a batch that is wanted. */
export interface BatchCall extends PaidCall {
  /** Makes the input that is sent, if it differs from what is recorded. Asked only if the job is submitted. */
  body?: () => Promise<Input>;
}

type BatchOptions = Pick<
  JobsOptions,
  'store' | 'calls' | 'requireKey' | 'requireApproval' | 'rateLimiter' | 'estimates'
> &
  Pick<Generate, 'submit' | 'resume'> & { claims: Claims };

/** Makes what serves a call for several jobs. */
export function createGenerateBatch(options: BatchOptions) {
  const { store, calls, claims, requireKey, requireApproval, rateLimiter, estimates, submit, resume } =
    options;

  async function submitPaced(claim: Claim, body: Input, wait: Wait): Promise<Outcome> {
    await rateLimiter.acquire(AT_ONCE, untilDrain(wait)).catch(async (reason) => {
      if (!wait.signal.aborted) return;
      await claim.discard();
      throw reason;
    });
    return submit(claim, body, wait);
  }

  async function serve(
    wanted: readonly BatchCall[],
    prefix: string,
    maxCostUsd: number | undefined,
    wait: Wait,
  ): Promise<BatchOutcome> {
    const { waitOf, follow, gather } = createMembers(wait);
    const found = await claims.resume(prefix, wait, ({ batch }) => waitOf(batch?.index ?? 0));
    const [first] = found;
    const id = first?.job.batch?.id ?? batchId(prefix, wait.call);
    const existing = new Set(found.map(({ job }) => job.batch?.index));
    const missing = [...wanted.keys()].filter((index) => !existing.has(index));
    const callAt = (index: number) => wanted[index] as BatchCall;

    /** Reserves those that are missing in one step, and starts each. */
    async function begin(): Promise<Promise<Member>[]> {
      if (missing.length === 0) return [];
      const bodies = new Map<BatchCall['body'], Input>();
      // One after the other, as each may be large.
      for (const { body } of missing.map(callAt))
        if (body && !bodies.has(body)) bodies.set(body, await body());
      if (maxCostUsd !== undefined) checkMaxCost(await estimates.load(), wanted, maxCostUsd);
      await requireApproval?.(prefix, missing.map(callAt), wait);
      const jobs = missing.map((index) => {
        const { model, input } = callAt(index);
        const batch = { id, index, size: wanted.length };
        return {
          fingerprint: memberFingerprint(prefix, index),
          job: { model, input, batch },
          wait: waitOf(index),
        };
      });
      const reserved = await calls.hold(wait.call, claims.reserve(jobs));
      // If this process was frozen, another call may follow what was found, and have submitted what is missing.
      if (first && !(await claims.holds(first, wait))) {
        await Promise.all(reserved.map((claim) => claim.discard()));
        throw takenOver();
      }
      return reserved.map((claim, place) => {
        const index = missing[place] as number;
        const { body, input } = callAt(index);
        const sent = (body && bodies.get(body)) ?? input;
        return follow(index, claim, submitPaced(claim, sent, waitOf(index)));
      });
    }

    const begun = await begin().catch(async (error): Promise<Promise<Member>[]> => {
      // What exists is told all the same, unless the user has to be asked first.
      if (first && error instanceof ToolError && error.code !== 'not_approved')
        return missing.map(async (index) => ({ index, model: callAt(index).model, error }));
      await Promise.all(found.map((claim) => claim.handOver()));
      throw error;
    });
    const resumed = found.map((claim) => {
      const index = claim.job.batch?.index ?? 0;
      return follow(index, claim, resume(claim, waitOf(index)));
    });
    const members = await gather([...resumed, ...begun]);
    const [{ error } = {}] = members;
    if (error && members.every(({ job }) => !job)) throw noneSubmitted(error, members.length);
    return { id, members, resumed: found.length > 0 };
  }

  /**
   * Submits several paid jobs, each once, and follows them side by side to their ends or the wait's. Where the call
   * repeats an earlier one, the jobs that exist are followed and only the others submitted. Throws if none was
   * submitted, such as for a limit.
   */
  return async (
    wanted: readonly BatchCall[],
    wait: Wait,
    { maxCostUsd }: { maxCostUsd?: number | undefined } = {},
  ): Promise<BatchOutcome> => {
    await requireKey();
    const prefix = batchPrefix(store.account, wanted);
    return calls.open(wait, prefix, () => serve(wanted, prefix, maxCostUsd, wait));
  };
}

/** The error of a batch of which RunComfy took no job. */
function noneSubmitted(cause: ToolError, count: number): ToolError {
  const { code, message, next, failure } = cause;
  if (count === 1) return cause;
  return new ToolError(code, `None of the ${count} jobs was submitted. The first: ${message}`, {
    next,
    failure,
    cause,
  });
}
