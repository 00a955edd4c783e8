import { mkdirSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { temporaryName } from '../../src/images/library/folder/files.ts';
import { createFolderLibrary } from '../../src/images/library/folder/folder-library.ts';
import { isOld, sha256Of } from '../../src/images/library/library.ts';
import { replaceInFiles } from '../support/disk.ts';
import { conformsAsLibrary, type SharedPlace } from '../support/library-suite.ts';
import { freshDataDir } from '../support/program.ts';

const picture = Buffer.from('a picture');
const type = 'image/png';
const HOUR = 3_600_000;

const backBy = (path: string, ms: number) => {
  const at = (Date.now() - ms) / 1_000;
  utimesSync(path, at, at);
};

/** A folder that replicas share; each has a library of its own on it, and so knows nothing of the others. */
async function sharedFolder(): Promise<SharedPlace> {
  const root = freshDataDir();
  const dirOf = (account = 'account') => join(root, account);
  return {
    open: async (account, maxBytes = 1e9) =>
      createFolderLibrary({ dir: dirOf(account), maxBytes, minFree: 0 }),
    age: async (name, ms) => backBy(join(dirOf(), name), ms),
    damage: async (name) => writeFileSync(join(dirOf(), name), 'something else'),
    async leaveHalf(ms) {
      mkdirSync(dirOf(), { recursive: true });
      const path = join(dirOf(), temporaryName());
      writeFileSync(path, 'half');
      backBy(path, ms);
    },
  };
}

describe('a folder that replicas share', () => {
  conformsAsLibrary(sharedFolder);
});

describe('a replica whose clock is wrong by hours', () => {
  /** From now on this machine's clock differs from that of the file system. */
  const setBack = (ms: number) => {
    const now = Date.now;
    const spy = vi.spyOn(Date, 'now').mockImplementation(() => now() - ms);
    onTestFinished(() => spy.mockRestore());
  };

  it.each([-5, 5])('keeps what it puts again young for the others (%d hours slow)', async (hours) => {
    const place = await sharedFolder();
    const [slow, right] = [await place.open(), await place.open()];
    await right.put(picture, type);
    setBack(hours * HOUR);
    await slow.put(picture, type);
    vi.restoreAllMocks();
    const [listed] = await right.list();
    expect(Math.abs((listed?.keptAt ?? 0) - Date.now())).toBeLessThan(HOUR / 2);
  });

  it('does not take for a leftover what another has just put', async () => {
    const place = await sharedFolder();
    const [fast, right] = [await place.open(), await place.open()];
    await right.put(picture, type);
    setBack(-5 * HOUR);
    const [listed] = await fast.list();
    const skew = await fast.skew();
    expect(isOld(listed as NonNullable<typeof listed>, Date.now() + skew)).toBe(false);
    expect(await fast.list()).toHaveLength(1);
  });
});

it('a file that another machine removes while it is looked at is none', async () => {
  const place = await sharedFolder();
  const kept = { sha256: sha256Of(picture), type };
  await (await place.open()).put(picture, type);
  const library = await place.open();
  await replaceInFiles('stat', async () => {
    throw Object.assign(new Error('stale file handle'), { code: 'ESTALE' });
  });
  expect([await library.has(kept), await library.read(kept), await library.open(kept)]).toEqual([
    false,
    undefined,
    undefined,
  ]);
});

it('a folder that goes away while it is looked at has nothing', async () => {
  const dir = freshDataDir();
  const library = createFolderLibrary({ dir, maxBytes: 1e9, minFree: 0 });
  const kept = { sha256: sha256Of(picture), type };
  await library.put(picture, type);
  rmSync(dir, { recursive: true });
  writeFileSync(dir, '');
  expect([await library.has(kept), await library.read(kept), await library.open(kept)]).toEqual([
    false,
    undefined,
    undefined,
  ]);
});
