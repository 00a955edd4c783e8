import type { Config } from '../../config/config.ts';
import { ToolError } from '../../errors.ts';
import type { Job } from '../job.ts';
import type { LimitCheck } from '../store.ts';
import type { Estimator } from './estimates.ts';
import { dollars } from './totals.ts';

/** USD that a job counts for if its cost is unknown. */
const ASSUMED_USD = 0.25;

const HOUR = 3_600_000;
// Sums of prices such as 0.034 are not exact.
const ROUNDING = 1e-6;

/** Makes the check of the user's limits, in jobs within an hour and USD within 24; undefined if there are none. */
export function createLimits({
  maxJobsPerHour,
  budgetUsd,
}: Pick<Config, 'maxJobsPerHour' | 'budgetUsd'>): ((estimate: Estimator) => LimitCheck) | undefined {
  if (maxJobsPerHour === undefined && budgetUsd === undefined) return undefined;

  return (estimate) => (jobs, others, now) => {
    const knownCost = (job: Job) => job.cost_usd ?? estimate(job)?.high;
    const costOf = (all: readonly Job[]) =>
      all.reduce((sum, job) => sum + (knownCost(job) ?? ASSUMED_USD), 0);
    const hourAgo = new Date(now - HOUR).toISOString();
    const lately = others.filter(({ submitted_at = '' }) => submitted_at >= hourAgo).length;
    if (maxJobsPerHour !== undefined && lately + jobs.length > maxJobsPerHour) {
      const these = jobs.length > 1 ? `, these are ${jobs.length} more` : '';
      const why = `${counted(lately)} in the last hour${these}, and the limit is ${maxJobsPerHour}`;
      return overLimit(why, '--max-jobs-per-hour or RUNCOMFY_MAX_JOBS_PER_HOUR');
    }
    const [cost, spent] = [costOf(jobs), costOf(others)];
    if (budgetUsd === undefined || spent + cost <= budgetUsd + ROUNDING) return undefined;
    const assumed = others.filter((other) => knownCost(other) === undefined).length;
    const these = jobs.length > 1 ? `these ${jobs.length} count` : 'this one counts';
    const why = `${dollars(spent)} was spent in the last 24 hours (${counted(others.length)}, ${assumed} of them at an assumed ${dollars(ASSUMED_USD)}), ${these} ${dollars(cost)}, and the budget is ${dollars(budgetUsd)}`;
    return overLimit(why, '--budget or RUNCOMFY_BUDGET_USD');
  };
}

const counted = (jobs: number): string => `${jobs} job${jobs === 1 ? '' : 's'}`;

function overLimit(why: string, setting: string): ToolError {
  return new ToolError('spend_limit', `Not submitted: ${why}.`, {
    next: `Ask the user: it is their limit, and they change it with ${setting}.`,
  });
}
