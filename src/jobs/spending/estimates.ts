import type { PaidCall } from '../calls.ts';
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

export type Estimates = ReturnType<typeof createEstimates>;

/** Estimates of what calls cost. `priceOf` gives a published price in USD, where the input decides it. */
export function createEstimates({
  priceOf,
}: {
  priceOf: (model: string, input: Record<string, unknown>) => number | undefined;
}) {
  return {
    /** An estimator that knows the account's jobs up to now. Never rejects. */
    async load(): Promise<Estimator> {
      return ({ model, input }) => {
        const usd = priceOf(model, input);
        return usd === undefined ? undefined : { low: usd, median: usd, high: usd };
      };
    },
  };
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
