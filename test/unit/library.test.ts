import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { createFolderLibrary } from '../../src/images/library/folder/folder-library.ts';
import type { Rendering } from '../../src/images/library/keeper.ts';
import { type Library, nameOf, sha256Of } from '../../src/images/library/library.ts';
import { createOriginals } from '../../src/images/library/originals.ts';
import type { Job } from '../../src/jobs/job.ts';
import { createLog } from '../../src/log.ts';
import { readJob } from '../../src/stores/recorded-job.ts';
import { beforeSync, canFillDisks, smallDisk } from '../support/disk.ts';
import { plain } from '../support/images.ts';
import { freshDataDir } from '../support/program.ts';

const picture = Buffer.from('a picture');
const other = Buffer.from('b picture');
const KEPT = { sha256: sha256Of(picture), type: 'image/png' };

const open = (dir = freshDataDir(), minFree = 0) => ({
  dir,
  path: join(dir, nameOf(KEPT)),
  library: createFolderLibrary({ dir, maxBytes: 1e9, minFree }),
});

function canMakeDevices(): boolean {
  const dir = mkdtempSync(join(tmpdir(), 'device-'));
  try {
    execFileSync('mknod', [join(dir, 'zero'), 'c', '1', '5'], { stdio: 'ignore' });
    readSync(openSync(join(dir, 'zero'), 'r'), Buffer.alloc(1));
    return true;
  } catch {
    return false;
  } finally {
    rmSync(dir, { recursive: true });
  }
}

async function withPicture() {
  const opened = open();
  await opened.library.put(picture, 'image/png');
  expect(await opened.library.has(KEPT)).toBe(true);
  return opened;
}

describe('a kept file', () => {
  const outside = () => {
    const path = join(mkdtempSync(join(process.env.TEST_SCRATCH ?? tmpdir(), 'outside-')), 'file');
    writeFileSync(path, picture);
    return path;
  };
  const replace = (put: (path: string) => void) => (path: string) => {
    rmSync(path);
    put(path);
  };
  const SWAPS: [string, (path: string) => void][] = [
    ['another picture', (path) => writeFileSync(path, other)],
    [
      'another picture, with the times and the inode of the first',
      (path) => {
        const like = `${path}-like`;
        execFileSync('cp', ['-p', path, like]);
        writeFileSync(path, other);
        execFileSync('touch', ['-r', like, path]);
      },
    ],
    ['nothing', (path) => rmSync(path)],
    ['an empty file', (path) => truncateSync(path)],
    ['half of itself', (path) => truncateSync(path, 4)],
    ['a link to the same content elsewhere', replace((path) => symlinkSync(outside(), path))],
    ['a link to itself', replace((path) => symlinkSync(path, path))],
    ['a folder', replace((path) => mkdirSync(path))],
    ['a pipe', replace((path) => void execFileSync('mkfifo', [path]))],
    ['a sparse file of 4 TB', (path) => truncateSync(path, 4e12)],
  ];

  it.each(SWAPS)('that was swapped for %s is none', async (_, swap) => {
    const { library, path, dir } = await withPicture();
    swap(path);
    expect(await library.has(KEPT)).toBe(false);
    expect(await library.read(KEPT)).toBeUndefined();
    // Another process finds the same.
    expect(await open(dir).library.has(KEPT)).toBe(false);
  });

  it.each(SWAPS.filter(([what]) => what !== 'a folder'))(
    'that was swapped for %s is written again',
    async (_, swap) => {
      const { library, path } = await withPicture();
      swap(path);
      await library.put(picture, 'image/png');
      expect(lstatSync(path).isFile()).toBe(true);
      expect(await library.read(KEPT)).toEqual(picture);
      expect(statSync(path).mode & 0o777).toBe(0o600);
    },
  );

  it('that was swapped for a folder stays none, and the next picture is kept', async () => {
    const { library, path, dir } = await withPicture();
    rmSync(path);
    mkdirSync(path);
    await expect(library.put(picture, 'image/png')).rejects.toMatchObject({
      reason: `nothing can be written to ${dir} (EISDIR)`,
    });
    expect(await library.obstacle()).toContain('EISDIR');
    await library.put(other, 'image/png');
    expect(await library.obstacle()).toBeUndefined();
  });

  it.skipIf(!canMakeDevices())('that was swapped for a device without end is none (needs root)', async () => {
    const { library, path } = await withPicture();
    rmSync(path);
    execFileSync('mknod', [path, 'c', '1', '5']);
    expect(await library.has(KEPT)).toBe(false);
    expect(await library.read(KEPT)).toBeUndefined();
  });

  it('that is larger than any download is none, whatever it holds', async () => {
    const { library, dir } = await withPicture();
    const large = Buffer.alloc((64 << 20) + 1);
    const kept = { sha256: sha256Of(large), type: 'image/png' };
    writeFileSync(join(dir, nameOf(kept)), large);
    expect(await library.has(kept)).toBe(false);
  });

  it('is read once for each change, and made young when it is put again', async () => {
    const { library, path } = await withPicture();
    utimesSync(path, 1_000, 1_000);
    await library.put(picture, 'image/png');
    expect(Date.now() - statSync(path).mtimeMs).toBeLessThan(600_000);
    expect(library.written()).toBe(picture.length);
  });

  it('may be put by many at once', async () => {
    const { dir } = open();
    const libraries = Array.from({ length: 8 }, () => open(dir).library);
    await Promise.all(libraries.map((library) => library.put(picture, 'image/png')));
    expect(readdirSync(dir)).toEqual([nameOf(KEPT)]);
  });
});

