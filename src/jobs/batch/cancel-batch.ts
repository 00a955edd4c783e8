import { ToolError } from '../../errors.ts';
import { isDeleted, type Job } from '../job.ts';
import type { JobsOptions } from '../options.ts';
import { AT_ONCE } from '../polling/rate-limiter.ts';
import type { Cancellation } from '../service.ts';
import type { StoredJob } from '../store.ts';
import { transition } from '../transition.ts';
import { jobsOfBatch } from './follow-batch.ts';

/** What became of the wish to cancel one job of a batch. */
export type MemberCancellation = Cancellation | { outcome: 'unknown'; job: Job; error: ToolError };

/** Makes what cancels a batch: what is queued at RunComfy, and what was not submitted yet. */
export function createCancelBatch(
  options: Pick<JobsOptions, 'store' | 'isShared' | 'rateLimiter' | 'clock'> & {
    cancel: (requestId: string, signal: AbortSignal) => Promise<Cancellation>;
  },
) {
  const { store, rateLimiter, clock, cancel } = options;

  /** A job that is only reserved, cancelled: whoever reserved it can no longer send it. */
  async function withdraw({ id, job }: StoredJob): Promise<Job> {
    const cancelled = await store.update(id, (now) =>
      now.state === 'reserved' ? transition(now, { kind: 'cancelled' }, clock.now()) : now,
    );
    return cancelled?.job ?? job;
  }

  async function cancelOne(stored: StoredJob, signal: AbortSignal): Promise<MemberCancellation> {
    const job = stored.job.state === 'reserved' ? await withdraw(stored) : stored.job;
    const { request_id, state } = job;
    if (isDeleted(job)) return { outcome: 'already_ended', job };
    try {
      if (request_id === undefined)
        return { outcome: state === 'cancelled' ? 'cancelled' : 'still_running', job };
      await rateLimiter.acquire(AT_ONCE, signal);
      return await cancel(request_id, signal);
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      return { outcome: 'unknown', job, error };
    }
  }

  return async (id: string, signal: AbortSignal): Promise<MemberCancellation[]> =>
    Promise.all((await jobsOfBatch(options, id)).map((stored) => cancelOne(stored, signal)));
}
