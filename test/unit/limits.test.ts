import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/job.ts';
import type { Estimator } from '../../src/jobs/spending/estimates.ts';
import { createLimits } from '../../src/jobs/spending/limits.ts';

const NONE = { maxJobsPerHour: undefined, maxActiveJobs: undefined, budgetUsd: undefined };
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
  [
    'the most that deleted ones may have cost',
    many(1, '0.04-0.06'),
    [
      job('0.01-0.02', { deleted_at: 'then', estimated_usd: 0.3 }),
      job('0.01-0.02', { deleted_at: 'then', estimated_usd: 0.3, cost_usd: 0.1 }),
      // What an input costs that is gone is not known.
      job('0.01-0.02', { deleted_at: 'then' }),
    ],
    0.71,
  ],
  ['all kinds', [job('0.04-0.06'), job('x')], [job('y'), job('0.01-0.02'), job('z', { cost_usd: 1 })], 1.58],
])('jobs count by %s against the budget', async (_, jobs, others, usd) => {
  const check = async (budgetUsd: number) =>
    (await createLimits({ ...NONE, budgetUsd })?.(async () => estimate))?.(jobs, others, NOW);
  expect(await check(usd)).toBeUndefined();
  expect((await check(usd - 0.001))?.code).toBe('spend_limit');
});

it('a day of records is looked at, and what they tell of costs, for a budget alone', async () => {
  let loaded = 0;
  const load = async () => {
    loaded += 1;
    return estimate;
  };
  for (const limit of [{ maxJobsPerHour: 1 }, { maxActiveJobs: 1 }])
    expect((await createLimits({ ...NONE, ...limit })?.(load))?.looksBack).toBe(3_600_000);
  expect(loaded).toBe(0);
  expect(await createLimits({ ...NONE, maxJobsPerHour: 1, budgetUsd: 1 })?.(load)).not.toHaveProperty(
    'looksBack',
  );
  expect(loaded).toBe(1);
});

it('a refusal says what was estimated and what was assumed', async () => {
  const refuse = await createLimits({ ...NONE, budgetUsd: 1 })?.(async () => estimate);
  const jobs = [...many(2, '0.04-0.06'), ...many(3, 'unknown')];
  const others = [job('a', { cost_usd: 0.5 }), job('0.01-0.02'), job('b')];
  expect(refuse?.(jobs, others, NOW)?.message).toBe(
    'Not submitted: $0.77 was spent in the last 24 hours (3 jobs, 1 estimated at up to $0.02, 1 assumed at $0.25), these 5 count $0.87 (2 estimated at up to $0.12 in all, 3 assumed at $0.25 each), and the budget is $1.',
  );
});

describe('a limit of active jobs', () => {
  const lately = { submitted_at: '2026-01-01T23:30:00Z' };
  async function check(jobs: number, others: readonly Job[], limit: number, tenant?: string) {
    const limits = await createLimits({ ...NONE, maxActiveJobs: limit }, tenant)?.(async () => estimate);
    return limits?.(many(jobs, 'x'), others, NOW);
  }
  const active = (count: number) => many(count, 'x', { ...lately, state: 'in_queue' });

  it.each([
    ['reserved', true],
    ['submitting', true],
    ['in_queue', true],
    ['in_progress', true],
    ['unknown', false],
    ['succeeded', false],
    ['failed', false],
  ] as const)('counts one that is %s: %s', async (state, counts) => {
    const others = [job('x', { ...lately, state })];
    expect(await check(1, others, 2)).toBeUndefined();
    expect((await check(1, others, 1)) !== undefined).toBe(counts);
  });

  it('counts none that nobody has looked at for an hour', async () => {
    const at = (submitted_at: string) => [job('x', { state: 'in_progress', submitted_at })];
    expect((await check(1, at('2026-01-01T23:00:01Z'), 1))?.code).toBe('spend_limit');
    expect(await check(1, at('2026-01-01T22:59:59Z'), 1)).toBeUndefined();
  });

  it('says how many there are and what to do', async () => {
    const words = async (...given: Parameters<typeof check>) => {
      const error = await check(...given);
      return `${error?.message} ${error?.next}`;
    };
    expect(await words(1, active(3), 3, 'acme')).toBe(
      'Not submitted: 3 jobs are active, and the limit is 3 at once. Wait until one of them ends, with get_image_job (list_image_jobs shows them), and call again; only the operator of this server can raise the limit.',
    );
    expect(await words(2, active(1), 2, 'acme')).toContain(
      '1 job is active, these are 2 more, and the limit is 2 at once',
    );
    expect(await words(4, [], 3, 'acme')).toContain('Ask for 3 at most in one call; only the operator');
    expect(await words(1, active(1), 1)).toMatch(
      /ends, .*; the user changes the limit with --max-active-jobs or RUNCOMFY_MAX_ACTIVE_JOBS\.$/,
    );
  });
});