describe('what cannot be kept', () => {
  it('is what is larger than all of the library, or than any download', async () => {
    const { dir, library } = open();
    await expect(
      createFolderLibrary({ dir, maxBytes: 5, minFree: 0 }).put(picture, 'image/png'),
    ).rejects.toMatchObject({ reason: 'it is larger than 0 MB' });
    await expect(library.put(Buffer.alloc((64 << 20) + 1), 'image/png')).rejects.toMatchObject({
      reason: 'it is larger than 67 MB',
    });
    expect(existsSync(dir)).toBe(false);
    expect(await library.obstacle()).toBeUndefined();
  });

  it('is anything while too little of the disk is free, but what is there counts as kept', async () => {
    const { dir, library } = await withPicture();
    const narrow = open(dir, 1e18).library;
    const reason = `less than 1000000000 GB of the disk of ${dir} is free`;
    await expect(narrow.put(other, 'image/png')).rejects.toMatchObject({ reason });
    expect(await narrow.obstacle()).toBe(reason);
    expect(readdirSync(dir)).toEqual([nameOf(KEPT)]);
    expect(await narrow.put(picture, 'image/png')).toBe(KEPT.sha256);
    expect(await library.obstacle()).toBeUndefined();
  });

  it('is kept again once the folder is back, whoever removed it', async () => {
    const { dir, library, path } = await withPicture();
    rmSync(dir, { recursive: true });
    expect(await library.has(KEPT)).toBe(false);
    await library.put(picture, 'image/png');
    expect(readFileSync(path)).toEqual(picture);
    rmSync(dir, { recursive: true });
    writeFileSync(dir, '');
    await expect(library.put(other, 'image/png')).rejects.toMatchObject({
      reason: expect.stringMatching(/^nothing can be written to .* \((EEXIST|ENOTDIR)\)$/),
    });
    rmSync(dir);
    // The failure is over as soon as something is kept.
    await library.put(other, 'image/png');
    expect(await library.obstacle()).toBeUndefined();
  });

  it('is kept all the same where the folder goes while it is written', async () => {
    const { dir, library, path } = open();
    let syncs = 0;
    await beforeSync(async () => {
      syncs += 1;
      if (syncs === 1) rmSync(dir, { recursive: true });
    });
    await library.put(picture, 'image/png');
    expect(syncs).toBe(2);
    expect(readFileSync(path)).toEqual(picture);
  });

  it.skipIf(process.getuid?.() === 0)('is anything in a folder that may only be read', async () => {
    const { dir, library, path } = await withPicture();
    chmodSync(path, 0);
    expect(await open(dir).library.has(KEPT)).toBe(false);
    chmodSync(dir, 0o500);
    await expect(library.put(other, 'image/png')).rejects.toMatchObject({
      reason: expect.stringContaining('EACCES'),
    });
    expect(await library.obstacle()).toContain('EACCES');
    chmodSync(dir, 0o700);
  });

  it.skipIf(!canFillDisks())(
    'is anything on a full disk (needs root on Linux): nothing half is left',
    async () => {
      const disk = smallDisk();
      const { dir, library } = open(join(disk.dataDir, 'library'));
      await library.put(picture, 'image/png');
      disk.fill();
      await expect(library.put(Buffer.alloc(9_000, 1), 'image/png')).rejects.toMatchObject({
        reason: `nothing can be written to ${dir} (ENOSPC)`,
      });
      expect(await library.obstacle()).toContain('ENOSPC');
      expect(readdirSync(dir)).toEqual([nameOf(KEPT)]);
      expect(await library.has(KEPT)).toBe(true);
      disk.free();
      await library.put(Buffer.alloc(9_000, 1), 'image/png');
      expect(await library.obstacle()).toBeUndefined();
    },
  );

  it.skipIf(!canFillDisks())(
    'is anything on a disk that may only be read (needs root on Linux)',
    async () => {
      const disk = smallDisk();
      const { dir, library } = open(join(disk.dataDir, 'library'));
      await library.put(picture, 'image/png');
      const remount = (how: string) =>
        execFileSync('mount', ['-o', `remount,${how}`, join(disk.dataDir, '..')]);
      remount('ro');
      await expect(library.put(other, 'image/png')).rejects.toMatchObject({
        reason: `nothing can be written to ${dir} (EROFS)`,
      });
      expect(await open(dir).library.obstacle()).toBe(`nothing can be written to ${dir} (EROFS)`);
      expect(await library.has(KEPT)).toBe(true);
      remount('rw');
    },
  );
});

