import * as z from 'zod';
import { ACTIVE_STATES, JOB_STATES } from '../jobs/job.ts';
import { defineTool } from './define.ts';
import { jobLine, jobRow, jobRowOutput } from './job-row.ts';

export const listImageJobs = defineTool({
  name: 'list_image_jobs',
  title: 'List image jobs',
  description:
    'List the image jobs submitted from this machine, newest first, with state and request_id. Use it to find a job that was lost sight of. Reads local records only; costs nothing.',
  input: z.strictObject({
    status: z
      .enum(['active', ...JOB_STATES])
      .optional()
      .meta({ description: 'Only jobs in this state; active is in_queue or in_progress. Default: all.' }),
    limit: z
      .int()
      .min(1)
      .max(50)
      .optional()
      .meta({ description: 'At most this many, 1 to 50. Default: 10.', default: 10 }),
  }),
  output: z.looseObject({ jobs: z.array(jobRowOutput), next: z.string().optional() }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
  async run({ status, limit = 10 }, { jobs, now }) {
    const states = status === 'active' ? ACTIVE_STATES : status && [status];
    const found = await jobs.list({ ...(states && { states }), limit });
    const next = found.some(({ state }) => state === 'unknown' || state === 'submitting')
      ? 'Jobs without a request id may exist and be charged: look at the Generations page of the RunComfy account.'
      : found.length > 0
        ? 'Call get_image_job with a request_id for the images or the current state.'
        : undefined;
    const which = status === undefined ? 'No jobs are' : `No jobs with status ${status} are`;
    const lines =
      found.length > 0 ? found.map((job) => jobLine(job, now())) : [`${which} recorded on this machine.`];
    return {
      text: [...lines, ...(next === undefined ? [] : [next])].join('\n'),
      data: { jobs: found.map((job) => jobRow(job, now())), ...(next !== undefined && { next }) },
      links: [],
    };
  },
});
