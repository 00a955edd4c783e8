import * as z from 'zod';
import { ToolError } from '../../errors.ts';
import type { FetchedOutput } from '../../images/fetch-outputs.ts';
import { isTrustedOutput } from '../../images/trust.ts';
import type { Outcome, Wait } from '../../jobs/calls.ts';
import { formatHandle } from '../../jobs/handle.ts';
import { isFinal, type Job, jobOutputs } from '../../jobs/job.ts';
import type { Estimate } from '../../jobs/spending/estimates.ts';
import { refusalOf } from '../../runcomfy/errors.ts';
import { quoteUntrusted } from '../../runcomfy/sanitize.ts';
import type { Services, ToolCall, ToolResult } from './define.ts';
import { headline, jobData, missingNotes, outputLines } from './job-words.ts';
import type { Surface } from './surface.ts';

/** The shape of every result about one job. Few keys are required: clients check it after the money is spent. */
export const jobOutput = z.looseObject({
  request_id: z.string(),
  model: z.string(),
  status: z.string(),
  // Times, facts about an image and notes come unlisted: in every tool's schema they would cost 2 kB.
  images: z.array(z.looseObject({ handle: z.string().optional(), url: z.string() })),
  queue_position: z.int().optional(),
  cost_usd: z.number().optional(),
  next: z.string().optional(),
});

export type JobResultServices = Pick<Services, 'clock' | 'loopbackOrigin' | 'surface'> & {
  originals: Pick<Services['originals'], 'areKept'>;
};

/** An outcome with what its job is estimated to cost, if it was asked for. */
interface EstimatedOutcome extends Outcome {
  estimate?: Estimate | 'unknown' | undefined;
}

/** A job in words and data, with what was fetched of its outputs, and why nothing is kept. Throws `job_failed` if it failed. */
export function jobResult(
  { job, resumed, readError, estimate }: EstimatedOutcome,
  { clock, loopbackOrigin, originals, surface }: JobResultServices,
  outputs: readonly FetchedOutput[] = jobOutputs(job),
  notKept?: string,
): ToolResult {
  if (job.state === 'failed') throw jobFailed(job);
  const isTrusted = (url: string) => isTrustedOutput(url, loopbackOrigin);
  const handleOf = (index: number) => formatHandle(job.request_id ?? '', index);
  const notes = missingNotes(outputs);
  if (notKept !== undefined) notes.push(`The library keeps nothing, as ${notKept}.`);
  return {
    lines: [
      headline(job, clock.now(), estimate),
      ...outputs.flatMap((output, index) => outputLines(output, handleOf(index), isTrusted(output.url))),
      ...notes,
      resumed
        ? `This is the earlier job for the same input, submitted ${job.submitted_at}. Nobody had received its answer. Nothing new was submitted or charged.`
        : undefined,
      readError && `This state may be out of date: reading it failed. ${readError.message}`,
    ],
    data: {
      ...jobData(job, clock.now()),
      estimated_cost_usd: estimate,
      images: outputs.map(({ url, kind, facts, isKept, path, link }, index) => ({
        handle: handleOf(index),
        url,
        kind: kind === 'image' ? undefined : kind,
        trusted: isTrusted(url) ? undefined : false,
        ...facts,
        kept: isKept,
        copy_url: link?.url,
        copy_expires_at: link && new Date(link.expires).toISOString(),
        path,
      })),
      finished_at: job.finished_at,
      notes: notes.length > 0 ? notes : undefined,
      resumed: resumed || undefined,
      next: nextAfterJob(job, outputs, originals.areKept && notKept === undefined, surface),
    },
    previews: outputs.flatMap(({ preview }, index) =>
      preview ? { ...preview, shownAs: handleOf(index) } : [],
    ),
  };
}

export type ResultServices = JobResultServices &
  Pick<Services, 'autoSave' | 'fetchOutputs' | 'originals' | 'last'> & {
    jobs: Pick<Services['jobs'], 'estimator'>;
  };

// In ms. A result waits for its images for what is left of the call's wait, within these bounds: the least still fits
// between the usual wait of 45 s and the 60 s after which most clients give up.
const MIN_TIMEOUT = 5_000;
const MAX_TIMEOUT = 20_000;

/** How long an answer waits for its images, in ms. */
export const imagesTimeout = ({ until }: Wait, now: number): number =>
  Math.min(MAX_TIMEOUT, Math.max(MIN_TIMEOUT, until - now));

