import { describe, expect, it } from 'vitest';
import type { RunTiming } from '../../src/jobs/job.ts';
import { recordedTiming, timingAfter, timingAtEnd } from '../../src/jobs/polling/poll.ts';

const SUBMIT = Date.parse('2026-01-01T00:00:00Z');
type Seen = 'in_queue' | 'in_progress';
const at = (seconds: number) => SUBMIT + 1000 * seconds;
const iso = (ms: number) => new Date(ms).toISOString();

/** For how many seconds a job ran, after looks at some seconds from the submit. */
function ran(
  looks: [number, Seen][],
  end: number,
  told?: Parameters<typeof timingAtEnd>[2],
  from: RunTiming = { seenAt: SUBMIT },
) {
  const last = looks.reduce((timing, [seconds, state]) => timingAfter(timing, state, at(seconds)), from);
  const { ranMs } = timingAtEnd(last, at(end), told);
  return ranMs === undefined ? undefined : ranMs / 1000;
}

/** RunComfy's times of a job, on a clock that is a day ahead of ours. */
const told = (finished: number) => ({
  submitted_at: iso(SUBMIT),
  created_at: iso(SUBMIT + 86_400_000),
  finished_at: iso(SUBMIT + 86_400_000 + 1000 * finished),
});

const CLOSE: [number, Seen][] = [
  [2, 'in_queue'],
  [4, 'in_progress'],
  [22, 'in_progress'],
];

describe('a run time', () => {
  it('is told by the middles between the looks around its start and its end', () => {
    expect(ran(CLOSE, 24)).toBe(20);
  });

  it('is told by a single look, for a job that was done at once', () => {
    expect(ran([], 1)).toBe(0.5);
  });

  it("ends where RunComfy says, on RunComfy's own clock, if the looks allow that", () => {
    expect(ran(CLOSE, 24, told(22.2))).toBeCloseTo(19.2);
    expect(ran(CLOSE, 24, told(10))).toBe(20);
    expect(ran(CLOSE, 24, told(30))).toBe(20);
    expect(ran(CLOSE, 24, { ...told(22), finished_at: 'soon' })).toBe(20);
  });

  const kept: RunTiming = { startedAt: at(3), startedWithin: 1_000 };

  it('is told of a job that is collected an hour later only where RunComfy tells the end', () => {
    expect(ran([], 3_600, told(23), kept)).toBe(20);
    expect(ran([], 3_600, undefined, kept)).toBeUndefined();
  });

  it('is not told where the start was not seen', () => {
    expect(ran([[22, 'in_progress']], 24, undefined, {})).toBeUndefined();
    expect(ran([], 24, told(23), {})).toBeUndefined();
    expect(ran([], 24, told(23), { startedAt: at(3) })).toBeUndefined();
    expect(ran([[300, 'in_progress']], 320, told(310))).toBeUndefined();
  });

  it.each([
    [
      'forward while it is queued',
      [
        [2, 'in_queue'],
        [3_604, 'in_progress'],
      ],
      3_624,
    ],
    [
      'forward while it runs',
      [
        [2, 'in_progress'],
        [3_604, 'in_progress'],
      ],
      3_606,
    ],
    [
      'forward at its end',
      [
        [2, 'in_progress'],
        [20, 'in_progress'],
      ],
      3_622,
    ],
    [
      'back while it runs',
      [
        [2, 'in_progress'],
        [-3_596, 'in_progress'],
      ],
      -3_594,
    ],
    [
      'back at its end',
      [
        [2, 'in_progress'],
        [20, 'in_progress'],
      ],
      -3_578,
    ],
  ] as [string, [number, Seen][], number][])('is not told where the clock jumps %s', (_, looks, end) => {
    expect(ran(looks, end)).toBeUndefined();
    expect(ran(looks, end, told(20))).toBeUndefined();
  });

  it('is read from a record as far as that makes sense', () => {
    const record = { api: 'a', model: 'm', input: {}, state: 'in_progress' as const };
    const started_at = new Date(at(3)).toISOString();
    expect(recordedTiming({ ...record, started_at, started_within_seconds: 1 })).toEqual(kept);
    expect(recordedTiming({ ...record, started_at })).toEqual({ startedAt: at(3) });
    expect(recordedTiming({ ...record, started_at: 'x' })).toEqual({});
    expect(recordedTiming(record)).toEqual({});
  });
});
