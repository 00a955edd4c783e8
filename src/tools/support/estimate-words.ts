import type { CostHistory, Estimate } from '../../jobs/spending/estimates.ts';
import { dollars } from '../../jobs/spending/totals.ts';

/** What a call will probably cost, as a sentence; undefined is unknown. */
export function estimateText(estimate: Estimate | undefined): string {
  if (!estimate) return 'Cost unknown.';
  const { low, median, high, jobs } = estimate;
  const basis = jobs === undefined ? 'published price' : `from ${jobs} earlier ${noun(jobs)}`;
  if (low === high) return `Estimated ${dollars(median)} (${basis}).`;
  return `Estimated ${dollars(shortened(median, Math.round))} (${range(low, high)}, ${basis}).`;
}

/** What jobs of a model cost, for a row: "your 12 jobs cost $0.03 to $0.06". */
export function historyText({ low, high, jobs, inputs }: CostHistory): string {
  const cost = low === high ? dollars(low) : range(low, high);
  return `your ${jobs} ${noun(jobs)}${inputs === 'default' ? ' with default inputs' : ''} cost ${cost}`;
}

const noun = (jobs: number): string => (jobs === 1 ? 'job' : 'jobs');

const range = (low: number, high: number): string =>
  `${dollars(shortened(low, Math.floor))} to ${dollars(shortened(high, Math.ceil))}`;

/** To two significant digits, but not below a millionth. */
function shortened(usd: number, round: (value: number) => number): number {
  if (usd <= 0) return 0;
  const unit = Math.max(1e-6, 10 ** (Math.floor(Math.log10(usd)) - 1));
  // 0.07 / 0.001 is a little more than 70.
  return round(Number((usd / unit).toFixed(6))) * unit;
}
