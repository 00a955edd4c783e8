import type { Estimate } from '../../../jobs/spending/estimates.ts';
import { dollarsForPeople } from '../shared/dollars.ts';

/** A length of time: `8 s`, `1 min 20 s`. */
export function timeSpan(seconds: number): string {
  const whole = Math.round(seconds);
  return whole < 60 ? `${whole} s` : `${Math.floor(whole / 60)} min ${whole % 60} s`;
}

/** A cost that is expected: `about $0.04`, in full with its range. */
export function priceOf(estimate?: Estimate, isFull = true): string {
  if (!estimate) return 'price not known';
  const { low, median, high } = estimate;
  const rounded = (usd: number) => dollarsForPeople(Number(usd.toPrecision(2)));
  if (low === high) return rounded(low);
  return `about ${rounded(median)}${isFull ? ` (${rounded(low)} to ${rounded(high)})` : ''}`;
}
