import * as z from 'zod';
import { ACTIVE_STATES, JOB_STATES, type Job } from '../jobs/job.ts';
import type { Jobs } from '../jobs/service.ts';
import { type CostSums, dollars, sumCosts } from '../jobs/spending/totals.ts';
import { defineTool, type Services } from './support/define.ts';
import { jobLine, jobRow, jobRowOutput } from './support/job-row.ts';

// Whose costs are summed: the days, today being one of them, and how many records are read for it at most.
const DAYS = 7;
const MAX_SUMMED = 500;
const DAY = 86_400_000;
const MAX_LISTED = 50;
// In characters.
const MAX_QUERY = 500;

/** The tool that lists earlier jobs and what they cost. */
export const listImageJobs = ({ jobs, clock }: Pick<Services, 'jobs' | 'clock'>) =>
  defineTool({
    name: 'list_image_jobs',
    title: 'List image jobs',
    description:
      'List image jobs submitted from this machine, newest first, and the costs that RunComfy reported over 7 days. Use it to find an earlier job. Costs nothing.',
    input: z.strictObject({
      status: z
        .enum(['active', ...JOB_STATES])
        .optional()
        .meta({ description: 'Only jobs in this state; active is in_queue or in_progress. Default: all.' }),
      query: z.string().optional().meta({ description: 'Only jobs whose prompt has these words.' }),
      model: z.string().optional().meta({ description: 'Only jobs of this model id, or a part of it.' }),
      since: z
        .string()
        .refine((time) => !Number.isNaN(Date.parse(time)), 'must be a date or time, such as 2026-01-31')
        .optional()
        .meta({ description: 'Only jobs since this date or time (ISO 8601).' }),
      limit: z
        .int()
        .min(1)
        .optional()
        .meta({ description: `At most this many, ${MAX_LISTED} at most. Default: 10.`, default: 10 }),
    }),
    output: z.looseObject({ jobs: z.array(jobRowOutput), next: z.string().optional() }),
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: false },
    searchHint: 'earlier image jobs, history and spending',
    async run({ status, query = '', model = '', since, limit = 10 }) {
      const states = status === 'active' ? ACTIVE_STATES : status && [status];
      const found = await jobs.list({
        ...(states && { states }),
        ...(since !== undefined && { since: new Date(since).toISOString() }),
        fits: jobFilter(query, model),
        limit: Math.min(limit, MAX_LISTED),
      });
      const costs = await recentCosts(jobs, clock.now());
      const next = found.some(({ state }) => state === 'unknown' || state === 'submitting')
        ? 'Jobs without a request id may exist and be charged: look at the Generations page of the RunComfy account.'
        : found.length > 0
          ? 'Call get_image_job with a request_id for the images or the current state.'
          : undefined;
      const isNarrowed = query !== '' || model !== '' || since !== undefined;
      const such = isNarrowed ? 'No such jobs are' : 'No jobs are';
      const which =
        status === undefined ? such : `${isNarrowed ? 'No such' : 'No'} jobs with status ${status} are`;
      const lines =
        found.length > 0
          ? found.map((job) => jobLine(job, clock.now()))
          : [`${which} recorded on this machine.`];
      if (costs) lines.push(costLine(costs));
      return {
        text: [...lines, ...(next === undefined ? [] : [next])].join('\n'),
        data: {
          jobs: found.map((job) => jobRow(job, clock.now())),
          ...(costs && { costs }),
          ...(next !== undefined && { next }),
        },
      };
    },
  });

/** Whether a job's prompt has all words of a query, and its model's id a part, whatever their case. */
export function jobFilter(query: string, model: string): (job: Job) => boolean {
  const words = query.slice(0, MAX_QUERY).toLowerCase().split(/\s+/).filter(Boolean);
  const part = model.trim().toLowerCase();
  return (job) => {
    const prompt = typeof job.input.prompt === 'string' ? job.input.prompt.toLowerCase() : '';
    return job.model.toLowerCase().includes(part) && words.every((word) => prompt.includes(word));
  };
}

/** Costs, and in words of which jobs. */
type SpanCosts = CostSums & { of: string };

/** What was reported about the jobs of the last days (UTC), or undefined where none of them has ended. */
async function recentCosts(jobs: Jobs, now: number): Promise<SpanCosts | undefined> {
  const since = dayOf(new Date(now - (DAYS - 1) * DAY).toISOString());
  const recent = await jobs.list({ since, limit: MAX_SUMMED });
  const sums = sumCosts(
    recent.map((job) => ({ ...job, status: job.state })),
    dayOf,
  );
  if (sums.reported + sums.unreported === 0) return undefined;
  const of = recent.length < MAX_SUMMED ? `the last ${DAYS} days` : `the newest ${MAX_SUMMED} jobs`;
  return { of, ...sums };
}

const dayOf = (time: string): string => time.slice(0, 10);

function costLine({ of, usd, reported, unreported, by_day, by_model }: SpanCosts): string {
  const listed = (sums: Record<string, number>) =>
    Object.entries(sums)
      .map(([what, sum]) => `${what} ${dollars(sum)}`)
      .join(', ');
  const counted = (count: number) => `${count} job${count === 1 ? '' : 's'}`;
  const told =
    reported === 0
      ? 'none'
      : `${dollars(usd)} for ${counted(reported)} (by day, UTC: ${listed(by_day)}; by model: ${listed(by_model)})`;
  const rest = unreported === 0 ? '' : ` RunComfy reported no cost for ${counted(unreported)}.`;
  return `Reported costs of ${of}: ${told}.${rest}`;
}
