import type { Estimate } from '../../jobs/spending/estimates.ts';
import { dollars } from '../../jobs/spending/totals.ts';

/** What a call will probably cost, as a sentence; undefined is unknown. */
export function estimateText(estimate: Estimate | undefined): string {
  if (!estimate) return 'Cost unknown.';
  const { low, median, high, jobs } = estimate;
  const basis = jobs === undefined ? 'published price' : `from ${jobs} earlier job${jobs === 1 ? '' : 's'}`;
  if (low === high) return `Estimated ${dollars(median)} (${basis}).`;
  const range = `${dollars(shortened(low, Math.floor))} to ${dollars(shortened(high, Math.ceil))}`;
  return `Estimated ${dollars(shortened(median, Math.round))} (${range}, ${basis}).`;
}

/** To two significant digits, but not below a millionth. */
function shortened(usd: number, round: (value: number) => number): number {
  if (usd <= 0) return 0;
  const unit = Math.max(1e-6, 10 ** (Math.floor(Math.log10(usd)) - 1));
  // 0.07 / 0.001 is a little more than 70.
  return round(Number((usd / unit).toFixed(6))) * unit;
}
