import { describe, expect, it } from 'vitest';
import { type ScheduleRow, SITUATIONS, type Situation, simulateSchedules } from '../bench/schedule.ts';
import { scheduleTable } from '../bench/schedule-table.ts';

const simulate = (wanted: (situation: Situation) => boolean, learners: number) =>
  simulateSchedules({ situations: SITUATIONS.filter(wanted), learners, jobs: 4 });
const mean = (rows: readonly ScheduleRow[]) => rows.reduce((sum, { ratio }) => sum + ratio, 0) / rows.length;
const isMiddling = ({ median }: Situation) => median === 20 || median === 45;

// Ratios of waiting to that of a fixed 2 s at the same number of requests, in a smaller run than the published one.
describe('the schedule in simulation', () => {
  const narrow = simulate((one) => one.sigma === 0.25 && one.learned === 10 && one.drift === 1, 25);

  it('waits half as long after ten jobs, less than that where there is a queue', () => {
    expect(mean(narrow.filter(({ queue }) => queue === 0))).toBeLessThan(0.5);
    expect(mean(narrow.filter(({ queue }) => queue > 0))).toBeLessThan(0.42);
  });

  it('as the product is, it makes fewer requests and waits less', () => {
    const rows = narrow.filter(({ queue }) => queue === 0);
    const sum = (of: (row: ScheduleRow) => number) => rows.reduce((total, row) => total + of(row), 0);
    expect(sum(({ ours }) => ours.requests)).toBeLessThan(0.8 * sum(({ fixed2 }) => fixed2.requests));
    expect(sum(({ ours }) => ours.waiting)).toBeLessThan(0.8 * sum(({ fixed2 }) => fixed2.waiting));
  });

  it('is no worse while nothing is learned', () => {
    expect(mean(simulate((one) => one.learned === 0 && isMiddling(one), 10))).toBeLessThan(1);
  });

  it.each([
    ['that are longer than those learned', (one: Situation) => one.drift > 1],
    ['that are shorter than those learned', (one: Situation) => one.drift < 1],
    ['that hardly tell each other', (one: Situation) => one.sigma === 0.8 && one.learned > 0],
  ])('is no worse at run times %s', (_, wanted) => {
    expect(mean(simulate((one) => isMiddling(one) && wanted(one), 15))).toBeLessThan(1);
  });

  it('gives the same rows again, and a line for each past and sigma', () => {
    const situations = SITUATIONS.slice(0, 2);
    const once = simulateSchedules({ situations, learners: 2, jobs: 2 });
    expect(simulateSchedules({ situations, learners: 2, jobs: 2 })).toEqual(once);
    expect(scheduleTable(once).rows).toHaveLength(1);
  });
});
