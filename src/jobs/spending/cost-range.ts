import type { Estimate } from './estimates.ts';
import { inMillionths } from './totals.ts';

// One or two jobs say nothing of how much costs differ, and limits trust the upper end.
const MIN_JOBS = 3;
// Newer ones, so that a changed price is soon followed.
const MAX_JOBS = 50;
// From so many jobs on the least and the greatest are a 90% prediction interval, whatever the distribution.
const MIN_ORDERED = 19;
// The 95% quantiles of Student's t, for 2 degrees of freedom and more.
const T95 = [
  2.92, 2.353, 2.132, 2.015, 1.943, 1.895, 1.86, 1.833, 1.812, 1.796, 1.782, 1.771, 1.761, 1.753, 1.746, 1.74,
];

/**
 * What the next of some like calls costs, by what the earlier ones cost (USD), newest last: a 90% prediction interval,
 * by Student's t on the logarithms for few of them, by order statistics for more. Undefined for fewer than three.
 */
export function predictCost(costs: readonly number[]): Required<Estimate> | undefined {
  const lately = sinceChange(costs.slice(-MAX_JOBS));
  const charged = lately.filter((usd) => usd > 0);
  // Of what is sometimes free, only the low end knows.
  const sorted = [...(charged.length > 0 ? charged : lately)].sort((a, b) => a - b);
  if (sorted.length < MIN_JOBS) return undefined;
  const isExact = sorted[0] === sorted.at(-1);
  const [low, high] = isExact || sorted.length >= MIN_ORDERED ? byOrder(sorted) : byLogarithms(sorted);
  const newest = lately.at(-1) as number;
  return {
    // A price that has just changed may stay.
    low: inMillionths(lately.includes(0) ? 0 : Math.min(low, newest)),
    median: inMillionths(median(sorted)),
    high: inMillionths(Math.max(high, newest)),
    jobs: lately.length,
  };
}

/** Exact prices since they last changed: to one that was not seen before and then was three times. */
function sinceChange(costs: readonly number[]): readonly number[] {
  const newest = costs.at(-1);
  const since = costs.findLastIndex((usd) => usd !== newest) + 1;
  const isChange = costs.length - since >= MIN_JOBS && !costs.slice(0, since).includes(newest as number);
  // What was free a few times may be a promotion, or a cost that comes late.
  return isChange && newest !== 0 ? costs.slice(since) : costs;
}

function byLogarithms(costs: readonly number[]): [number, number] {
  const logs = costs.map(Math.log);
  const mean = logs.reduce((sum, log) => sum + log, 0) / logs.length;
  const squares = logs.reduce((sum, log) => sum + (log - mean) ** 2, 0);
  const freedom = logs.length - 1;
  const reach = (T95[freedom - 2] as number) * Math.sqrt((squares / freedom) * (1 + 1 / logs.length));
  return [Math.exp(mean - reach), Math.exp(mean + reach)];
}

function byOrder(sorted: readonly number[]): [number, number] {
  const outside = Math.max(1, Math.floor((sorted.length + 1) / 20));
  return [sorted[outside - 1] as number, sorted.at(-outside) as number];
}

/** Of amounts in their order. */
export function median(sorted: readonly number[]): number {
  const half = Math.floor(sorted.length / 2);
  const upper = sorted[half] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[half - 1] as number)) / 2;
}
