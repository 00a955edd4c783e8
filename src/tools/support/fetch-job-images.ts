import type { FetchedImage, FetchOptions, SaveOptions } from '../../images/fetch-images.ts';
import { chosenStem, fileStem } from '../../images/file-name.ts';
import { type Job, kindAt, UNKNOWN_MODEL } from '../../jobs/job.ts';
import type { Services, ToolCall } from './define.ts';
import { KIND_NAMES } from './job-words.ts';

// In ms. A result waits for its images for what is left of the call's wait, within these bounds: the least still fits
// between the usual wait of 45 s and the 60 s after which most clients give up. Saving on request may take longer.
const MIN_TIMEOUT = 5_000;
const MAX_TIMEOUT = 20_000;
const MAX_SAVE_TIMEOUT = 600_000;

export type FetchServices = Pick<Services, 'clock' | 'fetchImages'>;

/** Fetches the images of a job that succeeded, for its result; and saves them on the way. */
export function showJobImages(
  job: Job,
  call: ToolCall,
  services: FetchServices,
  isSaved: boolean,
): Promise<FetchedImage[]> {
  const options = { preview: call.preview, save: isSaved ? saveOptions(job) : undefined };
  return fetchJobImages(job, call, services, options, MAX_TIMEOUT);
}

/** Saves the images of a job that succeeded, under a name of the caller's or one that tells what they show. */
export function saveJobImages(
  job: Job,
  call: ToolCall,
  services: FetchServices,
  name: string | undefined,
): Promise<FetchedImage[]> {
  const options = { preview: 'off', save: saveOptions(job, name) } as const;
  return fetchJobImages(job, call, services, options, MAX_SAVE_TIMEOUT);
}

/** Fetches a job's outputs, except those that are no images. */
async function fetchJobImages(
  job: Job,
  { wait }: ToolCall,
  { clock, fetchImages }: FetchServices,
  options: Pick<FetchOptions, 'preview' | 'save'>,
  maxTimeout: number,
): Promise<FetchedImage[]> {
  const outputs = (job.urls ?? []).map((url, index) => ({ url, kind: kindAt(job, index) }));
  const urls = outputs.flatMap(({ url, kind }) => (kind === 'image' ? url : []));
  const timeout = Math.min(maxTimeout, Math.max(MIN_TIMEOUT, wait.until - clock.now()));
  const images = await fetchImages(urls, { ...options, timeout, signal: wait.signal });
  return outputs.map(({ url, kind }) => {
    if (kind === 'image') return images.shift() ?? { url };
    const notSaved = `only images are saved: download this ${KIND_NAMES[kind]} from its URL`;
    return { url, ...(options.save && { notSaved }) };
  });
}

function saveOptions(job: Job, name?: string): SaveOptions {
  const { request_id = '', model, input, submitted_at, finished_at, cost_usd } = job;
  const parts = {
    date: submitted_at ?? finished_at ?? '',
    model: model === UNKNOWN_MODEL ? '' : model,
    prompt: typeof input.prompt === 'string' ? input.prompt : '',
    requestId: request_id,
  };
  return {
    stem: name === undefined ? fileStem(parts) : chosenStem(name),
    metadata: { request_id, model, input, submitted_at, finished_at, cost_usd },
  };
}
