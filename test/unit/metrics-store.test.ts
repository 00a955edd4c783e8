import { expect, it } from 'vitest';
import type { StoredJob } from '../../src/jobs/store.ts';
import { createMetrics } from '../../src/service/metrics/metrics.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createJumpingClock } from '../support/clock.ts';

const stored = (id: string, call: string): StoredJob => ({
  ...{ id, revision: 1, fingerprint: 'f' },
  job: { model: 'a/b', input: {}, state: 'in_queue', request_id: id },
  lease: { holder: 'memory', call },
});

it('of a batch that is repeated, only the jobs that no other call follows count as taken over, once', async () => {
  const clock = createJumpingClock();
  const { instruments, text } = await createMetrics(clock, []);
  const account = { tenant: 'acme', api: 'sandbox' };
  const memory = createMemoryStore({ account, openCalls: { has: () => true }, clock });
  const store = instruments.store({
    ...memory,
    claimRepeat: async () => [stored('1', 'ours'), stored('2', "another call's")],
  });
  const by = { id: 'ours', signal: new AbortController().signal };
  // A call that asks again gets the same jobs.
  for (const _ of [1, 2]) await store.claimRepeat('f', '', by);
  expect(await text(0)).toContain('runcomfy_takeovers_total 1\n');
  expect(await text(0)).toContain('runcomfy_open_jobs{tenant="acme"} 1\n');
  await store.release('1', 'ours');
  expect(await text(0)).toContain('runcomfy_open_jobs{tenant="acme"} 0\n');
});

it('of a deleted job the deletion is timed, and a cost that comes late is counted, once', async () => {
  const clock = createJumpingClock();
  const { instruments, text } = await createMetrics(clock, []);
  const account = { tenant: 'acme', api: 'sandbox' };
  const store = instruments.store(createMemoryStore({ account, openCalls: { has: () => false }, clock }));
  const submitted_at = new Date(clock.now()).toISOString();
  const job = { model: 'a/b', input: { prompt: 'a fox' }, state: 'reserved', submitted_at } as const;
  const [reserved] = await store.reserve([{ fingerprint: 'f', job }], 'call');
  const { id } = await store.accepted(reserved as StoredJob, 'r1');
  await store.update(id, (now) => ({ ...now, state: 'succeeded' }));
  expect(await store.delete(id, 0.5)).toMatchObject({ input: { prompt: 'a fox' } });
  for (const _ of [1, 2]) await store.update(id, (now) => ({ ...now, cost_usd: 0.25 }));
  expect(await store.byRequestId('r1')).toBeUndefined();
  expect(await store.byRequestId('r1', { withDeleted: true })).toMatchObject({ job: { cost_usd: 0.25 } });
  const told = await text(0);
  expect(told).toContain('runcomfy_spent_usd_total{tenant="acme"} 0.25\n');
  expect(told).toMatch(
    /runcomfy_store_operation_duration_seconds_count\{operation="delete",outcome="ok"\} 1\n/,
  );
});
