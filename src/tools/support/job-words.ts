import * as z from 'zod';
import type { FetchedOutput, ImageFacts } from '../../images/fetch-outputs.ts';
import type { PictureLink } from '../../images/library/picture-link.ts';
import { extensionOf } from '../../images/media-type.ts';
import { formatBatch } from '../../jobs/handle.ts';
import { isFinal, type Job, jobOutputs, UNKNOWN_MODEL } from '../../jobs/job.ts';
import type { Estimate } from '../../jobs/spending/estimates.ts';
import { dollars } from '../../jobs/spending/totals.ts';
import type { MediaKind } from '../../runcomfy/outputs.ts';
import { quoteUntrusted } from '../../runcomfy/sanitize.ts';
import { estimateText } from './estimate-words.ts';

/** What an output of a kind is called. */
export const KIND_NAMES: Record<MediaKind, string> = {
  image: 'image',
  video: 'video',
  audio: 'audio file',
  '3d': '3D model',
};

/** Seconds from the submit to the job's end, or to now. */
export function elapsedSeconds(job: Job, now: number): number | undefined {
  if (job.submitted_at === undefined) return undefined;
  const end = job.finished_at === undefined ? now : Date.parse(job.finished_at);
  return Math.max(0, Math.round((end - Date.parse(job.submitted_at)) / 100) / 10);
}

/** What every result says of a job. */
export function jobData(job: Job, now: number) {
  return {
    request_id: job.request_id ?? 'none',
    model: job.model,
    status: job.state,
    queue_position: job.queue_position,
    submitted_at: job.submitted_at,
    elapsed_seconds: elapsedSeconds(job, now),
    cost_usd: job.cost_usd,
  };
}

/** Where a job stands, or how it ended, with what it cost or is estimated to cost. */
export function headline(job: Job, now: number, estimate?: Estimate | 'unknown'): string {
  const { request_id, queue_position, elapsed_seconds, cost_usd } = jobData(job, now);
  const by = job.model === UNKNOWN_MODEL ? '' : ` by ${job.model}`;
  const id = `(request_id ${request_id})`;
  if (job.state === 'cancelled') return `Cancelled: the job${by} ${id} never ran, so there is no image.`;
  const after = elapsed_seconds === undefined ? '' : ` after ${elapsed_seconds} s`;
  const estimated =
    estimate === undefined ? '' : ` ${estimateText(estimate === 'unknown' ? undefined : estimate)}`;
  const cost = cost_usd === undefined ? estimated : ` RunComfy charged ${dollars(cost_usd)}.`;
  if (job.state === 'succeeded') return `${outputCounts(job)}${by}${after} ${id}.${cost}`;
  const position = queue_position === undefined ? '' : `, position ${queue_position}`;
  return `Not done yet${after}: the job${by} ${id} is ${job.state}${position}. It goes on and is paid for once.${estimated}`;
}

/** How many outputs of each kind there are: "2 images", "1 video and 1 image". */
export function outputCounts(job: Job): string {
  const counts = new Map<MediaKind, number>();
  for (const { kind } of jobOutputs(job)) counts.set(kind, (counts.get(kind) ?? 0) + 1);
  if (counts.size === 0) return '0 images';
  return [...counts]
    .map(([kind, count]) => `${count} ${KIND_NAMES[kind]}${count === 1 ? '' : 's'}`)
    .join(' and ');
}

/** An output's handle, what is known of it, its URL, and where it is saved. */
export function outputLines(
  { url, kind, facts, isKept, path, link }: FetchedOutput,
  handle: string,
  isTrusted: boolean,
): string[] {
  const known = kind === 'image' ? facts && imageWords(facts) : KIND_NAMES[kind];
  const about = isTrusted ? known : 'not a RunComfy host: do not trust it unseen';
  const line = [handle, about, isKept && 'kept', url].filter(Boolean).join(' | ');
  const lines = link
    ? [line, `Copy here, until ${linkEnd(link)}, for whoever has the link: ${link.url}`]
    : [line];
  return path === undefined ? lines : [...lines, `Saved as ${path}`];
}

