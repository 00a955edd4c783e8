import * as z from 'zod';
import type { MemberCancellation } from '../jobs/batch/cancel-batch.ts';
import type { Wait } from '../jobs/calls.ts';
import { formatBatch, parseBatch } from '../jobs/handle.ts';
import { ACTIVE_STATES, type Job } from '../jobs/job.ts';
import type { Cancellation } from '../jobs/service.ts';
import { ranges } from './support/batch/words.ts';
import { defineTool, type Services, type ToolResult } from './support/define.ts';
import { jobLine, jobRow, jobRowOutput } from './support/job-words.ts';
import { requestIdOrBatch } from './support/schema.ts';
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
      'Ask RunComfy to cancel a job or a batch. Only a queued job can be cancelled; a running one goes on and is charged. Without request_id: cancels the one active job, or lists them if there are several.',
    input: z.strictObject({
      request_id: requestIdOrBatch(
        'The job, or batch:<id>. Leave it out to cancel the only active job.',
      ).optional(),
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
      const batch = request_id === undefined ? undefined : parseBatch(request_id);
      if (batch !== undefined) return cancelBatch(batch, wait, services);
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

async function cancelBatch(id: string, wait: Wait, { jobs, clock }: CancelServices): Promise<ToolResult> {
  const request_id = formatBatch(id);
  const cancellations = await withTimeout(
    clock,
    { until: wait.until },
    (signal) => jobs.cancelBatch(id, signal),
    {
      unknown: `: it is not known which jobs of ${request_id} were cancelled`,
      next: `Call cancel_image_job with request_id "${request_id}" again, which is safe.`,
    },
  );
  const numbers = (which: MemberCancellation['outcome']) =>
    cancellations.flatMap(({ outcome, job }) => (outcome === which ? (job.batch?.index ?? 0) + 1 : []));
  const rows = BATCH_OUTCOMES.map(([outcome, words]) => ({ outcome, words, which: numbers(outcome) }));
  const told = rows.filter(({ which }) => which.length > 0);
  const failed = cancellations.find((one) => one.outcome === 'unknown');
  const next = failed
    ? failed.error.next
    : told.some(({ outcome }) => outcome !== 'cancelled')
      ? `Call get_image_job with request_id "${request_id}" to collect what was made.`
      : undefined;
  return {
    lines: [
      `${request_id}, ${cancellations.length} jobs:`,
      ...told.map(({ words, which }) => `${ranges(which)} ${words}.`),
      failed?.error.message,
    ],
    data: {
      // Of several outcomes the first.
      outcome: told[0]?.outcome ?? 'already_ended',
      batch: request_id,
      ...Object.fromEntries(told.map(({ outcome, which }) => [outcome, which])),
      problem: failed?.error.message,
      next,
    },
  };
}

const BATCH_OUTCOMES: readonly (readonly [MemberCancellation['outcome'], string])[] = [
  ['still_running', 'not cancelled: they run on and will be charged'],
  ['unknown', 'perhaps not cancelled: RunComfy could not be asked'],
  ['cancelled', 'cancelled while queued: they never ran'],
  ['already_ended', 'had already ended'],
];

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
