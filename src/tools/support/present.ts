import * as z from 'zod';
import { type Charged, ToolError } from '../../errors.ts';
import { factsOf, type Picture } from '../../images/pictures.ts';
import { isTrustedOutput } from '../../images/trust.ts';
import type { Outcome } from '../../jobs/calls.ts';
import { isFinal, type Job, kindAt, UNKNOWN_MODEL } from '../../jobs/job.ts';
import { dollars } from '../../jobs/spending/totals.ts';
import { quoteUntrusted } from '../../runcomfy/sanitize.ts';
import type { Answer, Services } from './define.ts';
import { describeOriginal, pictureNotes } from './picture-words.ts';

/** The shape of every answer about one job. Few keys are required: clients check it after the money is spent. */
export const jobOutput = z.looseObject({
  request_id: z.string(),
  model: z.string(),
  status: z.string(),
  // Times, facts about a picture and notes come beside these unlisted: in every tool's schema they would cost 2 kB.
  images: z.array(z.looseObject({ url: z.string() })),
  queue_position: z.int().optional(),
  cost_usd: z.number().optional(),
  next: z.string().optional(),
});

export type PresentServices = Pick<Services, 'clock' | 'loopbackOrigin'>;

/**
 * A job in words and data, with what was had of its pictures, in the order of its URLs. Throws ToolError
 * `job_failed` for one that failed.
 */
export function presentJob(
  { job, resumed, readError }: Outcome,
  services: PresentServices,
  pictures: readonly Picture[] = [],
): Answer {
  if (job.state === 'failed') throw failed(job);
  const data = jobData(job, services, pictures);
  const images = data.images;
  const lines = [headline(job, data.elapsed_seconds)];
  for (const [index, { url, trusted }] of images.entries()) {
    const { original, path } = pictures[index] ?? {};
    const kind = kindAt(job, index);
    const known = kind === 'image' ? original && describeOriginal(original) : kind;
    const about = trusted === false ? 'not a RunComfy host: do not trust it unseen' : known;
    lines.push(about === undefined ? url : `${url} (${about})`);
    if (path !== undefined) lines.push(`Saved as ${path}`);
  }
  lines.push(...(data.notes ?? []));
  if (resumed) {
    lines.push(
      `This is the earlier job for the same input, submitted ${job.submitted_at}. Nobody had received its answer. Nothing new was submitted or charged.`,
    );
  }
  if (readError) lines.push(`This state is from before: the last look failed. ${readError.message}`);
  if (data.next) lines.push(data.next);
  const previews = pictures.flatMap(({ preview }) => preview ?? []);
  return { text: lines.join('\n'), data: { ...data, ...(resumed && { resumed }) }, previews };
}

/** One line on where an unfinished job stands; also the message of a progress notification. */
export function progressLine(job: Job, now: number): string {
  const seconds = elapsedSeconds(job, now);
  const where = [job.request_id, job.state];
  if (job.queue_position !== undefined) where.push(`position ${job.queue_position}`);
  if (seconds !== undefined) where.push(`${Math.round(seconds)} s`);
  return where.join(', ');
}

/** Seconds from the submit to the job's end, or to now. */
export function elapsedSeconds(job: Job, now: number): number | undefined {
  if (job.submitted_at === undefined) return undefined;
  const end = job.finished_at === undefined ? now : Date.parse(job.finished_at);
  return Math.max(0, Math.round((end - Date.parse(job.submitted_at)) / 100) / 10);
}

/** A failure in words: what happened, what to do next, whether it was charged, the code. */
export function presentError(error: unknown, isPaid = false): string {
  const told =
    error instanceof ToolError
      ? error
      : new ToolError(
          'internal_error',
          `This server failed: ${quoteUntrusted(String((error as Error)?.message ?? error))}.`,
          {
            next: 'Check list_image_jobs before you call again: a job may have been submitted.',
            charged: 'maybe',
          },
        );
  // Of a call that costs nothing that need not be said.
  const charged = isPaid || told.charged !== 'no' ? ` ${CHARGED[told.charged]}` : '';
  return `${told.message} ${told.next}${charged} [${told.code}]`;
}

