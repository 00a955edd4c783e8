import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StoredJob } from '../../../src/jobs/store.ts';
import { accountDir } from '../../../src/stores/file/names.ts';
import { ACCOUNT, inFiles, type Process } from '../backends.ts';
import { all, intent, open, put } from '../conformance.ts';
import { claimRepeat, reserve } from '../single.ts';
import { add, addTimes, counting, two } from './counting.ts';

const { signal: never } = new AbortController();
const LONG_AGO = new Date(0).toISOString();
describe('a writer that stands still', () => {
  it.each([1, 2, 3, 20])(
    'before it makes a revision, while %i others are made, makes another',
    async (times) => {
      const { gate, frozen, other, id, count, names } = await counting();
      const { reached, go } = gate.stop('before');
      const writing = frozen.store.update(id, add);
      await reached;
      await addTimes(times, other, id);
      go();
      expect((await writing)?.job.cost_usd).toBe(times + 1);
      expect(await count()).toEqual([times + 1]);
      expect(names()).toHaveLength(1);
    },
  );

  it.each([1, 2, 3])(
    'behind its revision, while %i others are built on it, makes no other',
    async (times) => {
      const { gate, frozen, other, id, count, names } = await counting();
      const { reached, go } = gate.stop('behind');
      const writing = frozen.store.update(id, add);
      await reached;
      expect(await count()).toEqual([1]);
      await addTimes(times, other, id);
      go();
      expect((await writing)?.job.cost_usd).toBe(times + 1);
      expect(await count()).toEqual([times + 1]);
      expect(names()).toHaveLength(1);
    },
  );

  it('behind a revision that was superseded long ago misleads nobody', async () => {
    const { gate, frozen, other, id, count, names } = await counting();
    const [before, behind] = [gate.stop('before'), gate.stop('behind')];
    const writing = frozen.store.update(id, add);
    await before.reached;
    await addTimes(3, other, id);
    before.go();
    await behind.reached;
    expect(names()).toHaveLength(2);
    expect(await count()).toEqual([3]);
    await addTimes(1, other, id);
    behind.go();
    expect((await writing)?.job.cost_usd).toBe(5);
    expect(await count()).toEqual([5]);
    expect(names()).toHaveLength(1);
  });

  it('has the other writers of its process wait, so that each knows its own', async () => {
    const { gate, frozen, other, id, count } = await counting();
    const { reached, go } = gate.stop('before');
    const writing = frozen.store.update(id, add);
    await reached;
    const another = frozen.store.update(id, add);
    await addTimes(5, other, id);
    go();
    await Promise.all([writing, another]);
    expect(await count()).toEqual([7]);
  });

  it.each([
    ['with the next write', ({ store }: Process, id: string) => store.update(id, add), 2],
    ['with a clean-up', ({ store }: Process) => store.prune(Date.now(), { days: 90, jobs: 1_000 }), 1],
  ])('for ever behind its revision has written, and the one before goes %s', async (_, cleanUp, counted) => {
    const { gate, frozen, other, id, count, names } = await counting();
    const { reached } = gate.stop('behind');
    void frozen.store.update(id, add);
    await reached;
    expect(await count()).toEqual([1]);
    expect(names()).toHaveLength(2);
    await cleanUp(other, id);
    expect(names()).toHaveLength(1);
    expect(await count()).toEqual([counted]);
  });

  /** A job of a call of the first process, about to be sent. */
  async function reserved() {
    const given = await two();
    const call = open(given.frozen);
    const { id } = await reserve(given.frozen.store, intent(), call.id);
    const claim = () =>
      claimRepeat(given.other.store, intent().fingerprint, LONG_AGO, { ...open(given.other), signal: never });
    return { ...given, call, id, claim };
  }

  it.each([0, 1, 2])(
    'before it says that it sends may not, once the reservation was withdrawn (and %i changes later)',
    async (times) => {
      const { gate, frozen, other, call, id, claim } = await reserved();
      const { reached, go } = gate.stop('before');
      const sending = frozen.store.maySubmit(id, call.id);
      await reached;
      await frozen.kill();
      expect(await claim()).toBeUndefined();
      await addTimes(times, other, id);
      go();
      expect(await sending).toBeUndefined();
    },
  );

  it.each([
    ['the reservation was withdrawn, and forgotten by who made it', true],
    ['everything about the job was deleted', false],
  ])('before it says that it sends may not, once %s', async (_, isWithdrawn) => {
    const { gate, frozen, call, id, claim, names } = await reserved();
    const { reached, go } = gate.stop('before');
    const sending = frozen.store.maySubmit(id, call.id);
    await reached;
    await frozen.kill();
    if (isWithdrawn) await claim();
    await frozen.store.discard(id, call.id);
    expect(names()).toHaveLength(isWithdrawn ? 1 : 0);
    go();
    expect(await sending).toBeUndefined();
    expect(names()).toHaveLength(isWithdrawn ? 1 : 0);
  });

  it('behind it may, though another process cleans up meanwhile', async () => {
    const { gate, frozen, other, call, id } = await reserved();
    const { reached, go } = gate.stop('behind');
    const sending = frozen.store.maySubmit(id, call.id);
    await reached;
    await other.store.prune(Date.now(), { days: 90, jobs: 1_000 });
    go();
    expect(await sending).toMatchObject({ id, job: { state: 'submitting' } });
  });

  it('behind it may not either, once another call has taken the job over', async () => {
    const { gate, frozen, call, id, claim } = await reserved();
    const { reached, go } = gate.stop('behind');
    const sending = frozen.store.maySubmit(id, call.id);
    await reached;
    await frozen.kill();
    expect(await claim()).toMatchObject({ id, job: { state: 'submitting' } });
    go();
    expect(await sending).toBeUndefined();
  });

  it('before it records a request id records it, whatever became of the job', async () => {
    for (const meanwhile of ['deleted by hand', 'doubted', 'withdrawn'] as const) {
      const { dataDir, names, gate, frozen, other, call, id, claim } = await reserved();
      let sent = { id } as StoredJob;
      if (meanwhile !== 'withdrawn') sent = (await frozen.store.maySubmit(id, call.id)) as StoredJob;
      else sent = (await all(frozen))[0] as StoredJob;
      const { reached, go } = gate.stop('before');
      const accepting = frozen.store.accepted(sent, 'r-1');
      await reached;
      await frozen.kill();
      if (meanwhile !== 'deleted by hand') await claim();
      else for (const name of names()) rmSync(join(accountDir(dataDir, ACCOUNT), 'jobs', name));
      if (meanwhile === 'doubted') {
        await other.store.update(id, (job) => ({ ...job, state: 'unknown' }));
        await addTimes(2, other, id);
      }
      go();
      await accepting;
      expect(await other.store.byRequestId('r-1'), meanwhile).toMatchObject({
        id,
        job: { state: 'in_queue' },
      });
    }
  });

  it('before it takes a job over does not, once a third one has taken it and let it go', async () => {
    const { dataDir, gate, frozen, other } = await two();
    const { id } = await put(other, 'in_queue');
    await other.kill();
    const claim = (process: Process, call = open(process)) =>
      claimRepeat(process.store, intent().fingerprint, LONG_AGO, { ...call, signal: never });
    const third = await inFiles(1, { dataDir }).start();
    const { reached, go } = gate.stop('before');
    const claiming = claim(frozen);
    await reached;
    const call = open(third);
    expect(await claim(third, call)).toMatchObject({ id });
    await third.store.release(id, call.id, new Date().toISOString());
    go();
    expect(await claiming).toBeUndefined();
  });
});

describe('a writer that stands still before it takes a job over', () => {
  it('does not, once its outcome was told by somebody who does not follow it', async () => {
    const { gate, frozen, other } = await two();
    const { id, lease } = await put(other, 'succeeded');
    await other.store.release(id, lease?.call ?? '');
    const { reached, go } = gate.stop('before');
    const call = { ...open(frozen), signal: never };
    const claiming = claimRepeat(frozen.store, intent().fingerprint, LONG_AGO, call);
    await reached;
    await other.store.release(id, 'another call', new Date().toISOString());
    go();
    expect(await claiming).toBeUndefined();
  });
});
