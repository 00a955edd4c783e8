import * as z from 'zod';
import type { Wait } from '../jobs/calls.ts';
import { ACTIVE_STATES, type Job } from '../jobs/job.ts';
import type { Cancellation } from '../jobs/service.ts';
import { defineTool, type Services, type ToolResult } from './support/define.ts';
import { jobLine, jobRow, jobRowOutput } from './support/job-words.ts';
import { requestId } from './support/schema.ts';
import { withTimeout } from './support/with-timeout.ts';

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
      if (active.length > 1) return severalActive(active, services.clock.now());
      const id = active[0]?.request_id;
      if (id !== undefined) return cancel(id, wait, services);
      const next = 'Name a request_id, or see list_image_jobs.';
      return {
        lines: ['No job is active; nothing was cancelled.'],
        data: { outcome: 'none_active', next },
      };
    },
  });

async function cancel(request_id: string, wait: Wait, { jobs, clock }: CancelServices): Promise<ToolResult> {
  // Without the caller's signal: a caller that gives up does not take the cancellation back.
  const { outcome, job } = await withTimeout(
    clock,
    { until: wait.until },
    (signal) => jobs.cancel(request_id, signal),
    {
      unknown: `: it is not known whether job ${request_id} was cancelled`,
      next: `Call cancel_image_job with request_id "${request_id}" again, which is safe: it cancels the job or says that it has ended.`,
    },
  );
  const next = `Call get_image_job with request_id "${request_id}" to collect its image.`;
  const hasNext = outcome === 'still_running' || job.state === 'succeeded';
  return {
    lines: [OUTCOMES[outcome](job)],
    data: { outcome, request_id, status: job.state, next: hasNext ? next : undefined },
  };
}

const OUTCOMES: Record<Cancellation['outcome'], (job: Job) => string> = {
  cancelled: ({ request_id }) =>
    `Cancelled: job ${request_id} was still queued and never ran, so no image is made.`,
  still_running: ({ request_id, state }) =>
    `Not cancelled: job ${request_id} is ${state}, and RunComfy cancels only queued jobs. It runs on and will be charged.`,
  already_ended: ({ request_id, state }) =>
    `Not cancelled: job ${request_id} had already ended (${state})${state === 'succeeded' ? ' and is charged' : ''}.`,
};

function severalActive(active: readonly Job[], now: number): ToolResult {
  const count = active.length === MAX_LISTED ? `At least ${MAX_LISTED}` : `${active.length}`;
  const next = 'Call cancel_image_job again with the request_id of the one to cancel.';
  return {
    lines: [`${count} jobs are active; none was cancelled.`, ...active.map((job) => jobLine(job, now))],
    data: { outcome: 'several_active', jobs: active.map((job) => jobRow(job, now)), next },
  };
}
