import * as z from 'zod';
import { type Missing, type Whereabouts, whereabouts } from '../images/library/whereabouts.ts';
import { ACTIVE_STATES, JOB_STATES, type Job } from '../jobs/job.ts';
import type { Jobs } from '../jobs/service.ts';
import { type CostSums, dollars, sumCosts } from '../jobs/spending/totals.ts';
import { defineTool, type Services } from './support/define.ts';
import { jobLine, jobRow, jobRowOutput, outputCounts } from './support/job-words.ts';

// The costs of so many days are summed, today being one of them, and of so many jobs at most.
const DAYS = 7;
const MAX_SUMMED = 500;
const DAY_MS = 86_400_000;
const MAX_LISTED = 50;
// In characters.
const MAX_QUERY = 500;

/** The tool that lists earlier jobs and what they cost. */
export const listImageJobs = ({
  jobs,
  clock,
  originals,
  surface: { isLocal },
}: Pick<Services, 'jobs' | 'clock' | 'originals' | 'surface'>) =>
  defineTool({
    name: 'list_image_jobs',
    title: 'List image jobs',
    description: `List image jobs submitted ${isLocal ? 'from this machine' : 'through this server'}, newest first, and the costs that RunComfy reported over 7 days. Use it to find an earlier job. Costs nothing.`,
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
      const rows = [];
      // One after the other: what the library has is read once, and may be large.
      for (const job of found)
        rows.push({ job, at: job.state === 'succeeded' ? await whereabouts(job, originals) : undefined });
      const now = clock.now();
      const isNarrowed = query !== '' || model !== '' || since !== undefined;
      const inState = status === undefined ? '' : ` with status ${status}`;
      const none = `No ${isNarrowed ? 'such ' : ''}jobs${inState} are recorded on this ${isLocal ? 'machine' : 'server'}.`;
      const costs = await recentCosts(jobs, now);
      return {
        lines: [
          ...(found.length > 0 ? rows.map(({ job, at }) => listLine(job, at, now)) : [none]),
          costs && costLine(costs),
        ],
        data: {
          jobs: rows.map(({ job, at }) => ({ ...jobRow(job, now), ...whereaboutsData(at) })),
          costs,
          next: nextAfterList(found),
        },
      };
    },
  });

function nextAfterList(found: readonly Job[]): string | undefined {
  if (found.some(({ state }) => state === 'unknown' || state === 'submitting'))
    return 'Jobs without a request id may exist and be charged: look at the Generations page of the RunComfy account.';
  if (found.length === 0) return undefined;
  const how = 'Call get_image_job with a request_id for the images or the current state.';
  return found.some(({ state }) => state === 'succeeded')
    ? `${how} In later calls job:<request_id>#1 names its first image.`
    : how;
}

/** A job as a line of the list, with how many outputs it has and where they are. */
function listLine(job: Job, at: Whereabouts | undefined, now: number): string {
  if (!at) return jobLine(job, now);
  const { missing = [], saved } = at;
  const parts = [jobLine(job, now), outputCounts(job), ...missingWords([...missing], job)];
  if (saved.length > 0) parts.push(`saved as ${saved.join(', ')}`);
  return parts.join(' | ');
}

const WHY_MISSING: Record<Missing, string> = {
  never: 'not kept yet',
  gone: 'no longer kept',
  absent: 'not kept',
  'too large': 'too large to keep',
};

/** Which outputs are not kept, such as "no longer kept", or "#2 #3 no longer kept" where a job has others. */
function missingWords(missing: readonly (readonly [number, Missing])[], { urls = [] }: Job): string[] {
  return Object.entries(WHY_MISSING).flatMap(([why, words]) => {
    const which = missing.filter((each) => each[1] === why).map(([number]) => `#${number}`);
    if (which.length === 0) return [];
    return which.length === urls.length ? words : `${which.join(' ')} ${words}`;
  });
}

const whereaboutsData = (at: Whereabouts | undefined) => ({
  kept: at?.missing && at.missing.size === 0,
  saved: at && at.saved.length > 0 ? at.saved : undefined,
});

/** Whether a job's prompt has all words of a query, and its model id a part, in any case. */
export function jobFilter(query: string, modelPart: string): (job: Job) => boolean {
  const words = query.slice(0, MAX_QUERY).toLowerCase().split(/\s+/).filter(Boolean);
  const part = modelPart.trim().toLowerCase();
  return ({ model, input }) => {
    const prompt = typeof input.prompt === 'string' ? input.prompt.toLowerCase() : '';
    return model.toLowerCase().includes(part) && words.every((word) => prompt.includes(word));
  };
}

/** Costs, and in words of which jobs. */
type RecentCosts = CostSums & { of: string };

/** What was reported about the jobs of the last days (UTC), or undefined if none of them has ended. */
async function recentCosts(jobs: Jobs, now: number): Promise<RecentCosts | undefined> {
  const dayOf = (time: string) => time.slice(0, 10);
  const since = dayOf(new Date(now - (DAYS - 1) * DAY_MS).toISOString());
  const recent = await jobs.list({ since, limit: MAX_SUMMED });
  const sums = sumCosts(
    recent.map((job) => ({ ...job, status: job.state })),
    dayOf,
  );
  if (sums.reported + sums.unreported === 0) return undefined;
  const of = recent.length < MAX_SUMMED ? `the last ${DAYS} days` : `the newest ${MAX_SUMMED} jobs`;
  return { of, ...sums };
}

function costLine({ of, usd, reported, unreported, by_day, by_model }: RecentCosts): string {
  const list = (sums: Record<string, number>) =>
    Object.entries(sums)
      .map(([what, sum]) => `${what} ${dollars(sum)}`)
      .join(', ');
  const jobs = (count: number) => `${count} job${count === 1 ? '' : 's'}`;
  const parts = `by day, UTC: ${list(by_day)}; by model: ${list(by_model)}`;
  const sum = reported === 0 ? 'none' : `${dollars(usd)} for ${jobs(reported)} (${parts})`;
  const rest = unreported === 0 ? '' : ` RunComfy reported no cost for ${jobs(unreported)}.`;
  return `Reported costs of ${of}: ${sum}.${rest}`;
}
