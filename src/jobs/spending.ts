import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import { dollars } from './costs.ts';
import type { Job } from './job.ts';
import type { Entry, Intent, Ledger } from './ledger.ts';

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
// Sums of prices such as 0.034 are not exact.
const ROUNDING = 1e-6;

// How often a call tries for a place that another undecided call may yet leave free, and its first pause in ms.
const MOST_TRIES = 6;
const FIRST_PAUSE = 40;

export interface AdmissionOptions {
  ledger: Ledger;
  limits: SpendLimits;
  priceOf: (model: string, input: Record<string, unknown>) => number | undefined;
  clock: Clock;
  random: () => number;
}

/**
 * Records the intent of a call if the user's limits allow it, across processes, through the ledger. A call counts
 * all others after it is recorded itself, so of two that race at least one sees the other: never do both get the
 * last place. Who is too many only because of calls that are undecided themselves tries again; the first of them
 * by name stays on record meanwhile and the others withdraw, so that one of them gets the place.
 */
export function createAdmission({ ledger, limits, priceOf, clock, random }: AdmissionOptions) {
  const { maxJobsPerHour, budgetUsd } = limits;
  const costOf = ({ model, input, cost_usd }: Job) => cost_usd ?? priceOf(model, input) ?? ASSUMED_USD;
  let last: Promise<unknown> = Promise.resolve();

  /** Every other record of the same API since a time (ms), but for jobs that are known to be free. */
  async function others(intent: Entry, since: number): Promise<Entry[]> {
    const entries: Entry[] = [];
    for await (const entry of ledger.newest({ since: new Date(since).toISOString() })) {
      const counts = entry.job.api === intent.job.api && entry.job.state !== 'cancelled';
      if (entry.name !== intent.name && counts) entries.push(entry);
    }
    return entries;
  }

  function overHourly(jobs: readonly Job[]): string | undefined {
    if (maxJobsPerHour === undefined || jobs.length < maxJobsPerHour) return undefined;
    return `${counted(jobs.length)} in the last hour, and the limit is ${maxJobsPerHour}`;
  }

  function overBudget(jobs: readonly Job[], cost: number): string | undefined {
    const spent = jobs.reduce((sum, job) => sum + costOf(job), 0);
    if (budgetUsd === undefined || spent + cost <= budgetUsd + ROUNDING) return undefined;
    const assumed = jobs.filter(
      ({ model, input, cost_usd }) => (cost_usd ?? priceOf(model, input)) === undefined,
    );
    return `${dollars(spent)} was spent in the last 24 hours (${counted(jobs.length)}, ${assumed.length} of them at an assumed ${dollars(ASSUMED_USD)}), this one counts ${dollars(cost)}, and the budget is ${dollars(budgetUsd)}`;
  }

  /** Why a recorded intent is too many, or undefined where it is not. */
  async function judge(entry: Entry): Promise<Verdict | undefined> {
    const now = clock.now();
    const cost = costOf(entry.job);
    const day = await others(entry, now - DAY);
    const hourAgo = new Date(now - HOUR).toISOString();
    const undecided = day.filter(({ job }) => job.state === 'submitting');
    const decided = day.filter(({ job }) => job.state !== 'submitting').map(({ job }) => job);
    const all = day.map(({ job }) => job);
    for (const [setting, why] of [
      [
        '--max-jobs-per-hour or RUNCOMFY_MAX_JOBS_PER_HOUR',
        (jobs: Job[]) => overHourly(jobs.filter(isSince(hourAgo))),
      ],
      ['--budget or RUNCOMFY_BUDGET_USD', (jobs: Job[]) => overBudget(jobs, cost)],
    ] as const) {
      const problem = why(all);
      if (problem === undefined) continue;
      return {
        error: overLimit(problem, setting),
        isFinal: why(decided) !== undefined,
        isFirst: undecided.every(({ name }) => name > entry.name),
      };
    }
    return undefined;
  }

  async function admit(intent: Intent): Promise<Entry> {
    let entry = await ledger.begin(intent);
    for (let tries = 1; ; tries++) {
      const verdict = await judge(entry).catch(async (error) => {
        await ledger.remove(entry);
        throw error;
      });
      if (!verdict) return entry;
      const isOver = verdict.isFinal || tries === MOST_TRIES;
      const stays = verdict.isFirst && !isOver;
      if (!stays) await ledger.remove(entry);
      if (isOver) throw verdict.error;
      await clock.sleep(random() * FIRST_PAUSE * 2 ** tries);
      if (!stays) entry = await ledger.begin(intent);
    }
  }

  /** Records an intent. Throws `spend_limit` or `ledger_unwritable`; then nothing is recorded. */
  return (intent: Intent): Promise<Entry> => {
    if (maxJobsPerHour === undefined && budgetUsd === undefined) return ledger.begin(intent);
    // One at a time within a process, so that only processes race.
    const admitted = last.then(() => admit(intent));
    last = admitted.catch(() => {});
    return admitted;
  };
}

interface Verdict {
  error: ToolError;
  /** It is too many even without the calls that are undecided. */
  isFinal: boolean;
  /** Of the undecided calls it is the first. */
  isFirst: boolean;
}

const isSince = (time: string) => (job: Job) => (job.submitted_at ?? '') >= time;

const counted = (jobs: number): string => `${jobs} job${jobs === 1 ? '' : 's'}`;

function overLimit(why: string, setting: string): ToolError {
  return new ToolError('spend_limit', `Not submitted: ${why}.`, {
    next: `Ask the user: it is their limit, and they change it with ${setting}.`,
  });
}
