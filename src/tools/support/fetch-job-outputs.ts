import type { FetchedOutput } from '../../images/fetch-outputs.ts';
import { chosenStem, fileStem } from '../../images/saving/file-name.ts';
import type { Job } from '../../jobs/job.ts';
import type { Services, ToolCall } from './define.ts';
import { jobOutputs } from './job-words.ts';

// In ms. A result waits for its images for what is left of the call's wait, within these bounds: the least still fits
// between the usual wait of 45 s and the 60 s after which most clients give up. Saving on request may take longer.
const MIN_TIMEOUT = 5_000;
const MAX_TIMEOUT = 20_000;
const MAX_SAVE_TIMEOUT = 600_000;

export type FetchServices = Pick<Services, 'clock' | 'fetchOutputs'>;

/** Fetches the outputs of a job that succeeded to show them, and to save them under names that tell what they are. */
export const showOutputs = (job: Job, call: ToolCall, services: FetchServices, isSaved: boolean) =>
  fetchJobOutputs(job, call, services, {
    stem: isSaved ? fileStem(job) : undefined,
    maxTimeout: MAX_TIMEOUT,
  });

/** Saves the outputs of a job that succeeded, under a name that the caller chose or one that tells what they are. */
export const saveOutputs = (
  job: Job,
  { wait }: ToolCall,
  services: FetchServices,
  name: string | undefined,
) =>
  fetchJobOutputs(job, { wait, preview: 'off' }, services, {
    stem: name === undefined ? fileStem(job) : chosenStem(name),
    maxTimeout: MAX_SAVE_TIMEOUT,
  });

function fetchJobOutputs(
  job: Job,
  { wait, preview }: ToolCall,
  { clock, fetchOutputs }: FetchServices,
  { stem, maxTimeout }: { stem: string | undefined; maxTimeout: number },
): Promise<FetchedOutput[]> {
  const { request_id, model, input, submitted_at, finished_at, cost_usd } = job;
  const metadata = { request_id, model, input, submitted_at, finished_at, cost_usd };
  return fetchOutputs(jobOutputs(job), {
    preview,
    save: stem === undefined ? undefined : { stem, metadata },
    timeout: Math.min(maxTimeout, Math.max(MIN_TIMEOUT, wait.until - clock.now())),
    signal: wait.signal,
  });
}
