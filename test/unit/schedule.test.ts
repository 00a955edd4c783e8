import { describe, expect, it } from 'vitest';
import { createSchedule, gapOf, LOOK_COST } from '../../src/jobs/polling/interval.ts';
import type { RunTime } from '../../src/jobs/polling/run-times.ts';

const KNOWN: RunTime = { median: 20, sigma: 0.25, jobs: 10 };
const QUICK: RunTime = { median: 0.3, sigma: 0.3, jobs: 10 };
const gap = (runTime: RunTime, running?: number, cost = LOOK_COST) => gapOf(runTime, cost, running);
const TIMES = [0, 0.001, 1, 5, 10, 15, 20, 25, 40, 120, 600, 86_400, 1e9];

/** When a job is looked at, in s from the start of its run. */
function looks(runTime: RunTime, until: number): number[] {
  const at: number[] = [];
  for (let t = gap(runTime, 0); t < until; t += gap(runTime, t)) at.push(t);
  return at;
}

describe('the schedule', () => {
  it('keeps within 0.5 and 10 s, whatever the time and whatever was learned', () => {
    for (const median of [0.01, 0.3, 20, 3_600]) {
      for (const sigma of [0.2, 1, 3]) {
        for (const running of [undefined, -5, ...TIMES]) {
          const seconds = gap({ median, sigma, jobs: 5 }, running);
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
    for (const running of [0, 5, 10, 12]) expect(running + gap(KNOWN, running)).toBeLessThan(20);
    expect(gap(KNOWN, 200)).toBeLessThan(5);
    expect(gap(KNOWN, 200)).toBeGreaterThan(gap(KNOWN, 25));
  });

  it('looks less often the more a look is worth, and at jobs of wide times more often than at those of narrow ones', () => {
    for (const running of TIMES)
      expect(gap(KNOWN, running, 1)).toBeGreaterThanOrEqual(gap(KNOWN, running, 0.1));
    expect(looks({ ...KNOWN, sigma: 0.8 }, 20).length).toBeGreaterThan(looks(KNOWN, 20).length);
  });

  it('looks at a queued job early while little is known or where jobs are quick, and else every 5 s', () => {
    expect(gap({ ...KNOWN, jobs: 0 })).toBe(1);
    expect(gap(QUICK)).toBe(0.5);
    expect(gap({ median: 60, sigma: 0.3, jobs: 10 })).toBe(5);
    expect(gap({ median: 8, sigma: 0.2, jobs: 10 })).toBeLessThan(5);
  });

  it('does not look at a slow job early, however sure its run time is', () => {
    for (const median of [90, 900, 3_600]) {
      const slow = { median, sigma: 0.2, jobs: 20 };
      for (const running of [0, 1, 10, 20]) expect(gap(slow, running)).toBeGreaterThan(9);
      expect(gap(slow)).toBe(5);
    }
  });

  it('tells milliseconds for the kind of job', () => {
    const schedule = createSchedule(({ model }) => (model === 'quick' ? QUICK : KNOWN));
    expect(schedule.gap({ model: 'quick', input: {} }, 0)).toBe(500);
    expect(schedule.gap({ model: 'known', input: {} }, 20_000)).toBe(1000 * gap(KNOWN, 20));
  });

  it('finds a look worth something or nothing, but never no number, when the clock was set back', () => {
    const { worth } = createSchedule(() => KNOWN);
    for (const since of [-3_600_000, -30_000, 0])
      for (const running of [undefined, -60_000, 0, 20_000])
        expect(worth({ model: 'known', input: {} }, since, running)).toBe(0);
  });
});
