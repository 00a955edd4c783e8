import { describe, expect, it } from 'vitest';
import { isFinal, JOB_STATES, type Job, type Observation, transition } from '../../src/jobs/job.ts';

const SUBMITTED = Date.parse('2026-01-01T00:00:00Z');
const NOW = SUBMITTED + 60_000;
const job = (changes: Partial<Job> = {}): Job => ({
  api: 'https://api.example',
  model: 'a/b',
  input: { prompt: 'x' },
  state: 'in_queue',
  submitted_at: new Date(SUBMITTED).toISOString(),
  ...changes,
});
const result = (seen: Partial<Extract<Observation, { kind: 'result' }>['seen']>): Observation => ({
  kind: 'result',
  seen: { state: 'succeeded', urls: [], ...seen },
});

const OBSERVATIONS: Observation[] = [
  { kind: 'accepted', request_id: 'r' },
  { kind: 'answer_lost' },
  { kind: 'forgotten' },
  { kind: 'cancelled' },
  { kind: 'status', seen: { state: 'in_queue', queue_position: 2 } },
  { kind: 'status', seen: { state: 'in_progress' } },
  { kind: 'status', seen: { state: 'ended' } },
  result({ state: 'in_progress' }),
  result({ state: 'succeeded', urls: ['u'], cost_usd: 1 }),
  result({ state: 'failed', error: 'no' }),
  result({ state: 'cancelled' }),
  { kind: 'priced', cost_usd: 2 },
];

describe('transition', () => {
  it('is total, and final states absorb', () => {
    for (const state of JOB_STATES) {
      for (const observation of OBSERVATIONS) {
        const before = job({ state });
        const after = transition(before, observation, NOW);
        expect(JOB_STATES).toContain(after.state);
        if (isFinal(state) && observation.kind !== 'priced') expect(after).toBe(before);
      }
    }
  });

  it('takes a cost that came late, once, and only of a job that succeeded', () => {
    const late = { kind: 'priced', cost_usd: 2 } as const;
    for (const state of JOB_STATES) {
      const before = job({ state });
      const after = transition(before, late, NOW);
      expect(after).toEqual(state === 'succeeded' ? { ...before, cost_usd: 2 } : before);
      const told = job({ state, cost_usd: 1 });
      expect(transition(told, late, NOW)).toBe(told);
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
    expect(transition(running, { kind: 'status', seen: { state: 'in_progress' } }, NOW)).toBe(running);
    expect(transition(running, { kind: 'status', seen: { state: 'ended' } }, NOW)).toBe(running);
  });

  it.each([
    ["RunComfy's", '2026-01-01T00:00:41.000Z', '2026-01-01T00:00:41.000Z'],
    ['ours where theirs lies before the submit', '2025-12-31T23:00:00.000Z', '2026-01-01T00:01:00.000Z'],
    ['ours where theirs lies in the future', '2027-01-01T00:00:00.000Z', '2026-01-01T00:01:00.000Z'],
  ])('takes the time of the end: %s', (_, finished_at, expected) => {
    expect(transition(job(), result({ finished_at }), NOW).finished_at).toBe(expected);
  });
});