/** Completes "not shown, as …". */
export const NO_PREVIEWS = 'previews are off here (--preview off, or a client that takes no images)';

/** Which previews a call wants: each, those that no earlier answer holds, or none; `again` asks for each expressly. */
export type PreviewWish = 'all' | 'unseen' | 'none' | 'again';

/** The result of a job; if it succeeded, with its images shown, kept, and saved if the user saves all. */
export async function resultWithImages(
  ended: Outcome,
  { wait, preview: setting, shown }: ToolCall,
  services: ResultServices,
  wish: PreviewWish = 'all',
): Promise<ToolResult> {
  const { job } = ended;
  const outcome = lacksCost(job) ? { ...ended, estimate: await estimateOf(job, services) } : ended;
  const { clock, autoSave, fetchOutputs, originals, last } = services;
  const firstImage = jobOutputs(job).findIndex(({ kind }) => kind === 'image');
  if (job.state === 'succeeded' && firstImage >= 0)
    last?.onAnswer(formatHandle(job.request_id as string, firstImage), wait.delivered);
  const preview = wish === 'none' ? 'off' : setting;
  const isRefused = wish === 'again' && preview === 'off';
  const explained = (outputs: readonly FetchedOutput[]) =>
    outputs.map((output) =>
      isRefused && output.kind === 'image' ? { ...output, notShown: NO_PREVIEWS } : output,
    );
  if (job.state !== 'succeeded' || (preview === 'off' && !autoSave && !originals.areKept))
    return jobResult(outcome, services, explained(jobOutputs(job)));
  const timeout = imagesTimeout(wait, clock.now());
  const seen = jobOutputs(job).flatMap((_, index) =>
    wish === 'unseen' && shown.has(formatHandle(job.request_id ?? '', index)) ? index : [],
  );
  const options = { preview, shown: new Set(seen), isSaved: autoSave, timeout, signal: wait.signal };
  const outputs = await fetchOutputs(job, options);
  // What was not fetched for the answer is fetched behind it.
  void wait.delivered.then(() => originals.keepLater(job));
  const notKept = await originals.obstacle();
  return jobResult(outcome, services, explained(outputs), notKept);
}

/** Whether an answer should say what its job probably cost. Of one that another program submitted the input is not known. */
const lacksCost = ({ state, cost_usd, input }: Job): boolean =>
  cost_usd === undefined && state !== 'cancelled' && Object.keys(input).length > 0;

async function estimateOf(job: Job, { jobs }: Pick<ResultServices, 'jobs'>): Promise<Estimate | 'unknown'> {
  const estimate = await jobs.estimator();
  return estimate(job) ?? 'unknown';
}

function nextAfterJob(
  { state, request_id }: Job,
  outputs: readonly FetchedOutput[],
  areKept: boolean,
  { saveIn }: Surface,
): string | undefined {
  if (state === 'cancelled') return undefined;
  if (!isFinal(state))
    return `Call get_image_job with request_id "${request_id}" to keep waiting. Do not submit it again.`;
  if (outputs.length === 0)
    return 'The job ended without an image URL: see it on the Generations page of the RunComfy account.';
  if (outputs.every(({ path }) => path !== undefined)) return undefined;
  const areImages = outputs.every(({ kind }) => kind === 'image');
  const uses = [areImages && 'edit', saveIn !== undefined && 'save'].filter(Boolean).join(' or ');
  if (areKept && uses !== '' && outputs.every(({ kind, isKept }) => kind === 'image' || isKept))
    return `Name ${outputs.length === 1 ? 'it' : 'each'} as job:… in later calls, to ${uses} it.`;
  if (saveIn === undefined) return 'The links are temporary: download what is to stay.';
  return outputs.some(({ kind }) => kind === 'image')
    ? 'The links are temporary: save_images keeps the images.'
    : 'The links are temporary: save_images saves what they lead to.';
}

/** The error of a job that failed. */
export function jobFailed({ model, request_id, error }: Job): ToolError {
  const said = error === undefined ? '' : `: "${quoteUntrusted(error)}"`;
  return new ToolError('job_failed', `The job by ${model} (request_id ${request_id}) failed${said}.`, {
    next: 'Change the prompt or the input accordingly, then call again; that is a new job.',
    charged: 'maybe',
    failure: { request_id, ...(error !== undefined && refusalOf(error)) },
  });
}
