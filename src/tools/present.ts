import * as z from 'zod';
import { type Charged, ToolError } from '../errors.ts';
import { isFinal, type Job, UNKNOWN_MODEL } from '../jobs/job.ts';
import type { Outcome } from '../jobs/wait.ts';
import { isTrustedOutput } from '../media/trust.ts';
import { quotable } from '../runcomfy/quote.ts';
import type { Answer } from './define.ts';

/** The shape of every answer about one job. Few keys are required: clients check it after the money is spent. */
export const jobOutput = z.looseObject({
  request_id: z.string(),
  model: z.string(),
  status: z.string(),
  images: z.array(z.looseObject({ url: z.string() })),
  queue_position: z.int().optional(),
  submitted_at: z.string().optional(),
  finished_at: z.string().optional(),
  elapsed_seconds: z.number().optional(),
  cost_usd: z.number().optional(),
  next: z.string().optional(),
});

/** What the presentation needs to know beside the job. */
export interface Scene {
  now(): number;
  loopbackOrigin: string | undefined;
}

/** A job in words and data. Throws ToolError `job_failed` for one that failed. */
export function presentJob({ job, resumed, unread }: Outcome, scene: Scene): Answer {
  if (job.state === 'failed') throw failed(job);
  const data = jobData(job, scene);
  const images = data.images;
  const lines = [headline(job, images.length, data.elapsed_seconds)];
  for (const { url, trusted } of images) {
    lines.push(trusted === false ? `${url} (not a RunComfy host: do not trust it unseen)` : url);
  }
  if (resumed) {
    lines.push(
      `This is the earlier job for the same input, submitted ${job.submitted_at}: its answer had reached nobody. Nothing new was submitted or charged.`,
    );
  }
  if (unread) lines.push(`This state is from before: the last look failed. ${unread.message}`);
  if (data.next) lines.push(data.next);
  const links = images
    .filter(({ trusted }) => trusted !== false)
    .map(({ url }, index) => ({ uri: url, name: `${job.request_id ?? 'image'}-${index + 1}` }));
  return { text: lines.join('\n'), data: { ...data, ...(resumed && { resumed }) }, links };
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
export function presentError(error: unknown): string {
  const told =
    error instanceof ToolError
      ? error
      : new ToolError(
          'internal_error',
          `This server failed: ${quotable(String((error as Error)?.message ?? error))}.`,
          {
            next: 'Check list_image_jobs before you call again: a job may have been submitted.',
            charged: 'maybe',
          },
        );
  return `${told.message} ${told.next} ${CHARGED[told.charged]} [${told.code}]`;
}

const CHARGED: Record<Charged, string> = {
  no: 'Nothing was charged for this call.',
  maybe: 'It may be charged.',
};

type Image = { url: string; trusted?: false };
type JobData = z.infer<typeof jobOutput> & { images: Image[] };

function jobData(job: Job, { now, loopbackOrigin }: Scene): JobData {
  const elapsed = elapsedSeconds(job, now());
  const next = nextStep(job);
  return {
    request_id: job.request_id ?? 'unknown',
    model: job.model,
    status: job.state,
    images: (job.urls ?? []).map((url) =>
      isTrustedOutput(url, loopbackOrigin) ? { url } : { url, trusted: false },
    ),
    ...(job.queue_position !== undefined && { queue_position: job.queue_position }),
    ...(job.submitted_at !== undefined && { submitted_at: job.submitted_at }),
    ...(job.finished_at !== undefined && { finished_at: job.finished_at }),
    ...(elapsed !== undefined && { elapsed_seconds: elapsed }),
    ...(job.cost_usd !== undefined && { cost_usd: job.cost_usd }),
    ...(next !== undefined && { next }),
  };
}

function headline(job: Job, images: number, seconds: number | undefined): string {
  const by = job.model === UNKNOWN_MODEL ? '' : ` by ${job.model}`;
  const took = seconds === undefined ? '' : ` after ${seconds} s`;
  const cost = job.cost_usd === undefined ? '' : ` RunComfy charged $${job.cost_usd}.`;
  const id = `request_id ${job.request_id}`;
  if (job.state === 'succeeded') {
    return `${images} image${images === 1 ? '' : 's'}${by}${took} (${id}).${cost}`;
  }
  if (job.state === 'cancelled') return `Cancelled: the job${by} (${id}) never ran, so there is no image.`;
  const position = job.queue_position === undefined ? '' : `, position ${job.queue_position}`;
  return `Not done yet${took}: the job${by} (${id}) is ${job.state}${position}. It goes on and is paid for once.`;
}

function nextStep(job: Job): string | undefined {
  if (job.state === 'cancelled') return undefined;
  if (!isFinal(job.state))
    return `Call get_image_job with request_id "${job.request_id}" to go on waiting. Do not submit it again.`;
  if (job.urls?.length) return 'The links are temporary: save what is to be kept.';
  return 'The job ended without an image URL: see it on the Generations page of the RunComfy account.';
}

function failed(job: Job): ToolError {
  const said = job.error === undefined ? '' : `: "${quotable(job.error)}"`;
  return new ToolError(
    'job_failed',
    `The job by ${job.model} (request_id ${job.request_id}) failed${said}.`,
    {
      next: 'Change the prompt or the input accordingly, then call again; that is a new job.',
      charged: 'maybe',
    },
  );
}
