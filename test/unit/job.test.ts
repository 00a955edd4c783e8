import { describe, expect, it } from 'vitest';
import { isFinal, JOB_STATES, type Job, lacksCostOrOutput, type Observation } from '../../src/jobs/job.ts';
import { transition } from '../../src/jobs/transition.ts';

const SUBMITTED = Date.parse('2026-01-01T00:00:00Z');
const NOW = SUBMITTED + 60_000;
const job = (changes: Partial<Job> = {}): Job => ({
  model: 'a/b',
  input: { prompt: 'x' },
  state: 'in_queue',
  submitted_at: new Date(SUBMITTED).toISOString(),
  ...changes,
});
const result = (seen: Partial<Extract<Observation, { kind: 'result' }>['reply']>): Observation => ({
  kind: 'result',
  reply: { state: 'succeeded', urls: [], ...seen },
});

const OBSERVATIONS: Observation[] = [
  { kind: 'accepted', request_id: 'r' },
  { kind: 'response_lost' },
  { kind: 'not_found' },
  { kind: 'cancelled' },
  { kind: 'status', reply: { state: 'in_queue', queue_position: 2 } },
  { kind: 'status', reply: { state: 'in_progress' } },
  { kind: 'status', reply: { state: 'ended' } },
  result({ state: 'in_progress' }),
  result({ state: 'succeeded', urls: ['u'], cost_usd: 1 }),
  result({ state: 'failed', error: 'no' }),
  result({ state: 'cancelled' }),
  { kind: 'missing', isDenied: true },
  { kind: 'missing', isDenied: false },
  { kind: 'read_failed' },
];

describe('transition', () => {
  it('is total, and final states absorb', () => {
    for (const state of JOB_STATES) {
      for (const observation of OBSERVATIONS) {
        const before = job({ state, request_id: 'r', urls: ['u'], cost_usd: 1 });
        const after = transition(before, observation, NOW);
        expect(JOB_STATES).toContain(after.state);
        if (isFinal(state)) expect(after).toBe(before);
      }
    }
  });

  it('never loses a request id, whatever was thought of the job, and never changes one', () => {
    const accepted = (request_id: string): Observation => ({ kind: 'accepted', request_id });
    for (const state of JOB_STATES) {
      const after = transition(job({ state }), accepted('r'), NOW);
      expect(after).toMatchObject({ state: 'in_queue', request_id: 'r' });
      expect(transition(after, accepted('another'), NOW)).toBe(after);
    }
  });

  it('takes an output and a cost that came late, once, and only of a job that succeeded', () => {
    const late = result({ urls: ['late'], cost_usd: 2 });
    for (const state of JOB_STATES.filter(isFinal)) {
      const before = job({ state, urls: [] });
      const isTaken = state === 'succeeded';
      expect(transition(before, late, NOW)).toEqual(
        isTaken ? { ...before, urls: ['late'], cost_usd: 2 } : before,
      );
      const told = job({ state, urls: ['u'], cost_usd: 1 });
      expect(transition(told, late, NOW)).toBe(told);
    }
  });

  it('takes a success without its output for final only after 30 s', () => {
    const before = job({ state: 'in_progress' });
    const first = transition(before, result({}), NOW);
    expect(first).toMatchObject({ state: 'in_progress', finished_at: new Date(NOW).toISOString() });
    expect(transition(first, result({}), NOW + 29_000)).toBe(first);
    expect(transition(first, result({ urls: ['u'] }), NOW + 29_000).state).toBe('succeeded');
    expect(transition(first, result({}), NOW + 31_000)).toMatchObject({ state: 'succeeded', urls: [] });
  });

  it.each([
    ["RunComfy's own word, once", [[true, 0]], false],
    [
      "RunComfy's own word, twice in a row",
      [
        [true, 0],
        [true, 2_000],
      ],
      false,
    ],
    [
      "RunComfy's own word, twice, some seconds apart",
      [
        [true, 0],
        [true, 3_000],
      ],
      true,
    ],
    [
      "a gateway's and then RunComfy's",
      [
        [false, 0],
        [true, 5_000],
      ],
      false,
    ],
    [
      "a gateway's for less than ten minutes",
      [
        [false, 0],
        [false, 599_000],
      ],
      false,
    ],
    [
      "a gateway's for ten minutes",
      [
        [false, 0],
        [false, 600_000],
      ],
      true,
    ],
  ] as [string, [boolean, number][], boolean][])(
    'gives a job up by a 404 that is %s: %s',
    (_, reads, isLost) => {
      let seen = job();
      for (const [isDenied, ms] of reads) seen = transition(seen, { kind: 'missing', isDenied }, NOW + ms);
      expect(seen.state).toBe(isLost ? 'unknown' : 'in_queue');
    },
  );

  it('does not give a job up that was just submitted, or that a read in between may have found', () => {
    const denied = { kind: 'missing', isDenied: true } as const;
    const young = job({ submitted_at: new Date(NOW - 29_000).toISOString() });
    expect(transition(young, denied, NOW)).toBe(young);
    for (const between of [
      { kind: 'read_failed' } as const,
      { kind: 'status', reply: { state: 'ended' } } as const,
    ]) {
      const found = transition(transition(job(), denied, NOW), between, NOW + 1_000);
      expect(found).toEqual(job());
      expect(transition(found, denied, NOW + 5_000).state).toBe('in_queue');
    }
  });

  it('follows a job through its life', () => {
    let seen = job({ state: 'submitting' });
    const states = [];
    for (const observation of OBSERVATIONS.filter((_, index) => [0, 4, 5, 8].includes(index))) {
      seen = transition(seen, observation, NOW);
      states.push([seen.state, seen.queue_position]);
    }
    expect(states).toEqual([
      ['in_queue', undefined],
      ['in_queue', 2],
      ['in_progress', undefined],
      ['succeeded', undefined],
    ]);
    expect(seen).toMatchObject({ request_id: 'r', urls: ['u'], cost_usd: 1, started_at: expect.any(String) });
  });

  it('gives back the same object where nothing changed', () => {
    const running = job({ state: 'in_progress' });
    expect(transition(running, { kind: 'status', reply: { state: 'in_progress' } }, NOW)).toBe(running);
    expect(transition(running, { kind: 'status', reply: { state: 'ended' } }, NOW)).toBe(running);
  });

  it.each([
    ["RunComfy's", '2026-01-01T00:00:41.000Z', '2026-01-01T00:00:41.000Z'],
    ['ours where theirs lies before the submit', '2025-12-31T23:00:00.000Z', '2026-01-01T00:01:00.000Z'],
    ['ours where theirs lies in the future', '2027-01-01T00:00:00.000Z', '2026-01-01T00:01:00.000Z'],
  ])('takes the time of the end: %s', (_, finished_at, expected) => {
    expect(transition(job(), result({ finished_at, urls: ['u'] }), NOW).finished_at).toBe(expected);
  });
});

it('lacks its cost or its output only where it succeeded and RunComfy has not told one of them', () => {
  const urls = ['https://example.com/a.png'];
  expect(lacksCostOrOutput(job({ state: 'succeeded', urls }))).toBe(true);
  expect(lacksCostOrOutput(job({ state: 'succeeded', cost_usd: 1 }))).toBe(true);
  expect(lacksCostOrOutput(job({ state: 'succeeded', urls, cost_usd: 0 }))).toBe(false);
  for (const state of JOB_STATES)
    if (state !== 'succeeded') expect(lacksCostOrOutput(job({ state }))).toBe(false);
});
