import { expect, it } from 'vitest';
import type { Job, JobState, Observation } from '../../src/jobs/job.ts';
import { JOB_STATES } from '../../src/jobs/job.ts';
import { transition } from '../../src/jobs/transition.ts';

const NOW = Date.parse('2026-01-01T01:00:00Z');
const ago = (ms: number) => new Date(NOW - ms).toISOString();

const OBSERVATIONS: readonly Observation[] = [
  { kind: 'accepted', request_id: 'r-1' },
  { kind: 'response_lost' },
  { kind: 'not_found' },
  { kind: 'missing', isDenied: false },
  { kind: 'missing', isDenied: true },
  { kind: 'read_failed' },
  { kind: 'cancelled' },
  { kind: 'status', reply: { state: 'in_queue', queue_position: 3 } },
  { kind: 'status', reply: { state: 'in_progress' }, timing: { startedAt: NOW - 9, startedWithin: 500 } },
  { kind: 'result', reply: { state: 'succeeded', urls: [] } },
  { kind: 'result', reply: { state: 'succeeded', urls: ['a', 'b'], cost_usd: 1 }, timing: { ranMs: 9 } },
  { kind: 'result', reply: { state: 'failed', urls: [], error: 'no' } },
];

const jobs = JOB_STATES.flatMap((state: JobState): Job[] => {
  const job = { model: 'm/m', input: {}, state, submitted_at: ago(900_000) };
  return [
    job,
    { ...job, request_id: 'r-0', queue_position: 5 },
    { ...job, request_id: 'r-0', missing_since: ago(700_000), denied_since: ago(60_000) },
    { ...job, request_id: 'r-0', submitted_at: ago(1_000), started_at: ago(500) },
    { ...job, request_id: 'r-0', finished_at: ago(1_000), urls: ['a'], cost_usd: 2 },
  ];
});

it('an observation that is recorded again, as the reply was lost, changes nothing more', () => {
  for (const job of jobs)
    for (const observation of OBSERVATIONS) {
      const once = transition(job, observation, NOW);
      expect(transition(once, observation, NOW), `${job.state}, ${JSON.stringify(observation)}`).toEqual(
        once,
      );
    }
});
