import { ToolError } from '../errors.ts';
import type { Job } from './job.ts';
import type { Entry, Ledger } from './ledger.ts';

/** What a user allows; undefined allows everything. */
export interface SpendLimits {
  /** Jobs submitted within an hour. */
  maxJobsPerHour: number | undefined;
  /** USD within 24 hours. */
  budgetUsd: number | undefined;
}

/** USD that a job counts for where neither its result nor a published price tells: most models publish none. */
export const ASSUMED_USD = 0.25;

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/**
 * Refuses what goes beyond the limits, across processes, through the ledger. The call's own record stands there
 * already, so that of two calls that race for the last place the one recorded first gets it.
 */
export function createSpendGuard(
  ledger: Ledger,
  limits: SpendLimits,
  priceOf: (model: string, input: Record<string, unknown>) => number | undefined,
): (intent: Entry, now: number) => Promise<void> {
  const costOf = ({ model, input, cost_usd }: Job) => cost_usd ?? priceOf(model, input) ?? ASSUMED_USD;

  /** The jobs of the same API since a time (ms) that were recorded before the intent and are not known to be free. */
  async function before(intent: Entry, since: number): Promise<Job[]> {
    const jobs: Job[] = [];
    for await (const { name, job } of ledger.newest({ since: new Date(since).toISOString() })) {
      if (name < intent.name && job.api === intent.job.api && job.state !== 'cancelled') jobs.push(job);
    }
    return jobs;
  }

  return async (intent, now) => {
    const { maxJobsPerHour, budgetUsd } = limits;
    if (maxJobsPerHour !== undefined) {
      const { length } = await before(intent, now - HOUR);
      if (length >= maxJobsPerHour) {
        throw overLimit(
          `${length} jobs were submitted in the last hour, and the limit is ${maxJobsPerHour}`,
          '--max-jobs-per-hour or RUNCOMFY_MAX_JOBS_PER_HOUR',
        );
      }
    }
    if (budgetUsd !== undefined) {
      const jobs = await before(intent, now - DAY);
      const spent = jobs.reduce((sum, job) => sum + costOf(job), 0);
      const assumed = jobs.filter(
        ({ model, input, cost_usd }) => cost_usd === undefined && priceOf(model, input) === undefined,
      );
      if (spent + costOf(intent.job) > budgetUsd) {
        throw overLimit(
          `${dollars(spent)} were spent on ${jobs.length} jobs in the last 24 hours (${assumed.length} of them at an assumed ${dollars(ASSUMED_USD)}), this one counts ${dollars(costOf(intent.job))}, and the budget is ${dollars(budgetUsd)}`,
          '--budget or RUNCOMFY_BUDGET_USD',
        );
      }
    }
  };
}

function overLimit(why: string, setting: string): ToolError {
  return new ToolError('spend_limit', `Not submitted: ${why}.`, {
    next: `Ask the user: it is their limit, and they change it with ${setting}.`,
  });
}

const dollars = (usd: number): string => `$${Math.round(usd * 1000) / 1000}`;
