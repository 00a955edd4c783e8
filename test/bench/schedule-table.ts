import type { Cost, ScheduleRow } from './schedule.ts';
import type { Table } from './table.ts';

const RIVALS = ['ours', 'fixed1', 'fixed2', 'fixed5', 'backOff'] as const;

/** The rows as a table: one line for all medians and shapes of a past and a sigma. */
export function scheduleTable(rows: readonly ScheduleRow[]): Table {
  const groups = new Map<string, ScheduleRow[]>();
  for (const row of rows) {
    const { learned, drift, queue, sigma } = row;
    const past = [learned, drift === 1 ? '' : `x${drift}`, queue === 0 ? '' : `${queue} s`, sigma].join('|');
    groups.set(past, [...(groups.get(past) ?? []), row]);
  }
  return {
    title: 'When to look: simulated over log-normal and gamma run times of 8, 20, 45 and 90 s',
    columns: ['learned', 'drift', 'queue', 'sigma', 'ratio', 'worst', 'ours', '1 s', '2 s', '5 s', '1.5x'],
    rows: [...groups].map(([past, group]) => {
      const ratios = group.map(({ ratio }) => ratio);
      return [
        ...past.split('|'),
        mean(ratios).toFixed(2),
        Math.max(...ratios).toFixed(2),
        ...RIVALS.map((rival) => costs(group.map((row) => row[rival]))),
      ];
    }),
    notes: [
      'ratio: waiting over that of a fixed 2 s at the same number of requests; worst: in one of the eight kinds.',
      'Others: mean seconds from the end to its look, 90th percentile, requests a job; the rivals read /status, then /result.',
      'Goals: 0.45 at sigma 0.25 after 10 jobs; never above 1.1; cold at most 1.',
    ],
  };
}

const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

function costs(all: readonly Cost[]): string {
  const of = (name: keyof Cost) => mean(all.map((cost) => cost[name])).toFixed(1);
  return `${of('waiting')} ${of('p90').padStart(4)} ${of('requests').padStart(4)}`;
}
