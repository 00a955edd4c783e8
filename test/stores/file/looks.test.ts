import { beforeEach, expect, it, vi } from 'vitest';
import type { StoredJob } from '../../../src/jobs/store.ts';
import { inFiles } from '../backends.ts';
import { intent, open, put } from '../conformance.ts';
import { claimRepeat, reserve } from '../single.ts';

const looks = vi.hoisted(() => ({ count: 0 }));

vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const readdir = async (path: string) => {
    if (path.endsWith('/jobs') && path.includes('/accounts/')) looks.count += 1;
    return real.readdir(path);
  };
  return { ...real, readdir };
});

beforeEach(() => {
  looks.count = 0;
});

// The names of 2,000 records take more than 1 ms to read, and a submit is to go out no later for them.
it('a call that submits reads the names of all records twice, for the one that it may repeat', async () => {
  const mine = await inFiles(1).start();
  await put(mine, 'in_queue', { prompt: 'an owl' });
  looks.count = 0;
  const call = open(mine);
  const { fingerprint } = intent();
  expect(await claimRepeat(mine.store, fingerprint, new Date(0).toISOString(), call)).toBeUndefined();
  expect(looks.count).toBe(2);
  const { id } = await reserve(mine.store, intent(), call.id);
  const submitting = (await mine.store.maySubmit(id, call.id)) as StoredJob;
  expect(submitting.job.state).toBe('submitting');
  await mine.store.accepted(submitting, 'r-1');
  await mine.store.update(id, (job) => ({ ...job, state: 'succeeded' }));
  await mine.store.release(id, call.id, new Date().toISOString());
  expect(looks.count).toBe(2);
});
