import type { Config } from '../../config/config.ts';
import { ToolError } from '../../errors.ts';
import type { Job } from '../job.ts';
import type { LimitCheck } from '../store.ts';
import { dollars } from './totals.ts';

/** USD that a job counts for if neither its result nor a published price tells: most models publish none. */
const ASSUMED_USD = 0.25;

const HOUR = 3_600_000;
// Sums of prices such as 0.034 are not exact.
const ROUNDING = 1e-6;

/** The check of the user's limits, in jobs within an hour and USD within 24; undefined if there are none. `priceOf` gives a published price in USD. */
export function createLimitCheck(
  { maxJobsPerHour, budgetUsd }: Pick<Config, 'maxJobsPerHour' | 'budgetUsd'>,
  priceOf: (model: string, input: Record<string, unknown>) => number | undefined,
): LimitCheck | undefined {
  if (maxJobsPerHour === undefined && budgetUsd === undefined) return undefined;
  const knownCost = ({ model, input, cost_usd }: Job) => cost_usd ?? priceOf(model, input);
  const costOf = (job: Job) => knownCost(job) ?? ASSUMED_USD;

  return (job, others, now) => {
    const hourAgo = new Date(now - HOUR).toISOString();
    const lately = others.filter(({ submitted_at = '' }) => submitted_at >= hourAgo).length;
    if (maxJobsPerHour !== undefined && lately >= maxJobsPerHour) {
      const why = `${counted(lately)} in the last hour, and the limit is ${maxJobsPerHour}`;
      return overLimit(why, '--max-jobs-per-hour or RUNCOMFY_MAX_JOBS_PER_HOUR');
    }
    const cost = costOf(job);
    const spent = others.reduce((sum, other) => sum + costOf(other), 0);
    if (budgetUsd === undefined || spent + cost <= budgetUsd + ROUNDING) return undefined;
    const assumed = others.filter((other) => knownCost(other) === undefined).length;
    const why = `${dollars(spent)} was spent in the last 24 hours (${counted(others.length)}, ${assumed} of them at an assumed ${dollars(ASSUMED_USD)}), this one counts ${dollars(cost)}, and the budget is ${dollars(budgetUsd)}`;
    return overLimit(why, '--budget or RUNCOMFY_BUDGET_USD');
  };
}

const counted = (jobs: number): string => `${jobs} job${jobs === 1 ? '' : 's'}`;

function overLimit(why: string, setting: string): ToolError {
  return new ToolError('spend_limit', `Not submitted: ${why}.`, {
    next: `Ask the user: it is their limit, and they change it with ${setting}.`,
  });
}