const CHARGED: Record<Charged, string> = {
  no: 'Nothing was charged for this call.',
  maybe: 'It may be charged.',
};

type JobData = z.infer<typeof jobOutput> & { elapsed_seconds?: number; notes?: string[] };

function jobData(
  job: Job,
  { clock, loopbackOrigin }: PresentServices,
  pictures: readonly Picture[],
): JobData {
  const elapsed = elapsedSeconds(job, clock.now());
  const isKept = pictures.length > 0 && pictures.every(({ path }) => path !== undefined);
  const next = nextStep(job, isKept);
  const notes = pictures.length > 0 ? pictureNotes(pictures) : [];
  return {
    request_id: job.request_id ?? 'unknown',
    model: job.model,
    status: job.state,
    images: (job.urls ?? []).map((url, index) => {
      const { original, path } = pictures[index] ?? {};
      return {
        url,
        ...(kindAt(job, index) !== 'image' && { kind: kindAt(job, index) }),
        ...(!isTrustedOutput(url, loopbackOrigin) && { trusted: false }),
        ...(original && factsOf(original)),
        ...(path !== undefined && { path }),
      };
    }),
    ...(job.queue_position !== undefined && { queue_position: job.queue_position }),
    ...(job.submitted_at !== undefined && { submitted_at: job.submitted_at }),
    ...(job.finished_at !== undefined && { finished_at: job.finished_at }),
    ...(elapsed !== undefined && { elapsed_seconds: elapsed }),
    ...(job.cost_usd !== undefined && { cost_usd: job.cost_usd }),
    ...(notes.length > 0 && { notes }),
    ...(next !== undefined && { next }),
  };
}

function headline(job: Job, seconds: number | undefined): string {
  const by = job.model === UNKNOWN_MODEL ? '' : ` by ${job.model}`;
  const took = seconds === undefined ? '' : ` after ${seconds} s`;
  const cost = job.cost_usd === undefined ? '' : ` RunComfy charged ${dollars(job.cost_usd)}.`;
  const id = `request_id ${job.request_id}`;
  if (job.state === 'succeeded') {
    return `${outputWords(job)}${by}${took} (${id}).${cost}`;
  }
  if (job.state === 'cancelled') return `Cancelled: the job${by} (${id}) never ran, so there is no image.`;
  const position = job.queue_position === undefined ? '' : `, position ${job.queue_position}`;
  return `Not done yet${took}: the job${by} (${id}) is ${job.state}${position}. It goes on and is paid for once.`;
}

const KIND_NAMES: Record<string, string> = { audio: 'audio file', '3d': '3D model' };

/** How many outputs of each kind there are: "2 images", "1 video and 1 image". */
function outputWords(job: Job): string {
  const counts = new Map<string, number>();
  for (const index of (job.urls ?? []).keys()) {
    const kind = kindAt(job, index);
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  if (counts.size === 0) return '0 images';
  const named = (kind: string, count: number) => (KIND_NAMES[kind] ?? kind) + (count === 1 ? '' : 's');
  return [...counts].map(([kind, count]) => `${count} ${named(kind, count)}`).join(' and ');
}

function nextStep(job: Job, isKept: boolean): string | undefined {
  if (job.state === 'cancelled') return undefined;
  if (!isFinal(job.state))
    return `Call get_image_job with request_id "${job.request_id}" to keep waiting. Do not submit it again.`;
  if (isKept) return undefined;
  if (job.urls?.length) {
    const hasImages = job.urls.some((_, index) => kindAt(job, index) === 'image');
    return hasImages
      ? 'The links are temporary: save_images keeps the images.'
      : 'The links are temporary: fetch what is to be kept.';
  }
  return 'The job ended without an image URL: see it on the Generations page of the RunComfy account.';
}

function failed(job: Job): ToolError {
  const said = job.error === undefined ? '' : `: "${quoteUntrusted(job.error)}"`;
  return new ToolError(
    'job_failed',
    `The job by ${job.model} (request_id ${job.request_id}) failed${said}.`,
    {
      next: 'Change the prompt or the input accordingly, then call again; that is a new job.',
      charged: 'maybe',
    },
  );
}