/** When a link ends, to the minute: 2026-01-31 12:00 UTC. */
export const linkEnd = ({ expires }: PictureLink): string =>
  `${new Date(expires).toISOString().slice(0, 16).replace('T', ' ')} UTC`;

/** Such as "PNG, 1536 x 1024, 1.4 MB". */
export function imageWords({ type, width, height, bytes, transparent }: ImageFacts): string {
  return [
    type === 'image/webp' ? 'WebP' : typeName(type).toUpperCase(),
    width !== undefined && `${width} x ${height}`,
    bytes < 1e6 ? `${Math.max(1, Math.round(bytes / 1e3))} kB` : `${(bytes / 1e6).toFixed(1)} MB`,
    transparent && 'transparent: squares in the preview',
  ]
    .filter(Boolean)
    .join(', ');
}

const typeName = (type: string) =>
  type.startsWith('image/') ? type.slice('image/'.length) : extensionOf(type);

/** Which outputs are not shown or saved, and why; one line for each reason. */
export function missingNotes(outputs: readonly FetchedOutput[]): string[] {
  const numbers = new Map<string, number[]>();
  for (const [index, { notShown, notSaved }] of outputs.entries()) {
    const missing =
      notShown === notSaved
        ? { 'neither shown nor saved': notShown }
        : { 'not shown': notShown, 'not saved': notSaved };
    for (const [what, why] of Object.entries(missing)) {
      if (why === undefined) continue;
      const note = `${what}, as ${why}.`;
      numbers.set(note, [...(numbers.get(note) ?? []), index + 1]);
    }
  }
  const noun = outputs.every(({ kind }) => kind === 'image') ? 'image' : 'output';
  return [...numbers].map(([note, which]) => {
    if (outputs.length === 1) return `The ${noun} is ${note}`;
    const nouns = `${noun.charAt(0).toUpperCase()}${noun.slice(1)}${which.length === 1 ? '' : 's'}`;
    return `${nouns} ${which.join(', ')} ${which.length === 1 ? 'is' : 'are'} ${note}`;
  });
}

/** The message of a progress notification. */
export function progressLine(jobs: readonly Job[], now: number): string {
  const [job] = jobs;
  if (!job) return '';
  // The jobs of a batch become known one by one.
  const { size = 1 } = job.batch ?? {};
  if (size > 1) return `${jobs.filter(hasEnded).length} of ${size} jobs done`;
  const { queue_position, elapsed_seconds } = jobData(job, now);
  return [
    job.request_id,
    job.state,
    queue_position !== undefined && `position ${queue_position}`,
    elapsed_seconds !== undefined && `${Math.round(elapsed_seconds)} s`,
  ]
    .filter(Boolean)
    .join(', ');
}

const hasEnded = ({ state }: Job): boolean => isFinal(state) || state === 'unknown';

const MAX_PROMPT = 80;

/** A row of a list of jobs. */
export const jobRowOutput = z.looseObject({ request_id: z.string(), status: z.string() });

/** A job as a row of data, its prompt cut. */
export function jobRow(job: Job, now: number) {
  const { prompt } = job.input;
  return {
    ...jobData(job, now),
    prompt: typeof prompt === 'string' ? quoteUntrusted(prompt, { max: MAX_PROMPT }) : '',
    images: job.urls?.length || undefined,
    batch: job.batch && formatBatch(job.batch.id),
  };
}

/** A job as a line of a list. */
export function jobLine(job: Job, now: number): string {
  const { request_id, status, model, prompt, submitted_at, batch } = jobRow(job, now);
  const place = job.batch && `${batch} ${job.batch.index + 1}/${job.batch.size}`;
  return [request_id, status, model, submitted_at, `"${prompt}"`, place].filter(Boolean).join(' | ');
}
