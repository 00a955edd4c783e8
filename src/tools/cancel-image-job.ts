import * as z from 'zod';
import { within } from '../clock.ts';
import type { Wait } from '../jobs/calls.ts';
import { ACTIVE_STATES, type Job } from '../jobs/job.ts';
import type { Cancellation } from '../jobs/service.ts';
import { type Answer, defineTool, type Services } from './support/define.ts';
import { freeTime, silence } from './support/free-read.ts';
import { jobLine, jobRow, jobRowOutput } from './support/job-row.ts';
import { requestId } from './support/request-id.ts';

// More active jobs than this are not listed.
const MAX_LISTED = 20;

type CancelServices = Pick<Services, 'jobs' | 'clock'>;

/** The tool that cancels a job. */
export const cancelImageJob = (services: CancelServices) =>
  defineTool({
    name: 'cancel_image_job',
    title: 'Cancel an image job',
    description:
      'Ask RunComfy to cancel a job. Only a queued job can be cancelled; a running one goes on and is charged. Without request_id: cancels the one active job, or lists them if there are several.',
    input: z.strictObject({
      request_id: requestId('The job to cancel. Leave it out to cancel the only active job.').optional(),
    }),
    output: z.looseObject({
      outcome: z.string(),
      request_id: z.string().optional(),
      status: z.string().optional(),
      jobs: z.array(jobRowOutput).optional(),
      next: z.string().optional(),
    }),
    annotations: { readOnlyHint: false, destructiveHint: true, idempotentHint: true, openWorldHint: true },
    searchHint: 'cancel or stop a queued image job',
    async run({ request_id }, { wait }) {
      if (request_id !== undefined) return cancel(request_id, wait, services);
      const active = await services.jobs.list({ states: ACTIVE_STATES, limit: MAX_LISTED });
      const [only, ...others] = active;
      if (only?.request_id === undefined) return nothingActive();
      return others.length === 0
        ? cancel(only.request_id, wait, services)
        : severalActive(active, services.clock.now());
    },
  });

async function cancel(requestId: string, wait: Wait, { jobs, clock }: CancelServices): Promise<Answer> {
  const ms = freeTime(clock, wait);
  const late = silence(
    ms,
    `: it is not known whether job ${requestId} was cancelled`,
    `Call cancel_image_job with request_id "${requestId}" again, which is safe: it cancels the job or tells that it has ended.`,
  );
  // A caller that gives up does not take the cancellation back.
  const { outcome, job } = await within(clock, ms, late, (signal) => jobs.cancel(requestId, signal));
  const { said, next } = WORDS[outcome](job);
  return {
    text: next === undefined ? said : `${said}\n${next}`,
    data: { outcome, request_id: requestId, status: job.state, ...(next !== undefined && { next }) },
  };
}

const WORDS: Record<Cancellation['outcome'], (job: Job) => { said: string; next?: string }> = {
  cancelled: ({ request_id }) => ({
    said: `Cancelled: job ${request_id} was still queued and never ran, so no image is made.`,
  }),
  still_running: ({ request_id, state }) => ({
    said: `Not cancelled: job ${request_id} is ${state}, and RunComfy cancels only queued jobs. It runs on and will be charged.`,
    next: `Call get_image_job with request_id "${request_id}" to collect its image.`,
  }),
  already_ended: ({ request_id, state }) => ({
    said: `Not cancelled: job ${request_id} had already ended (${state})${state === 'succeeded' ? ' and is charged' : ''}.`,
    ...(state === 'succeeded' && {
      next: `Call get_image_job with request_id "${request_id}" to collect its image.`,
    }),
  }),
};

function nothingActive(): Answer {
  const next = 'Name a request_id, or see list_image_jobs.';
  return {
    text: `No job is active; nothing was cancelled.\n${next}`,
    data: { outcome: 'none_active', next },
  };
}

function severalActive(active: readonly Job[], now: number): Answer {
  const next = 'Call cancel_image_job again with the request_id of the one to cancel.';
  const count = active.length === MAX_LISTED ? `At least ${MAX_LISTED}` : `${active.length}`;
  return {
    text: [
      `${count} jobs are active; none was cancelled.`,
      ...active.map((job) => jobLine(job, now)),
      next,
    ].join('\n'),
    data: { outcome: 'several_active', jobs: active.map((job) => jobRow(job, now)), next },
  };
}
