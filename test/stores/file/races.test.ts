import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ToolError } from '../../../src/errors.ts';
import type { Job } from '../../../src/jobs/job.ts';
import type { StoredJob } from '../../../src/jobs/store.ts';
import { accountDir, formatName } from '../../../src/stores/file/names.ts';
import { freshDataDir } from '../../helpers/program.ts';
import { ACCOUNT, inFiles, type Process } from '../backends.ts';
import { all, HOUR, intent, open, put } from '../conformance.ts';
import { createGate } from './gate.ts';
import { startChildren } from './processes.ts';

const { signal: never } = new AbortController();
const LONG_AGO = new Date(0).toISOString();
const add = (job: Job): Job => ({ ...job, cost_usd: (job.cost_usd ?? 0) + 1 });

/** Two processes on the same records, the first of which can be stopped at its links. */
async function two() {
  const dataDir = freshDataDir();
  const gate = createGate();
  const frozen = await inFiles(1, { dataDir, link: gate.link }).start();
  const other = await inFiles(1, { dataDir }).start();
  const names = () =>
    readdirSync(join(accountDir(dataDir, ACCOUNT), 'jobs')).filter((name) => name.endsWith('.json'));
  return { dataDir, gate, frozen, other, names };
}

/** And a record on which both count. */
async function counting() {
  const given = await two();
  const { id } = await put(given.other, 'in_progress', { more: { cost_usd: 0 } });
  const count = async () => {
    const fresh = await inFiles(1, given).start();
    return (await all(fresh)).map(({ job }) => job.cost_usd);
  };
  return { ...given, id, count };
}

async function addTimes(times: number, { store }: Process, id: string): Promise<void> {
  for (let n = 0; n < times; n++) await store.update(id, add);
}

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
    const { id } = await given.frozen.store.reserve(intent(), call.id);
    const claim = () =>
      given.other.store.claimRepeat(intent().fingerprint, LONG_AGO, { ...open(given.other), signal: never });
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
      process.store.claimRepeat(intent().fingerprint, LONG_AGO, { ...call, signal: never });
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
    const claiming = frozen.store.claimRepeat(intent().fingerprint, LONG_AGO, call);
    await reached;
    await other.store.release(id, 'another call', new Date().toISOString());
    go();
    expect(await claiming).toBeUndefined();
  });
});

describe('what a process knows of a record', () => {
  const update = ({ store }: Process, id: string) => store.update(id, add);

  it('is out of date while the revision behind it has not been cleaned up yet', async () => {
    const { gate, frozen, other, id, count } = await counting();
    await update(other, id);
    const { reached, go } = gate.stop('behind');
    const writing = update(frozen, id);
    await reached;
    expect((await update(other, id))?.job.cost_usd).toBe(3);
    go();
    await writing;
    expect(await count()).toEqual([3]);
  });

  it('is not proven by another revision of the same number, which a frozen process made since', async () => {
    const { dataDir, gate, frozen, other, id, count } = await counting();
    const thirdGate = createGate();
    const third = await inFiles(1, { dataDir, link: thirdGate.link }).start();
    const [before, behind] = [thirdGate.stop('before'), thirdGate.stop('behind')];
    const early = update(third, id);
    await before.reached;
    await update(other, id);
    const late = gate.stop('before');
    const writing = update(frozen, id);
    await late.reached;
    await addTimes(3, other, id);
    before.go();
    await behind.reached;
    late.go();
    expect((await writing)?.job.cost_usd).toBe(5);
    behind.go();
    await early;
    expect(await count()).toEqual([6]);
  });

  it('tells what lies below it too, which goes first when it is superseded', async () => {
    const { dataDir, gate, frozen, other, id, count } = await counting();
    const late = gate.stop('before');
    const writing = update(frozen, id);
    await late.reached;
    const thirdGate = createGate();
    const third = await inFiles(1, { dataDir, link: thirdGate.link }).start();
    const behind = thirdGate.stop('behind');
    void update(third, id);
    await behind.reached;
    await all(other);
    await addTimes(2, other, id);
    late.go();
    expect((await writing)?.job.cost_usd).toBe(4);
    expect(await count()).toEqual([4]);
  });

  it('tells of what could not be deleted below it too', async () => {
    const { dataDir, gate, frozen, other, id, count } = await counting();
    const { revision } = (await all(other))[0] as StoredJob;
    // Not deleted as a file would be.
    mkdirSync(join(accountDir(dataDir, ACCOUNT), 'jobs', formatName(id, revision - 1)));
    const third = await inFiles(1, { dataDir }).start();
    const late = gate.stop('before');
    const writing = update(frozen, id);
    await late.reached;
    await addTimes(3, third, id);
    late.go();
    expect((await writing)?.job.cost_usd).toBe(4);
    expect(await count()).toEqual([4]);
    await addTimes(1, other, id);
    expect(await count()).toEqual([5]);
  });

  it('is not proven where others took the next one for broken, which a slow process filled late', async () => {
    const { dataDir, id, count } = await counting();
    const [empty, filled] = [createGate(), createGate()];
    const begun = empty.stop('behind');
    const slow = await inFiles(1, {
      dataDir,
      // As on a disk without hard links, where the writer stands still before its file is filled.
      async link(path, name) {
        writeFileSync(name, '', { flag: 'wx' });
        await empty.pass('behind');
        writeFileSync(name, readFileSync(path));
      },
    }).start();
    const writing = update(slow, id);
    await begun.reached;
    const other = await inFiles(1, { dataDir, link: filled.link }).start();
    const behind = filled.stop('behind');
    const above = update(other, id);
    await behind.reached;
    begun.go();
    expect((await writing)?.job.cost_usd).toBe(2);
    behind.go();
    await above;
    expect(await count()).toEqual([2]);
  });
});

describe('a reservation that is made again, because the first one was too many', () => {
  it('is the one that another process withdrew meanwhile', async () => {
    const { gate, frozen, other, names } = await two();
    const call = open(frozen);
    await other.store.reserve(intent('an owl', HOUR), open(other).id);
    const { reached, go } = gate.stop('behind');
    let isOver = true;
    const reserving = frozen.store.reserve(intent(), call.id, () => {
      const error = isOver ? new ToolError('spend_limit', 'too many', { next: 'Wait.' }) : undefined;
      isOver = false;
      return error;
    });
    await reached;
    await frozen.kill();
    await other.store.claimRepeat(intent().fingerprint, LONG_AGO, { ...open(other), signal: never });
    go();
    expect((await reserving).job.state).toBe('cancelled');
    expect(names()).toHaveLength(2);
  });
});

describe('several processes', () => {
  const ROUNDS = 50;
  it.each([
    [2, 'hard'],
    [3, 'hard'],
    [3, 'none'],
  ])(
    '(%i; links: %s) that change a record at once lose no write and make none twice',
    async (many, links) => {
      const { dataDir, other, count, names } = await counting();
      const { id } = (await all(other))[0] as StoredJob;
      const children = await startChildren(many, [dataDir, 'add', id, String(ROUNDS), links]);
      for (const { go } of children) go();
      await Promise.all(children.map(({ ended }) => ended));
      expect(await count()).toEqual([many * ROUNDS]);
      expect(names()).toHaveLength(1);
    },
  );
});
