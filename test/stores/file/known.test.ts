import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ToolError } from '../../../src/errors.ts';
import type { StoredJob } from '../../../src/jobs/store.ts';
import { accountDir, formatName } from '../../../src/stores/file/names.ts';
import { ACCOUNT, inFiles, type Process } from '../backends.ts';
import { all, HOUR, intent, open } from '../conformance.ts';
import { claimRepeat, reserve } from '../single.ts';
import { add, addTimes, counting, two } from './counting.ts';
import { createGate } from './gate.ts';

const { signal: never } = new AbortController();
const LONG_AGO = new Date(0).toISOString();

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
    await reserve(other.store, intent('an owl', HOUR), open(other).id);
    const { reached, go } = gate.stop('behind');
    let isOver = true;
    const reserving = reserve(frozen.store, intent(), call.id, () => {
      const error = isOver ? new ToolError('spend_limit', 'too many', { next: 'Wait.' }) : undefined;
      isOver = false;
      return error;
    });
    await reached;
    await frozen.kill();
    await claimRepeat(other.store, intent().fingerprint, LONG_AGO, { ...open(other), signal: never });
    go();
    expect((await reserving).job.state).toBe('cancelled');
    expect(names()).toHaveLength(2);
  });
});
