import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import type { PaidCall } from '../calls.ts';
import type { Job } from '../job.ts';
import type { JobStore } from '../store.ts';
import { type CostedCall, createCostModel } from './cost-model.ts';
import { median } from './cost-range.ts';
import { inMillionths } from './totals.ts';

/** What a call will probably cost, in USD. */
export interface Estimate {
  /** 90% of such calls cost from `low` to `high`. */
  low: number;
  median: number;
  high: number;
  /** On how many earlier jobs of the account it is based; absent for a published price. */
  jobs?: number;
}

/** Estimates the cost of a call; undefined if it is unknown. Pure. */
export type Estimator = (call: PaidCall) => Estimate | undefined;

/** What earlier jobs of a model cost: an estimate of a call with default inputs, or from the least to the most of all. */
export interface CostHistory extends Required<Estimate> {
  inputs: 'default' | 'all';
}

export type Estimates = ReturnType<typeof createEstimates>;

// How many of the newest records are read: all that are kept by default.
const MAX_RECORDS = 2_000;
// What was read is used for so many times as long as it took, so that reading takes up little of a busy process: 2,000
// records take 20 ms from files and 50 from a database.
const USED_FOR = 20;
// In USD. A record that says more is damaged.
const MAX_COST = 1_000;

/** Estimates of what calls cost. `priceOf` gives a published price in USD, where the input decides it. */
export function createEstimates({
  store,
  priceOf,
  clock,
  log,
}: {
  store: Pick<JobStore, 'newest'>;
  priceOf: (model: string, input: Record<string, unknown>) => number | undefined;
  clock: Clock;
  log: Log;
}) {
  /** What is known of the costs of each model, newest first. Read anew, as other processes' jobs count too. */
  async function readCosts(): Promise<Map<string, CostedCall[]>> {
    const calls = new Map<string, CostedCall[]>();
    let read = 0;
    try {
      for await (const { job } of store.newest({ skipUnreadable: true })) {
        const usd = costOf(job);
        const ofModel = calls.get(job.model) ?? [];
        calls.set(job.model, ofModel);
        if (usd !== undefined) ofModel.push({ input: job.input, usd });
        read += 1;
        if (read === MAX_RECORDS) break;
      }
    } catch (error) {
      log.warn(`cannot estimate costs by the records: ${(error as Error).message}`);
    }
    return calls;
  }

  async function read(): Promise<Estimator> {
    const costs = await readCosts();
    const models = new Map<string, ReturnType<typeof createCostModel>>();
    return ({ model, input }) => {
      const usd = priceOf(model, input);
      if (usd !== undefined) return { low: usd, median: usd, high: usd };
      const known = models.get(model) ?? createCostModel(costs.get(model) ?? []);
      models.set(model, known);
      return known(input);
    };
  }

  let reading: Promise<Estimator> | undefined;
  let known: { estimator: Estimator; from: number; until: number } | undefined;

  async function readAgain(): Promise<Estimator> {
    const began = clock.now();
    const estimator = await read();
    const from = clock.now();
    known = { estimator, from, until: from + USED_FOR * (from - began) };
    return estimator;
  }

  return {
    /** An estimator that knows the account's jobs up to now, or a moment ago. Never rejects. */
    async load(): Promise<Estimator> {
      const now = clock.now();
      // The clock may be set back.
      if (known && known.from <= now && now < known.until) return known.estimator;
      // Many jobs may end at once.
      reading ??= readAgain().finally(() => {
        reading = undefined;
      });
      return reading;
    },

    /** What the account's own jobs of a model cost up to now; undefined without any. Never rejects. */
    async loadHistory(): Promise<(model: string) => CostHistory | undefined> {
      const costs = await readCosts();
      return (model) => {
        const calls = costs.get(model) ?? [];
        const byDefault = createCostModel(calls)({});
        if (byDefault) return { ...byDefault, inputs: 'default' };
        const sorted = calls.map(({ usd }) => usd).sort((a, b) => a - b);
        const [low, high] = [sorted[0], sorted.at(-1)];
        if (low === undefined || high === undefined) return undefined;
        return { low, median: inMillionths(median(sorted)), high, jobs: sorted.length, inputs: 'all' };
      };
    },
  };
}

/** The cost of a job that tells what the next one like it costs: of one that was done, and plausible. */
function costOf({ state, cost_usd: usd }: Job): number | undefined {
  const isPlausible = usd !== undefined && usd >= 0 && usd <= MAX_COST;
  return state === 'succeeded' && isPlausible ? inMillionths(usd) : undefined;
}

/** What several calls will probably cost in all: all ends add up, as all may come high. Undefined if one is unknown. */
export function sumEstimates(estimates: readonly (Estimate | undefined)[]): Estimate | undefined {
  const sum: Estimate = { low: 0, median: 0, high: 0 };
  for (const estimate of estimates) {
    if (!estimate) return undefined;
    sum.low = inMillionths(sum.low + estimate.low);
    sum.median = inMillionths(sum.median + estimate.median);
    sum.high = inMillionths(sum.high + estimate.high);
    // It is worth no more than its weakest part.
    if (estimate.jobs !== undefined) sum.jobs = Math.min(sum.jobs ?? estimate.jobs, estimate.jobs);
  }
  return sum;
}
