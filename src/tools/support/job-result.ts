import * as z from 'zod';
import { ToolError } from '../../errors.ts';
import type { FetchedImage } from '../../images/fetch-images.ts';
import { isTrustedOutput } from '../../images/trust.ts';
import type { Outcome } from '../../jobs/calls.ts';
import { isFinal, type Job, kindAt } from '../../jobs/job.ts';
import { quoteUntrusted } from '../../runcomfy/sanitize.ts';
import type { Services, ToolCall, ToolResult } from './define.ts';
import { type FetchServices, showJobImages } from './fetch-job-images.ts';
import { headline, imageWords, jobData, KIND_NAMES, missingImageNotes } from './job-words.ts';

/** The shape of every result about one job. Few keys are required: clients check it after the money is spent. */
export const jobOutput = z.looseObject({
  request_id: z.string(),
  model: z.string(),
  status: z.string(),
  // Times, facts about an image and notes come unlisted: in every tool's schema they would cost 2 kB.
  images: z.array(z.looseObject({ url: z.string() })),
  queue_position: z.int().optional(),
  cost_usd: z.number().optional(),
  next: z.string().optional(),
});

export type JobResultServices = Pick<Services, 'clock' | 'loopbackOrigin'>;

/** A job in words and data, with what was fetched of each of its outputs. Throws `job_failed` if it failed. */
export function jobResult(
  { job, resumed, readError }: Outcome,
  { clock, loopbackOrigin }: JobResultServices,
  fetched: readonly FetchedImage[] = [],
): ToolResult {
  if (job.state === 'failed') throw jobFailed(job);
  const outputs = (job.urls ?? []).map((url, index) => {
    const { facts, path } = fetched[index] ?? {};
    return { url, kind: kindAt(job, index), isTrusted: isTrustedOutput(url, loopbackOrigin), facts, path };
  });
  const outputLines = outputs.flatMap(({ url, kind, isTrusted, facts, path }) => {
    const known = kind === 'image' ? facts && imageWords(facts) : KIND_NAMES[kind];
    const about = isTrusted ? known : 'not a RunComfy host: do not trust it unseen';
    return [about === undefined ? url : `${url} (${about})`, path && `Saved as ${path}`];
  });
  const notes = missingImageNotes(fetched);
  return {
    lines: [
      headline(job, clock.now()),
      ...outputLines,
      ...notes,
      resumed
        ? `This is the earlier job for the same input, submitted ${job.submitted_at}. Nobody had received its answer. Nothing new was submitted or charged.`
        : undefined,
      readError && `This state may be out of date: reading it failed. ${readError.message}`,
    ],
    data: {
      ...jobData(job, clock.now()),
      images: outputs.map(({ url, kind, isTrusted, facts, path }) => ({
        url,
        kind: kind === 'image' ? undefined : kind,
        trusted: isTrusted ? undefined : false,
        ...facts,
        path,
      })),
      finished_at: job.finished_at,
      notes: notes.length > 0 ? notes : undefined,
      resumed: resumed || undefined,
      next: nextAfterJob(job, fetched),
    },
    previews: fetched.flatMap(({ preview }) => preview ?? []),
  };
}

export type ResultServices = JobResultServices & FetchServices & Pick<Services, 'savesAll'>;

/** The result of a job; if it succeeded, with its images shown, and saved if the user saves all. */
export async function resultWithImages(
  outcome: Outcome,
  call: ToolCall,
  services: ResultServices,
): Promise<ToolResult> {
  const { job } = outcome;
  const { savesAll } = services;
  const isFetched = job.state === 'succeeded' && (call.preview !== 'off' || savesAll);
  const images = isFetched ? await showJobImages(job, call, services, savesAll) : [];
  return jobResult(outcome, services, images);
}

function nextAfterJob(job: Job, fetched: readonly FetchedImage[]): string | undefined {
  const { state, request_id, urls = [] } = job;
  if (state === 'cancelled') return undefined;
  if (!isFinal(state))
    return `Call get_image_job with request_id "${request_id}" to keep waiting. Do not submit it again.`;
  if (urls.length === 0)
    return 'The job ended without an image URL: see it on the Generations page of the RunComfy account.';
  if (fetched.length > 0 && fetched.every(({ path }) => path !== undefined)) return undefined;
  return urls.some((_, index) => kindAt(job, index) === 'image')
    ? 'The links are temporary: save_images keeps the images.'
    : 'The links are temporary: download what should be kept.';
}

function jobFailed({ model, request_id, error }: Job): ToolError {
  const said = error === undefined ? '' : `: "${quoteUntrusted(error)}"`;
  return new ToolError('job_failed', `The job by ${model} (request_id ${request_id}) failed${said}.`, {
    next: 'Change the prompt or the input accordingly, then call again; that is a new job.',
    charged: 'maybe',
  });
}
