import { within } from '../../clock.ts';
import { DeletedError } from '../deletion.ts';
import { formatBatch } from '../handle.ts';
import { isDeleted, isFinal, type Job } from '../job.ts';
import type { JobsOptions } from '../options.ts';
import type { StoredJob } from '../store.ts';
import { jobsOfBatch } from './follow-batch.ts';

// In ms. Reads that others wait for go first.
const READ_WITHIN = 5_000;

/** Makes what reads the jobs of a batch once, without following or delivering any. */
export function createPeekBatch(
  options: Pick<JobsOptions, 'store' | 'isShared' | 'calls' | 'clock'> & {
    lookAfter: (requestId: string, signal: AbortSignal) => Promise<Job>;
  },
) {
  const { calls, clock, lookAfter } = options;

  async function peekOne({ job, lease }: StoredJob, signal: AbortSignal): Promise<Job> {
    const { request_id, state } = job;
    // A call of this process polls it already: its record is as new as can be.
    const isFollowed = lease !== undefined && calls.has(lease.call);
    if (request_id === undefined || isFinal(state) || isFollowed || isDeleted(job)) return job;
    const late = new Error(`no answer within ${READ_WITHIN / 1000} s`);
    const read = (end: AbortSignal) => lookAfter(request_id, end);
    return within(clock, READ_WITHIN, late, read, signal).catch(() => job);
  }

  /**
   * The recorded jobs of a batch in their order, deleted ones too; one that cannot be read is as its record says. Throws
   * `unknown_request`, also if all are deleted.
   */
  return async (id: string, signal: AbortSignal): Promise<Job[]> => {
    const stored = await jobsOfBatch(options, id);
    if (stored.every(({ job }) => isDeleted(job))) throw new DeletedError(formatBatch(id));
    return Promise.all(stored.map((one) => peekOne(one, signal)));
  };
}
