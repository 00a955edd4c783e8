import type { Cost, ScheduleRow } from './schedule.ts';

const RIVALS = ['ours', 'fixed1', 'fixed2', 'fixed5', 'backOff'] as const;
const HEAD = ['learned', 'drift', 'queue', 'sigma', 'ratio', 'worst', 'ours', '1 s', '2 s', '5 s', '1.5x'];

/** The rows as text: one line for all medians and shapes of a past and a sigma, and what its columns are. */
export function scheduleTable(rows: readonly ScheduleRow[]): string {
  const groups = new Map<string, ScheduleRow[]>();
  for (const row of rows) {
    const { learned, drift, queue, sigma } = row;
    const past = [learned, drift === 1 ? '' : `x${drift}`, queue === 0 ? '' : `${queue} s`, sigma].join('|');
    groups.set(past, [...(groups.get(past) ?? []), row]);
  }
  const lines = [...groups].map(([past, group]) => {
    const ratios = group.map(({ ratio }) => ratio);
    return [
      ...past.split('|'),
      mean(ratios).toFixed(2),
      Math.max(...ratios).toFixed(2),
      ...RIVALS.map((rival) => costs(group.map((row) => row[rival]))),
    ];
  });
  const widths = HEAD.map((head, column) =>
    Math.max(head.length, ...lines.map((line) => line[column]?.length ?? 0)),
  );
  const table = [HEAD, ...lines].map((line) =>
    line.map((cell, column) => cell.padStart(widths[column] ?? 0)).join('  '),
  );
  return [
    'When to look: simulated over log-normal and gamma run times of 8, 20, 45 and 90 s',
    'ratio: waiting over that of a fixed 2 s at the same number of requests; worst: in one of the eight kinds',
    'others: mean seconds from the end to its look, 90th percentile, requests a job; the rivals read /status, then /result',
    ...table,
  ].join('\n');
}

const mean = (numbers: readonly number[]) =>
  numbers.reduce((sum, number) => sum + number, 0) / numbers.length;

function costs(all: readonly Cost[]): string {
  const of = (name: keyof Cost) => mean(all.map((cost) => cost[name])).toFixed(1);
  return `${of('waiting')} ${of('p90').padStart(4)} ${of('requests').padStart(4)}`;
}
