import { expect, it } from 'vitest';
import { createCalls } from '../../src/jobs/calls.ts';
import { createOwnJobs } from '../../src/jobs/own-jobs.ts';
import type { StoredJob } from '../../src/jobs/store.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { testClock } from '../support/program.ts';

it('a job whose request id cannot be recorded yet is the account’s own, and no other id is', async () => {
  const account = { tenant: 'red', api: 'https://api.example' };
  const records = createMemoryStore({ account, openCalls: createCalls(), clock: testClock() });
  let isFull = true;
  const { store, require } = createOwnJobs({
    ...records,
    accepted: async (...given) => {
      if (isFull) throw new Error('the disk is full');
      return records.accepted(...given);
    },
  });
  const job = { model: 'a/b', input: {}, state: 'reserved', submitted_at: '2026-01-31T12:00:00Z' } as const;
  const [reserved] = await store.reserve([{ fingerprint: 'f'.repeat(16), job }], 'call');
  await expect(require('r1')).rejects.toThrow('No job r1 is recorded on this server.');
  if (!reserved) throw new Error('not reserved');
  await expect(store.accepted(reserved, 'r1')).rejects.toThrow('the disk is full');
  await require('r1');
  await expect(require('r2')).rejects.toMatchObject({ code: 'unknown_request' });
  isFull = false;
  await store.accepted(reserved, 'r1');
  await require('r1');
});

it('a job that the user deleted is still the account’s own, so that this is said of it', async () => {
  const account = { tenant: 'red', api: 'https://api.example' };
  const records = createMemoryStore({ account, openCalls: createCalls(), clock: testClock() });
  const { store, require } = createOwnJobs(records);
  const submitted_at = new Date(testClock().now()).toISOString();
  const job = { model: 'a/b', input: {}, state: 'reserved', submitted_at } as const;
  const [reserved] = await store.reserve([{ fingerprint: 'f'.repeat(16), job }], 'call');
  const { id } = await store.accepted(reserved as StoredJob, 'r1');
  await store.update(id, (now) => ({ ...now, state: 'failed' }));
  expect(await store.delete(id)).toMatchObject({ request_id: 'r1' });
  await require('r1');
});
