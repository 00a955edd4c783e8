import { expect, it } from 'vitest';
import type { Job } from '../../src/jobs/job.ts';
import type { Estimator } from '../../src/jobs/spending/estimates.ts';
import { createLimits } from '../../src/jobs/spending/limits.ts';

const NOW = Date.parse('2026-01-02T00:00:00Z');
const job = (model: string, more: Partial<Job> = {}): Job => ({
  ...{ model, input: {}, state: 'succeeded', submitted_at: '2026-01-01T12:00:00Z' },
  ...more,
});
/** A job counts by its model: `0.04-0.06` is that range, anything else is unknown. */
const estimate: Estimator = ({ model }) => {
  const [low, high] = model.split('-').map(Number);
  return high ? { low: low as number, median: low as number, high, jobs: 5 } : undefined;
};
const many = (count: number, ...given: Parameters<typeof job>) =>
  Array.from({ length: count }, () => job(...given));

it.each([
  ['an upper end', many(1, '0.04-0.06'), [], 0.06],
  ['an assumed cost', many(1, 'unknown'), [], 0.25],
  ['sixteen upper ends', many(16, '0.04-0.06'), [], 0.96],
  ['sixteen assumed costs', many(16, 'unknown'), [], 4],
  ['what earlier ones cost', many(1, '0.04-0.06'), many(2, '0.04-0.06', { cost_usd: 0.045 }), 0.15],
  ['upper ends of earlier ones without a report', many(1, '0.04-0.06'), many(2, '0.04-0.06'), 0.18],
  ['all kinds', [job('0.04-0.06'), job('x')], [job('y'), job('0.01-0.02'), job('z', { cost_usd: 1 })], 1.58],
])('jobs count by %s against the budget', (_, jobs, others, usd) => {
  const check = (budgetUsd: number) =>
    createLimits({ maxJobsPerHour: undefined, budgetUsd })?.(estimate)(jobs, others, NOW);
  expect(check(usd)).toBeUndefined();
  expect(check(usd - 0.001)?.code).toBe('spend_limit');
});

it('a refusal says what was estimated and what was assumed', () => {
  const refuse = createLimits({ maxJobsPerHour: undefined, budgetUsd: 1 })?.(estimate);
  const jobs = [...many(2, '0.04-0.06'), ...many(3, 'unknown')];
  const others = [job('a', { cost_usd: 0.5 }), job('0.01-0.02'), job('b')];
  expect(refuse?.(jobs, others, NOW)?.message).toBe(
    'Not submitted: $0.77 was spent in the last 24 hours (3 jobs, 1 estimated at up to $0.02, 1 assumed at $0.25), these 5 count $0.87 (2 estimated at up to $0.12 in all, 3 assumed at $0.25 each), and the budget is $1.',
  );
});
