import { copyFileSync, mkdirSync, readdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Job } from '../../../src/jobs/job.ts';
import { accountDir, formatName } from '../../../src/stores/file/names.ts';
import { beforeSync } from '../../support/disk.ts';
import { ACCOUNT, clock, inFiles } from '../backends.ts';
import { all, DAY, HOUR, intent, open, put } from '../conformance.ts';
import { claimRepeat } from '../single.ts';
import { two } from './counting.ts';

const PROMPT = 'my secret fox';
const LONG_AGO = new Date(0).toISOString();
const KEEP = { days: 90, jobs: 1_000 };
const addError = (job: Job): Job => ({ ...job, error: `about ${PROMPT}` });

/** A job that ended some ms ago, on the records of two processes, the first of which can be stopped at its links. */
async function scene(age: number) {
  const given = await two();
  const { id, lease } = await put(given.other, 'succeeded', { prompt: PROMPT, age });
  await given.other.store.release(id, lease?.call ?? '');
  const dir = join(accountDir(given.dataDir, ACCOUNT), 'jobs');
  const backend = inFiles(1, given);
  return {
    ...given,
    ...{ id, dir },
    contents: () => backend.contents(),
    remainders: async () => all(await backend.start(), { withDeleted: true }),
  };
}

it.each([1, 2, 3])(
  'a writer that stands still while a job is deleted brings nothing of it back, %i changes later',
  async (changes) => {
    const { gate, frozen, other, id, contents, remainders, names } = await scene(HOUR);
    const { reached, go } = gate.stop('before');
    const writing = frozen.store.update(id, addError);
    await reached;
    await other.store.delete(id);
    for (let cost = 1; cost < changes; cost++)
      await other.store.update(id, (job) => ({ ...job, cost_usd: cost }));
    go();
    expect((await writing)?.job).not.toHaveProperty('error');
    expect(await remainders()).toMatchObject([{ id, job: { input: {} } }]);
    expect(await contents()).not.toContain(PROMPT);
    expect(names()).toHaveLength(1);
  },
);

it('a writer that stands still while an old job is deleted brings nothing of it back', async () => {
  const { gate, frozen, other, id, contents, remainders, names } = await scene(25 * HOUR);
  const { reached, go } = gate.stop('before');
  const writing = frozen.store.update(id, addError);
  await reached;
  await other.store.delete(id);
  expect(names()).toEqual([]);
  go();
  expect(await writing).toBeUndefined();
  expect(await remainders()).toEqual([]);
  expect(await contents()).not.toContain(PROMPT);
});

it('a writer of an old job that stands still while the records are pruned keeps it', async () => {
  const { gate, frozen, other, id, remainders } = await scene(25 * HOUR);
  const { reached, go } = gate.stop('behind');
  const writing = frozen.store.update(id, addError);
  await reached;
  await other.store.prune(clock.now(), KEEP);
  go();
  expect(await writing).toMatchObject({ job: { error: addError({} as Job).error } });
  expect(await remainders()).toMatchObject([{ id, job: { input: { prompt: PROMPT } } }]);
});

it.each(['before', 'behind'] as const)(
  'a deletion that stands still %s its write takes in what comes meanwhile',
  async (where) => {
    const { gate, frozen, other, id, contents, remainders, names } = await scene(HOUR);
    const { reached, go } = gate.stop(where);
    const deleting = frozen.store.delete(id, 0.5);
    await reached;
    await other.store.update(id, (job) => ({ ...job, cost_usd: 0.2, error: PROMPT }));
    go();
    expect(await deleting).toBeDefined();
    expect(await remainders()).toMatchObject([{ id, job: { cost_usd: 0.2, estimated_usd: 0.5, input: {} } }]);
    expect(await contents()).not.toContain(PROMPT);
    expect(names()).toHaveLength(1);
  },
);

it('what a deletion leaves that dies behind its write goes with the next one, and with pruning', async () => {
  for (const how of ['delete', 'prune'] as const) {
    const { gate, frozen, other, id, contents, remainders, names } = await scene(HOUR);
    const { reached } = gate.stop('behind');
    // It never goes on.
    void frozen.store.delete(id);
    await reached;
    expect(await contents()).toContain(PROMPT);
    expect(await remainders()).toMatchObject([{ job: { input: {} } }]);
    if (how === 'delete') await other.store.delete(id);
    else await other.store.prune(clock.now(), KEEP);
    expect(await contents()).not.toContain(PROMPT);
    expect(names()).toHaveLength(1);
  }
});

it('earlier revisions that crashes left go too', async () => {
  const { other, id, dir, contents, names } = await scene(HOUR);
  const [name = ''] = names();
  await other.store.update(id, (job) => ({ ...job, cost_usd: 1 }));
  const [newest = ''] = names();
  copyFileSync(join(dir, newest), join(dir, name));
  expect(names()).toHaveLength(2);
  await other.store.delete(id);
  expect(await contents()).not.toContain(PROMPT);
  expect(readdirSync(dir)).toHaveLength(1);
});

it('a job that was deleted weeks ago is pruned among many', async () => {
  const { other, id, remainders } = await scene(HOUR);
  await other.store.delete(id);
  for (let n = 0; n < 20; n++) await put(other, 'in_queue', { age: HOUR + n });
  await other.store.prune(clock.now() + 30 * DAY, KEEP);
  expect(await remainders()).toHaveLength(20);
});

it('a deletion that stands still leaves a job that a repeated call gets meanwhile', async () => {
  const { gate, frozen, other, id, remainders } = await scene(HOUR);
  const { reached, go } = gate.stop('before');
  const deleting = frozen.store.delete(id);
  await reached;
  const call = open(other);
  expect(await claimRepeat(other.store, intent(PROMPT).fingerprint, LONG_AGO, call)).toMatchObject({ id });
  go();
  expect(await deleting).toBeUndefined();
  expect(await remainders()).toMatchObject([
    { id, job: { input: { prompt: PROMPT } }, lease: { call: call.id } },
  ]);
});

it('a deletion fails, and may be made again, where an earlier revision stays on the disk', async () => {
  const { other, id, dir } = await scene(HOUR);
  const inTheWay = join(dir, formatName(id, 1));
  mkdirSync(inTheWay);
  await expect(other.store.delete(id)).rejects.toMatchObject({ code: 'store_unavailable' });
  rmdirSync(inTheWay);
  expect(await other.store.delete(id)).toBeDefined();
});

it('a power cut right after a deletion brings nothing of the job back', async () => {
  const { other, id, names } = await scene(HOUR);
  const synced: string[][] = [];
  await beforeSync(async (file) => void ((await file.stat()).isDirectory() && synced.push(names())));
  await other.store.delete(id);
  // What was there when the names were last made durable.
  expect(synced.at(-1)).toEqual(names());
  expect(names()).toHaveLength(1);
});