describe('a hostile record', () => {
  const record = (originals: unknown) =>
    readJob({
      model: 'a/b',
      input: {},
      state: 'succeeded',
      submitted_at: '2026-01-01T00:00:00.000Z',
      request_id: 'r',
      originals,
    });
  const good = { sha256: KEPT.sha256, type: 'image/png', bytes: 1 };

  it.each([
    ['a path', { ...good, sha256: '../../../../etc/passwd' }],
    ['a path as long as a hash', { ...good, sha256: '../'.repeat(22).slice(0, 64) }],
    ['a hash and a line end', { ...good, sha256: `${KEPT.sha256}\n` }],
    ['capitals', { ...good, sha256: KEPT.sha256.toUpperCase() }],
    ['a thumbnail that is a path', { ...good, thumbnail: '../../x' }],
    ['no number of bytes', { ...good, bytes: 'many' }],
    ['nothing', {}],
  ])('that names %s loses that field, and nothing else', (_, original) => {
    expect(record([original])).toEqual({
      model: 'a/b',
      input: {},
      state: 'succeeded',
      submitted_at: '2026-01-01T00:00:00.000Z',
      request_id: 'r',
    });
  });

  it.each(['../../x', 'image/../../x', '/etc/passwd', 'image/png\0', '__proto__', 'constructor', ''])(
    'that names the type %j escapes nowhere',
    async (type) => {
      const { dir, library } = await withPicture();
      const [original] = record([{ ...good, type }])?.originals ?? [];
      expect(nameOf(original as typeof KEPT)).toBe(`${KEPT.sha256}.bin`);
      expect(await library.has(original as typeof KEPT)).toBe(false);
      await library.put(picture, type);
      expect(readdirSync(dir).sort()).toEqual([`${KEPT.sha256}.bin`, `${KEPT.sha256}.png`]);
    },
  );
});

/** What keeps the originals of one job in a library. */
async function keeper(library: Library, store: Partial<Parameters<typeof createOriginals>[0]['store']>) {
  const data = await plain(8, 8).png().toBuffer();
  const job: Job = {
    model: 'a/b',
    input: {},
    state: 'succeeded',
    request_id: 'r',
    urls: ['https://a.example'],
  };
  const stored = { id: '1', revision: 1, fingerprint: '', job };
  const originals = createOriginals({
    library,
    store: { byRequestId: async () => stored, update: async () => stored, ...store },
    download: async () => Promise.reject(new Error('not needed')),
    downloadTo: async () => Promise.reject(new Error('not needed')),
    ended: new AbortController().signal,
    log: createLog('silent', String),
  });
  const keep = (rendering: Rendering) => originals.keep({ job, index: 0 }, { type: 'png', data }, rendering);
  return { job, stored, originals, keep };
}

it('what was removed between its file and its record is put again', async () => {
  const { dir, library } = open();
  let recorded: Job | undefined;
  const { job, stored, originals, keep } = await keeper(library, {
    async update(_, change) {
      // A process that was frozen since it put the file: another one took it for a leftover meanwhile.
      rmSync(dir, { recursive: true });
      recorded = change(stored.job);
      return stored;
    },
  });
  expect(await keep(Promise.resolve(undefined))).toBe(true);
  expect(await originals.kept({ job: recorded ?? job, index: 0 })).toBeDefined();
});

it('a picture that turns out to be damaged before its record is found does not end the process', async () => {
  const { keep } = await keeper(open().library, {
    async byRequestId() {
      await setTimeout(20);
      return undefined;
    },
  });
  expect(await keep(Promise.reject(new Error('damaged')))).toBe(false);
});
