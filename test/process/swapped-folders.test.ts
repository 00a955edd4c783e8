import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, renameSync, symlinkSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFileReader, type FileReader } from '../../src/images/folders/local-file.ts';
import { createFolderOpener, type WithFolder } from '../../src/images/folders/writable-folder.ts';
import { freshDataDir } from '../support/program.ts';

const INSIDE = 'a picture';
const SECRET = 'the secret of another folder';
const folders = (...named: string[]) => ({ folders: named, homeDir: '/nonexistent/home' });

/** `top/allowed/deep/cat.png`, and the same way elsewhere, where it ends in a secret. */
function places() {
  const base = freshDataDir();
  for (const [top, content] of [
    ['top', INSIDE],
    ['else', SECRET],
  ] as const) {
    mkdirSync(join(base, top, 'allowed', 'deep'), { recursive: true });
    writeFileSync(join(base, top, 'allowed', 'deep', 'cat.png'), content);
  }
  return base;
}

/**
 * Puts a link in the place of a folder and takes it away again, as fast as a process can, until the test ends. Now and
 * then it rests, so that some reads go well.
 */
async function keepSwapping(folder: string, target: string): Promise<void> {
  symlinkSync(target, `${folder}-door`);
  const script = `
    const { renameSync, rmSync } = require('node:fs');
    const [folder] = process.argv.slice(1);
    console.log('go');
    for (let round = 0; ; round++) {
      for (const end = Date.now() + 10; round % 256 === 0 && Date.now() < end; );
      move(folder, folder + '-away');
      move(folder + '-door', folder);
      move(folder, folder + '-door');
      move(folder + '-away', folder);
    }
    // What saves makes the folder again that is not there.
    function move(from, to) {
      for (;;)
        try {
          return renameSync(from, to);
        } catch {
          try {
            rmSync(to, { recursive: true, force: true });
          } catch {}
        }
    }`;
  const child = spawn(process.execPath, ['-e', script, folder], { stdio: ['ignore', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  await once(child.stdout, 'data');
}

const ATTEMPTS = 2_000;
const AT_ONCE = 4;

/** How often a file was read, refused, and read from elsewhere; until each of the first two happened. */
async function readMany(read: FileReader, path: string) {
  const counts = { read: 0, refused: 0, leaked: 0 };
  const worker = async () => {
    for (let tries = 0; tries < ATTEMPTS / AT_ONCE || counts.read * counts.refused === 0; tries++) {
      const text = await read(path).then(
        ({ data }) => data.toString(),
        () => undefined,
      );
      if (text === undefined) counts.refused += 1;
      else if (text === INSIDE) counts.read += 1;
      else counts.leaked += 1;
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return counts;
}

it.each([
  ['elsewhere', (base: string) => join(base, 'else/allowed/deep/cat.png')],
  ['nowhere any more', (base: string) => join(base, 'top/allowed/deep/cat.png (deleted)')],
  ['the folder itself', (base: string) => join(base, 'top/allowed')],
])('what was opened is not sent where the system says that it is %s', async (_, where) => {
  const base = places();
  const openFiles = join(base, 'open');
  mkdirSync(openFiles);
  for (let fd = 0; fd < 256; fd++) symlinkSync(where(base), join(openFiles, String(fd)));
  const read = createFileReader(folders(join(base, 'top/allowed')), openFiles);
  await expect(read(join(base, 'top/allowed/deep/cat.png'))).rejects.toThrow(
    'was changed while it was opened',
  );
});

describe.each([
  ['where the system tells what is open', undefined],
  ['where it does not', '/nonexistent'],
])('a file of --input-dir, %s', (_, openFiles) => {
  it.each([
    ['a folder on the way', 'top/allowed/deep', 'else/allowed/deep'],
    ['the allowed folder itself', 'top/allowed', 'else/allowed'],
    ['the folder above it', 'top', 'else'],
  ])('is never one from elsewhere while %s is swapped', async (_, folder, target) => {
    const base = places();
    const path = join(base, 'top/allowed/deep/cat.png');
    const read = createFileReader(folders(join(base, 'top/allowed')), openFiles);
    expect((await read(path)).data.toString()).toBe(INSIDE);
    await keepSwapping(join(base, folder), join(base, target));
    expect(await readMany(read, path)).toMatchObject({ leaked: 0 });
  });

  it('is not one of a folder that is a link now, wherever that was before', async () => {
    const base = places();
    const allowed = join(base, 'top/allowed');
    const read = createFileReader(folders(allowed), openFiles);
    await read(join(allowed, 'deep/cat.png'));
    renameSync(allowed, `${allowed}-away`);
    symlinkSync(join(base, 'else/allowed'), allowed);
    await expect(read(join(allowed, 'deep/cat.png'))).rejects.toThrow('is a link that leads out');
  });

  it('is read where the allowed folder was a link from the start, or comes later', async () => {
    const base = places();
    const [linked, later] = [join(base, 'linked'), join(base, 'later')];
    symlinkSync(join(base, 'top/allowed'), linked);
    const read = createFileReader(folders(linked, later), openFiles);
    expect((await read(join(linked, 'deep/cat.png'))).data.toString()).toBe(INSIDE);
    await expect(read(join(later, 'cat.png'))).rejects.toThrow('does not exist');
    mkdirSync(later);
    writeFileSync(join(later, 'cat (deleted)'), INSIDE);
    expect((await read(join(later, 'cat (deleted)'))).data.toString()).toBe(INSIDE);
  });
});

const NAME = 'fox.png';

/** Saves many times, of which some go well and some are refused, and lists what is elsewhere then. */
async function saveMany(withFolder: WithFolder, path: string, base: string) {
  const counts = { saved: 0, refused: 0 };
  const save = ({ prefix }: { prefix: string }) => writeFile(join(prefix, NAME), INSIDE);
  const worker = async () => {
    for (let tries = 0; tries < ATTEMPTS / AT_ONCE; tries++)
      await withFolder(path, save).then(
        () => {
          counts.saved += 1;
        },
        () => {
          counts.refused += 1;
        },
      );
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  expect(counts.saved).toBeGreaterThan(0);
  expect(counts.refused).toBeGreaterThan(0);
  return readdirSync(join(base, 'else'), { recursive: true }).sort();
}

describe.skipIf(process.platform !== 'linux')('a folder to save in', () => {
  it.each([
    ['a folder on the way', 'top/allowed/deep', 'else/allowed/deep'],
    ['the folder that files may be saved in', 'top/allowed', 'else/allowed'],
    ['the folder above it', 'top', 'else'],
  ])('is never one elsewhere while %s is swapped', async (_, folder, target) => {
    const base = places();
    const withFolder = createFolderOpener(folders(join(base, 'top/allowed')));
    const path = join(base, 'top/allowed/deep/new');
    await withFolder(path, async () => {});
    const before = readdirSync(join(base, 'else'), { recursive: true }).sort();
    await keepSwapping(join(base, folder), join(base, target));
    expect(await saveMany(withFolder, path, base)).toEqual(before);
  });

  it('stays the one that was checked while work in it goes on, whatever its path leads to', async () => {
    const base = places();
    const deep = join(base, 'top/allowed/deep');
    const withFolder = createFolderOpener(folders(join(base, 'top/allowed')));
    const work = async ({ prefix }: { prefix: string }) => {
      renameSync(deep, `${deep}-away`);
      symlinkSync(join(base, 'else/allowed/deep'), deep);
      await writeFile(join(prefix, NAME), INSIDE);
    };
    await expect(withFolder(deep, work)).rejects.toThrow('was changed while');
    expect(readdirSync(join(base, 'else/allowed/deep'))).toEqual(['cat.png']);
    expect(readdirSync(`${deep}-away`).sort()).toEqual(['cat.png', NAME]);
  });

  it.each([
    ['elsewhere', (base: string) => join(base, 'else/allowed/deep')],
    ['nowhere any more', (base: string) => join(base, 'top/allowed/deep (deleted)')],
  ])('is not written to where the system says that it is %s', async (_, where) => {
    const base = places();
    const openFiles = join(base, 'open');
    mkdirSync(openFiles);
    for (let fd = 0; fd < 256; fd++) symlinkSync(where(base), join(openFiles, String(fd)));
    const withFolder = createFolderOpener(folders(join(base, 'top/allowed/deep')), openFiles);
    const work = () => expect.fail('written');
    await expect(withFolder(undefined, work)).rejects.toThrow('was changed while it was opened');
  });
});

it('a folder that was swapped while it was written to is noticed where none can be held', async () => {
  const base = places();
  const deep = join(base, 'top/allowed/deep');
  const withFolder = createFolderOpener(folders(join(base, 'top/allowed')), '/nonexistent');
  const work = async () => {
    renameSync(deep, `${deep}-away`);
    symlinkSync(join(base, 'else/allowed/deep'), deep);
  };
  await expect(withFolder(deep, work)).rejects.toThrow('was changed while');
});
