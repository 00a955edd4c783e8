import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { StoredJob } from '../../../src/jobs/store.ts';
import type { Link } from '../../../src/stores/file/disk.ts';
import { accountDir } from '../../../src/stores/file/names.ts';
import { canFillDisks, smallDisk } from '../../support/disk.ts';
import { ACCOUNT, inFiles } from '../backends.ts';
import { all, intent, open } from '../conformance.ts';
import { reserve } from '../single.ts';
import { refuseLink } from './gate.ts';

const FULL = { code: 'store_unavailable', message: expect.stringContaining('ENOSPC') };

describe.skipIf(!canFillDisks())('a full disk (needs root on Linux, to mount a small one)', () => {
  /** A process on a small disk, and the means to fill and free it. */
  async function start() {
    const { dataDir, fill, free } = smallDisk();
    const backend = inFiles(1, { dataDir });
    return {
      mine: await backend.start(),
      other: await backend.start(),
      dataDir: backend.dataDir,
      names: () => readdirSync(join(accountDir(backend.dataDir, ACCOUNT), 'jobs')),
      ...{ fill, free },
    };
  }

  it('reserves nothing, and leaves nothing half', async () => {
    const { mine, names, fill, free } = await start();
    const first = await reserve(mine.store, intent('an owl'), open(mine).id);
    fill();
    const call = open(mine);
    await expect(reserve(mine.store, intent(), call.id)).rejects.toMatchObject(FULL);
    expect(names()).toEqual([`${first.id}.1.json`]);
    expect(await all(mine)).toEqual([first]);
    free();
    expect(await reserve(mine.store, intent(), call.id)).toMatchObject({ job: { state: 'reserved' } });
  });

  it('is found by a check', async () => {
    const { mine, names, fill, free } = await start();
    await mine.store.check();
    fill();
    await expect(mine.store.check()).rejects.toMatchObject(FULL);
    free();
    await mine.store.check();
    expect(names()).toEqual([]);
  });

  it('leaves nothing half where it has no hard links either', async () => {
    const { dataDir, fill } = smallDisk();
    const link: Link = (path, name) => {
      fill();
      return refuseLink(path, name);
    };
    const backend = inFiles(1, { dataDir, link });
    const mine = await backend.start();
    await expect(reserve(mine.store, intent(), open(mine).id)).rejects.toMatchObject(FULL);
    const base = accountDir(backend.dataDir, ACCOUNT);
    expect(readdirSync(base, { recursive: true })).toEqual(['jobs']);
  });

  it('lets nothing be sent, and loses no request id to who tries again', async () => {
    const { mine, names, fill, free } = await start();
    const call = open(mine);
    const { id } = await reserve(mine.store, intent(), call.id);
    fill();
    await expect(mine.store.maySubmit(id, call.id)).rejects.toMatchObject(FULL);
    free();
    const submitting = (await mine.store.maySubmit(id, call.id)) as StoredJob;
    fill();
    await expect(mine.store.accepted(submitting, 'r-1')).rejects.toMatchObject(FULL);
    await expect(mine.store.release(id, call.id)).rejects.toMatchObject(FULL);
    expect(await all(mine)).toEqual([submitting]);
    free();
    expect(await mine.store.accepted(submitting, 'r-1')).toMatchObject({ job: { request_id: 'r-1' } });
    expect(names()).toHaveLength(1);
  });

  it('is no hindrance to the proof that a process lives', async () => {
    const { mine, dataDir, fill } = await start();
    const { lease } = await reserve(mine.store, intent(), open(mine).id);
    const read = () => readFileSync(join(dataDir, 'holders', lease?.holder ?? ''), 'latin1').slice(0, 16);
    fill();
    const before = read();
    await expect.poll(read).not.toBe(before);
  });
});
