import { describe, expect, it } from 'vitest';
import { createIntervals, intervalOf, POLL_COST } from '../../src/jobs/polling/intervals.ts';
import type { RunTime } from '../../src/jobs/polling/run-times.ts';

const KNOWN: RunTime = { median: 20, sigma: 0.25, jobs: 10 };
const QUICK: RunTime = { median: 0.3, sigma: 0.3, jobs: 10 };
const interval = (runTime: RunTime, running?: number, cost = POLL_COST) => intervalOf(runTime, cost, running);
const TIMES = [0, 0.001, 1, 5, 10, 15, 20, 25, 40, 120, 600, 86_400, 1e9];

/** When a job is looked at, in s from the start of its run. */
function looks(runTime: RunTime, until: number): number[] {
  const at: number[] = [];
  for (let t = interval(runTime, 0); t < until; t += interval(runTime, t)) at.push(t);
  return at;
}

describe('the intervals', () => {
  it('keeps within 0.5 and 10 s, whatever the time and whatever was learned', () => {
    for (const median of [0.01, 0.3, 20, 3_600]) {
      for (const sigma of [0.2, 1, 3]) {
        for (const running of [undefined, -5, ...TIMES]) {
          const seconds = interval({ median, sigma, jobs: 5 }, running);
          expect(seconds, `${median} ${sigma} ${running}`).toBeGreaterThanOrEqual(0.5);
          expect(seconds).toBeLessThanOrEqual(running === undefined ? 5 : 10);
        }
      }
    }
  });

  it('looks most often where the end is likeliest', () => {
    const at = looks(KNOWN, 40);
    const within = (from: number, to: number) => at.filter((t) => t >= from && t < to).length;
    expect(within(0, 10)).toBeLessThanOrEqual(1);
    expect(within(15, 25)).toBeGreaterThan(2 * within(0, 15));
  });

  it('does not leap over the likely end, and still looks at a job that takes longer than ever', () => {
    for (const running of [0, 5, 10, 12]) expect(running + interval(KNOWN, running)).toBeLessThan(20);
    expect(interval(KNOWN, 200)).toBeLessThan(5);
    expect(interval(KNOWN, 200)).toBeGreaterThan(interval(KNOWN, 25));
  });

  it('looks less often the more a look costs, and at jobs of wide times more often than at those of narrow ones', () => {
    for (const running of TIMES)
      expect(interval(KNOWN, running, 1)).toBeGreaterThanOrEqual(interval(KNOWN, running, 0.1));
    expect(looks({ ...KNOWN, sigma: 0.8 }, 20).length).toBeGreaterThan(looks(KNOWN, 20).length);
  });

  it('looks at a queued job early while little is known or where jobs are quick, and else every 5 s', () => {
    expect(interval({ ...KNOWN, jobs: 0 })).toBe(1);
    expect(interval(QUICK)).toBe(0.5);
    expect(interval({ median: 60, sigma: 0.3, jobs: 10 })).toBe(5);
    expect(interval({ median: 8, sigma: 0.2, jobs: 10 })).toBeLessThan(5);
  });

  it('does not look at a slow job early, however sure its run time is', () => {
    for (const median of [90, 900, 3_600]) {
      const slow = { median, sigma: 0.2, jobs: 20 };
      for (const running of [0, 1, 10, 20]) expect(interval(slow, running)).toBeGreaterThan(9);
      expect(interval(slow)).toBe(5);
    }
  });

  it('tells milliseconds for the kind of job', () => {
    const intervals = createIntervals(({ model }) => (model === 'quick' ? QUICK : KNOWN));
    expect(intervals.next({ model: 'quick', input: {} }, 0)).toBe(500);
    expect(intervals.next({ model: 'known', input: {} }, 20_000)).toBe(1000 * interval(KNOWN, 20));
  });

  it('gives a look a priority above zero or none, but never no number, when the clock was set back', () => {
    const { priority } = createIntervals(() => KNOWN);
    for (const since of [-3_600_000, -30_000, 0])
      for (const running of [undefined, -60_000, 0, 20_000])
        expect(priority({ model: 'known', input: {} }, since, running)).toBe(0);
  });
});
