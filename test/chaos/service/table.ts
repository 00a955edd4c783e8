import type { Fleet } from './fleet.ts';
import { TAKE_OVER_BOUND, type Verdict } from './judge.ts';
import type { Wish } from './users.ts';

/** The figures of a run. */
export function table(
  title: string,
  {
    wishes,
    accepted,
    verdict,
    fleet,
    ms,
  }: {
    wishes: readonly Wish[];
    accepted: number;
    verdict: Verdict;
    fleet: Fleet;
    ms: number;
  },
): string {
  const { kill, blackout, freeze, terminate } = fleet.counts;
  const calls = wishes.flatMap((wish) => wish.calls);
  const ended = (outcome: string) => calls.filter((call) => call.outcome === outcome).length;
  const times = verdict.takeOvers;
  const rows: [string, unknown][] = [
    ['pictures wanted, arrived', `${wishes.length}, ${wishes.filter(({ got }) => got).length}`],
    ['jobs that RunComfy accepted', accepted],
    ['lost', verdict.lost.length],
    ['paid twice', verdict.paidTwice.length],
    ['told unknown', `${verdict.unknown} (${((100 * verdict.unknown) / wishes.length).toFixed(2)} %)`],
    ['  without a death of its replica', verdict.unfounded.length],
    ['  accepted before that death, ms', verdict.beforeDeath.map(Math.round).join(' ') || '-'],
    ['pictures that left after their call ended', verdict.crossed],
    ['SIGKILL, blackouts; SIGSTOP; SIGTERM', `${kill}, ${blackout}; ${freeze}; ${terminate}`],
    [
      'calls; lost connections; timeouts',
      `${calls.length}; ${ended('connection_lost')}; ${ended('given_up')}`,
    ],
    [
      'take-over after a kill, s: p50, p95, max',
      [0.5, 0.95, 1].map((share) => seconds(times, share)).join(', '),
    ],
    ['  of how many; the bound', `${times.length}; ${TAKE_OVER_BOUND / 1_000}`],
    ['seconds', Math.round(ms / 1_000)],
  ];
  const lines = rows.map(([name, value]) => `  ${name.padEnd(44)}${value}`);
  return `${[title, ...lines].join('\n')}\n`;
}

function seconds(times: readonly number[], share: number): string {
  const sorted = [...times].sort((one, other) => one - other);
  const time = sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
  return time === undefined ? '-' : (time / 1_000).toFixed(1);
}
