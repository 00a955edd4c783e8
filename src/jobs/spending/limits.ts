import { LOCAL_TENANT } from '../../account.ts';
import type { Config } from '../../config/config.ts';
import { ToolError } from '../../errors.ts';
import { isDeleted, isFinal, type Job } from '../job.ts';
import type { LimitCheck } from '../store.ts';
import type { Estimator } from './estimates.ts';
import { dollars } from './totals.ts';

/** USD that a job counts for if its cost is unknown. */
const ASSUMED_USD = 0.25;

const HOUR = 3_600_000;
// Sums of prices such as 0.034 are not exact.
const ROUNDING = 1e-6;

/** In ms. A job stays active in the records while nobody looks; no picture takes that long. */
const ACTIVE_FOR = HOUR;

/**
 * Makes the check of limits in jobs within an hour, jobs at once and USD within 24 hours; undefined if there are none. They
 * are the user's own, or those that an operator set for a tenant.
 */
export function createLimits(
  {
    maxJobsPerHour,
    maxActiveJobs,
    budgetUsd,
  }: Pick<Config, 'maxJobsPerHour' | 'maxActiveJobs' | 'budgetUsd'>,
  tenant = LOCAL_TENANT,
): ((loadEstimates: () => Promise<Estimator>) => Promise<LimitCheck>) | undefined {
  const overLimit = tenant === LOCAL_TENANT ? overOwnLimit : overTenantLimit;
  const limits = [maxJobsPerHour, maxActiveJobs, budgetUsd];
  if (limits.every((limit) => limit === undefined)) return undefined;

  const checkBy =
    (estimate: Estimator): LimitCheck =>
    (jobs, others, now) => {
      const within = (ms: number) => {
        const since = new Date(now - ms).toISOString();
        return others.filter(({ submitted_at = '' }) => submitted_at >= since);
      };
      const lately = within(HOUR).length;
      if (maxJobsPerHour !== undefined && lately + jobs.length > maxJobsPerHour) {
        const these = jobs.length > 1 ? `, these are ${jobs.length} more` : '';
        const why = `${counted(lately)} in the last hour${these}, and the limit is ${maxJobsPerHour}`;
        return overLimit(why, '--max-jobs-per-hour or RUNCOMFY_MAX_JOBS_PER_HOUR');
      }
      const active = within(ACTIVE_FOR).filter(isActive).length;
      if (maxActiveJobs !== undefined && active + jobs.length > maxActiveJobs)
        return overActive(active, jobs.length, maxActiveJobs, tenant === LOCAL_TENANT);
      const [cost, spent] = [tally(jobs, estimate), tally(others, estimate)];
      if (budgetUsd === undefined || spent.usd + cost.usd <= budgetUsd + ROUNDING) return undefined;
      const basis = jobs.length === 1 ? [cost.assumed > 0 ? 'assumed' : 'estimated'] : inWords(cost);
      const these = `${jobs.length === 1 ? 'this one counts' : `these ${jobs.length} count`} ${dollars(cost.usd)} (${basis.join(', ')})`;
      const earlier = [counted(others.length), ...inWords(spent)].join(', ');
      const why = `${dollars(spent.usd)} was spent in the last 24 hours (${earlier}), ${these}, and the budget is ${dollars(budgetUsd)}`;
      return overLimit(why, '--budget or RUNCOMFY_BUDGET_USD');
    };
  // Records of a day, and what they tell of costs, are read for a budget alone.
  return async (loadEstimates) =>
    budgetUsd === undefined
      ? Object.assign(
          checkBy(() => undefined),
          { looksBack: Math.max(HOUR, ACTIVE_FOR) },
        )
      : checkBy(await loadEstimates());
}

/** What jobs count against a budget, in USD, and how that is known. */
interface Tally {
  usd: number;
  /** Jobs whose cost is estimated, and the sum of the upper ends. */
  estimated: number;
  estimatedUsd: number;
  /** Jobs of which nothing is known. */
  assumed: number;
}

function tally(jobs: readonly Job[], estimate: Estimator): Tally {
  const sum: Tally = { usd: 0, estimated: 0, estimatedUsd: 0, assumed: 0 };
  for (const job of jobs) {
    const high = job.cost_usd === undefined ? mostUsd(job, estimate) : undefined;
    sum.usd += job.cost_usd ?? high ?? ASSUMED_USD;
    if (high !== undefined) {
      sum.estimated += 1;
      sum.estimatedUsd += high;
    } else if (job.cost_usd === undefined) sum.assumed += 1;
  }
  return sum;
}

/** The most that a job may cost, in USD. The input of one that the user deleted is gone. */
const mostUsd = (job: Job, estimate: Estimator): number | undefined =>
  isDeleted(job) ? job.estimated_usd : estimate(job)?.high;

/** Which jobs of a tally are not reported: "2 estimated at up to $0.12 in all", "1 assumed at $0.25". */
function inWords({ estimated, estimatedUsd, assumed }: Tally): string[] {
  const words: string[] = [];
  if (estimated > 0)
    words.push(`${estimated} estimated at up to ${dollars(estimatedUsd)}${estimated > 1 ? ' in all' : ''}`);
  if (assumed > 0) words.push(`${assumed} assumed at ${dollars(ASSUMED_USD)}${assumed > 1 ? ' each' : ''}`);
  return words;
}

const counted = (jobs: number): string => `${jobs} job${jobs === 1 ? '' : 's'}`;

/** Whether a job is about to be sent, queued or running, as far as is known. */
const isActive = ({ state }: Job): boolean => !isFinal(state) && state !== 'unknown';

function overActive(active: number, jobs: number, limit: number, isOwn: boolean): ToolError {
  const these = jobs > 1 ? `, these are ${jobs} more` : '';
  const why = `${counted(active)} ${active === 1 ? 'is' : 'are'} active${these}, and the limit is ${limit} at once`;
  const wait =
    jobs > limit
      ? `Ask for ${limit} at most in one call`
      : 'Wait until one of them ends, with get_image_job (list_image_jobs shows them), and call again';
  const raise = isOwn
    ? 'the user changes the limit with --max-active-jobs or RUNCOMFY_MAX_ACTIVE_JOBS'
    : 'only the operator of this server can raise the limit';
  return new ToolError('spend_limit', `Not submitted: ${why}.`, {
    next: `${wait}; ${raise}.`,
    retryable: true,
  });
}

const overOwnLimit = (why: string, setting: string) =>
  new ToolError('spend_limit', `Not submitted: ${why}.`, {
    next: `Ask the user: it is their limit, and they change it with ${setting}.`,
  });

const overTenantLimit = (why: string) =>
  new ToolError('spend_limit', `Not submitted: ${why}.`, {
    next: 'Ask the user to wait, or to have the operator of this server raise the limit.',
  });
