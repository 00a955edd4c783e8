import { isDeleted, type Job, jobOutputs, type Original, withOriginals } from '../../jobs/job.ts';
import type { JobStore } from '../../jobs/store.ts';
import type { Output } from '../../runcomfy/outputs.ts';

/** One output of a job, by the index of its URL. */
export interface JobOutput {
  job: Job;
  index: number;
}

/** What RunComfy told of an output that a job has. */
export const outputAt = ({ job, index }: JobOutput): Output => jobOutputs(job)[index] as Output;

/** Records what an output was; false if the job has no record, or is deleted meanwhile. */
export async function recordOriginal(
  store: Pick<JobStore, 'byRequestId' | 'update'>,
  { job, index }: JobOutput,
  original: Original,
): Promise<boolean> {
  const stored = await store.byRequestId(job.request_id ?? '');
  const learned = new Map([[index, original]]);
  const recorded = stored && (await store.update(stored.id, (now) => withOriginals(now, learned)));
  return recorded !== undefined && !isDeleted(recorded.job);
}
