import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
} from 'node:fs';
import { appendFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ImageError } from '../../src/images/image-error.ts';
import type { NewFile } from '../../src/images/library/copy-file.ts';
import { createFolderLibrary } from '../../src/images/library/folder/folder-library.ts';
import { sha256Of } from '../../src/images/library/library.ts';
import { canFillDisks, replaceInFiles, smallDisk } from '../support/disk.ts';
import { freshDataDir } from '../support/program.ts';

const MIB = 1 << 20;
const film = Buffer.from('a film');
const type = 'video/mp4';
const FACTS = { sha256: sha256Of(film), type, bytes: film.length };
const NAME = `${FACTS.sha256}.mp4`;

const open = (dir = freshDataDir(), limits: { maxBytes?: number; minFree?: number } = {}) => ({
  dir,
  library: createFolderLibrary({ dir, maxBytes: 1e9, minFree: 0, ...limits }),
});
const fill = async ({ path, mode }: NewFile) => {
  await writeFile(path, film, { mode, flag: 'wx' });
  return FACTS;
};

describe('a file that is put', () => {
  it('is kept under its hash, for its owner alone', async () => {
    const { dir, library } = open();
    expect(await library.putFile?.(fill)).toEqual(FACTS);
    expect(readdirSync(dir)).toEqual([NAME]);
    expect(statSync(join(dir, NAME)).mode & 0o777).toBe(0o600);
    expect([await library.has(FACTS), await open(dir).library.has(FACTS)]).toEqual([true, true]);
    expect(library.written()).toBe(film.length);
  });

  it('that is there already is made young, and not counted twice', async () => {
    const { dir, library } = open();
    await library.putFile?.(fill);
    utimesSync(join(dir, NAME), 1, 1);
    await library.putFile?.(fill);
    expect(statSync(join(dir, NAME)).mtimeMs).toBeGreaterThan(1e12);
    expect(readdirSync(dir)).toEqual([NAME]);
    expect(library.written()).toBe(film.length);
  });

  it('replaces one of its name that holds something else', async () => {
    const { dir, library } = open();
    await library.putFile?.(fill);
    await writeFile(join(dir, NAME), 'a fine');
    await library.putFile?.(fill);
    expect(readFileSync(join(dir, NAME))).toEqual(film);
  });

  it.each([
    [1e9, 50 * MIB],
    [7, 7],
  ])('may fill a library of %d bytes with so many: %d', async (maxBytes, expected) => {
    let most = 0;
    await open(undefined, { maxBytes }).library.putFile?.((file, given) => {
      most = given;
      return fill(file);
    });
    expect(most).toBe(expected);
  });

  it('is not even begun where too little of the disk is free', async () => {
    const { dir, library } = open(undefined, { minFree: 1e18 });
    let isBegun = false;
    const putting = library.putFile?.((file) => {
      isBegun = true;
      return fill(file);
    });
    await expect(putting).rejects.toMatchObject({ reason: expect.stringContaining('of the disk') });
    expect([isBegun, readdirSync(dir)]).toEqual([false, []]);
  });
});

describe('of a file that cannot be put nothing is left', () => {
  it.each([
    ['an ImageError', new ImageError('its link is dead')],
    ['the end of the process', new DOMException('ended', 'AbortError')],
  ])('and the library is not to blame: %s', async (_, error) => {
    const { dir, library } = open();
    const putting = library.putFile?.(async (file) => {
      await fill(file);
      throw error;
    });
    await expect(putting).rejects.toBe(error);
    expect(readdirSync(dir)).toEqual([]);
    expect(await library.obstacle()).toBeUndefined();
  });

  it('where a folder has its name', async () => {
    const { dir, library } = open();
    mkdirSync(join(dir, NAME), { recursive: true });
    await expect(library.putFile?.(fill)).rejects.toMatchObject({
      reason: expect.stringContaining('EISDIR'),
    });
    expect(readdirSync(dir)).toEqual([NAME]);
    expect(await library.obstacle()).toContain('EISDIR');
  });

  it('where another process took it for a leftover meanwhile', async () => {
    const { dir, library } = open();
    const putting = library.putFile?.(async (file) => {
      await fill(file);
      rmSync(file.path);
      return FACTS;
    });
    await expect(putting).rejects.toMatchObject({ reason: expect.stringContaining('ENOENT') });
    expect([readdirSync(dir), await library.has(FACTS)]).toEqual([[], false]);
    await library.putFile?.(fill);
    expect(await library.obstacle()).toBeUndefined();
  });

  it.skipIf(!canFillDisks())('on a disk that fills up in the middle (needs root on Linux)', async () => {
    const { dir, library } = open(join(smallDisk().dataDir, 'library'));
    const putting = library.putFile?.(async (file) => {
      await fill(file);
      for (;;) await appendFile(file.path, Buffer.alloc(9_000));
    });
    await expect(putting).rejects.toMatchObject({ reason: `nothing can be written to ${dir} (ENOSPC)` });
    expect(readdirSync(dir)).toEqual([]);
    expect(await library.obstacle()).toContain('ENOSPC');
    await library.putFile?.(fill);
    expect(await library.obstacle()).toBeUndefined();
  });
});

it('whether a large file is kept is found piece by piece', async () => {
  const { dir, library } = open();
  const large = Buffer.alloc(20 * MIB, 'film');
  const kept = { sha256: createHash('sha256').update(large).digest('hex'), type };
  mkdirSync(dir);
  await writeFile(join(dir, `${kept.sha256}.mp4`), large);
  let largest = 0;
  await replaceInFiles('readFile', async (file, original) => {
    largest = (await file.stat()).size;
    return original();
  });
  expect(await library.has(kept)).toBe(true);
  expect(largest).toBe(0);
  renameSync(join(dir, `${kept.sha256}.mp4`), join(dir, 'other'));
  expect([await library.has(kept), existsSync(dir)]).toEqual([false, true]);
});
