import * as z from 'zod';
import type { Job } from '../../jobs/job.ts';
import { quoteUntrusted } from '../../runcomfy/sanitize.ts';
import { elapsedSeconds } from './present.ts';

const MAX_PROMPT = 80;

/** The shape of one row of a list of jobs. */
export const jobRowOutput = z.looseObject({ request_id: z.string(), status: z.string() });

/** A job as one line of a list. */
export function jobLine(job: Job, now: number): string {
  const { request_id, status, model, prompt, submitted_at } = jobRow(job, now);
  return [request_id, status, model, submitted_at, `"${prompt}"`]
    .filter((part) => part !== undefined)
    .join(' | ');
}

/** A job as one row of data, its prompt cut. */
export function jobRow(job: Job, now: number) {
  const elapsed = elapsedSeconds(job, now);
  return {
    request_id: job.request_id ?? 'none',
    status: job.state,
    model: job.model,
    prompt: shortPrompt(job.input.prompt),
    submitted_at: job.submitted_at,
    ...(job.urls?.length && { images: job.urls.length }),
    ...(elapsed !== undefined && { elapsed_seconds: elapsed }),
    ...(job.cost_usd !== undefined && { cost_usd: job.cost_usd }),
  };
}

const shortPrompt = (prompt: unknown): string =>
  typeof prompt === 'string' ? quoteUntrusted(prompt, { max: MAX_PROMPT }) : '';
