import { execFileSync } from 'node:child_process';
import {
  lutimesSync,
  mkdirSync,
  readdirSync,
  rmSync,
  statSync,
  symlinkSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { removeFile } from '../../src/images/library/folder/files.ts';
import { createFolderLibrary } from '../../src/images/library/folder/folder-library.ts';
import { sha256Of } from '../../src/images/library/library.ts';
import { createTidy } from '../../src/images/library/tidy.ts';
import type { Job, Original } from '../../src/jobs/job.ts';
import type { Query, StoredJob } from '../../src/jobs/store.ts';
import { createLog } from '../../src/log.ts';
import { freshDataDir } from '../support/program.ts';

const NOW = Date.parse('2026-06-01T00:00:00Z');
const MINUTE = 60_000;
const SIZE = 100;

/** A library with files of 100 bytes each, named by what they hold, and the records of jobs. */
function scene(maxBytes?: number) {
  const dir = freshDataDir();
  mkdirSync(dir, { recursive: true });
  const jobs: Job[] = [];
  const log: string[] = [];
  const names = new Map<string, string>();
  let readings = 0;
  let hasNewer = false;
  let whenRead: (count: number) => unknown = () => {};
  const end = new AbortController();

  const contentOf = (text: string) => Buffer.from(text.padEnd(SIZE));
  const nameOf = (text: string, extension = 'png') => `${sha256Of(contentOf(text))}.${extension}`;

  function put(name: string, minutesAgo: number, content: string | Buffer = '') {
    writeFileSync(join(dir, name), content);
    const at = (NOW - minutesAgo * MINUTE) / 1000;
    utimesSync(join(dir, name), at, at);
  }

  const library = createFolderLibrary({ dir, maxBytes: maxBytes ?? 1e9, minFree: 0 });
  const startTidy = (
    given: { written?: () => number; skew?: () => Promise<number> } = {},
    most: number | undefined = maxBytes,
  ) =>
    createTidy({
      library: { ...library, ...given },
      maxBytes: most,
      store: {
        async *newest({ onIgnored = () => {} }: Query = {}) {
          readings += 1;
          if (hasNewer) onIgnored();
          for (const [index, job] of jobs.entries()) {
            await whenRead(index);
            yield { id: `${index}`, revision: 1, fingerprint: '', job } satisfies StoredJob;
          }
        },
      },
      clock: { now: () => NOW, sleep: async () => {} },
      log: createLog('debug', String, (line) => void log.push(line)),
      ended: end.signal,
    });

  return {
    ...{ dir, jobs, log, put, nameOf, contentOf, library, startTidy, end },
    tidy: startTidy(),
    readings: () => readings,
    addNewer() {
      hasNewer = true;
    },
    onRead(act: (count: number) => unknown) {
      whenRead = act;
    },
    /** A file that a text names. */
    file(text: string, minutesAgo: number, extension = 'png') {
      names.set(nameOf(text, extension), text);
      put(nameOf(text, extension), minutesAgo, contentOf(text));
    },
    /** A job with these originals, `picture` or `picture/thumbnail`. */
    job(isAnswered: boolean, ...originals: string[]) {
      const asOriginal = (text: string): Original => {
        const [picture = '', thumbnail] = text.split('/');
        const sha256 = sha256Of(contentOf(picture));
        const small = thumbnail === undefined ? {} : { thumbnail: sha256Of(contentOf(thumbnail)) };
        return { sha256, type: 'image/png', bytes: SIZE, ...small };
      };
      const delivered = isAnswered ? { delivered_at: '2026-01-01T00:00:00Z' } : {};
      jobs.push({
        model: 'm',
        input: {},
        state: 'succeeded',
        originals: originals.map(asOriginal),
        ...delivered,
      });
    },
    left: () =>
      readdirSync(dir)
        .map((name) => names.get(name) ?? name)
        .sort(),
  };
}

describe('tidying removes', () => {
  it('what no record names, once it is an hour old', async () => {
    const { tidy, file, job, left } = scene();
    file('named', 600);
    file('small', 600, 'jpg');
    file('orphan', 61);
    file('young', 59);
    job(true, 'named/small');
    await tidy.clean();
    expect(left()).toEqual(['named', 'small', 'young']);
  });

  it('nothing that is young by the clock of a file server, however far ahead ours is', async () => {
    const { startTidy, file, job, left } = scene();
    file('old', 181);
    file('young', 179);
    job(true);
    await startTidy({ skew: async () => -120 * MINUTE }).clean();
    expect(left()).toEqual(['young']);
  });

  it('what dead writers left, once it is an hour old', async () => {
    const { tidy, put, job, nameOf, left } = scene();
    const temporary = (id: string, of = nameOf('a')) => `.${of}.00000000-0000-0000-0000-00000000000${id}.tmp`;
    job(true, 'a');
    put(temporary('1'), 61);
    put(temporary('2'), 59);
    put(temporary('3', 'new'), 61);
    put(temporary('4', 'new'), 59);
    await tidy.clean();
    expect(left()).toEqual([temporary('2'), temporary('4', 'new')]);
  });

  it('what is so large that nothing reads it, though a record names it', async () => {
    const { tidy, dir, job, nameOf, put, left } = scene(1_000);
    job(false, 'a');
    put(nameOf('a'), 0);
    truncateSync(join(dir, nameOf('a')), 4e12);
    utimesSync(join(dir, nameOf('a')), 1, 1);
    await tidy.clean();
    expect(left()).toEqual([]);
  });

  it('nothing that is not its own', async () => {
    const { tidy, dir, put, nameOf, left } = scene(1);
    const foreign = ['notes.txt', `${nameOf('a')}.bak`, `x${nameOf('a')}`, 'a.png', '.a.tmp'];
    for (const name of foreign) put(name, 600, 'mine');
    mkdirSync(join(dir, nameOf('folder')));
    symlinkSync('/etc/passwd', join(dir, nameOf('link')));
    execFileSync('mkfifo', [join(dir, nameOf('pipe'))]);
    for (const text of ['folder', 'link', 'pipe']) lutimesSync(join(dir, nameOf(text)), 1, 1);
    const before = left();
    await tidy.clean();
    expect(left()).toEqual(before);
  });

  it('nothing at all if a record cannot be read', async () => {
    const { tidy, file, job, left, log, onRead } = scene(SIZE);
    for (const text of ['a', 'b', 'orphan']) file(text, 600);
    job(true, 'a');
    job(true, 'b');
    onRead((count) => {
      if (count === 1) throw new Error('the disk is away');
    });
    await tidy.clean();
    expect(left()).toEqual(['a', 'b', 'orphan']);
    expect(log.join('')).toContain('cannot tidy the library: the disk is away');
    onRead(() => {});
    await tidy.clean();
    expect(left()).toEqual([]);
  });

  it('only what its records name, where others are from a newer version of this program', async () => {
    const { tidy, file, put, job, nameOf, left, addNewer } = scene(SIZE);
    for (const text of ['a', 'b', 'of a newer record']) file(text, 600);
    put(`.${nameOf('c')}.00000000-0000-0000-0000-000000000000.tmp`, 600);
    job(true, 'a');
    job(false, 'b');
    addNewer();
    await tidy.clean();
    expect(left()).toEqual(['b', 'of a newer record']);
  });

  it('nothing more once the process ends', async () => {
    const { tidy, file, left, end, job, onRead } = scene();
    file('orphan', 600);
    job(true);
    onRead(() => end.abort());
    await tidy.clean();
    expect(left()).toEqual(['orphan']);
  });
});

it('a record of ten thousand originals protects what it names, and nothing else', async () => {
  const { tidy, file, job, left } = scene(1);
  file('p9999', 600);
  file('orphan', 600);
  job(false, ...Array.from({ length: 10_000 }, (_, index) => `p${index}/s${index}`));
  await tidy.clean();
  expect(left()).toEqual(['p9999']);
});

describe('beyond the limit', () => {
  it('the oldest originals go, down to nine tenths of it', async () => {
    const { tidy, file, job, left } = scene(10 * SIZE);
    for (let index = 0; index < 12; index++) {
      file(`p${String(index).padStart(2, '0')}`, 1_000 - index);
      job(true, `p${String(index).padStart(2, '0')}`);
    }
    await tidy.clean();
    expect(left()).toEqual(Array.from({ length: 9 }, (_, index) => `p${String(index + 3).padStart(2, '0')}`));
  });

  it('thumbnails go after all originals', async () => {
    const { tidy, file, job, left } = scene(2 * SIZE);
    for (const text of ['a', 'b']) file(text, 100);
    file('s1', 600, 'jpg');
    file('s2', 500, 'jpg');
    job(true, 'a/s1', 'b/s2');
    await tidy.clean();
    expect(left()).toEqual(['s2']);
    expect(await tidy.clean()).toBeUndefined();
    expect(left()).toEqual(['s2']);
  });

  it('what is a favourite goes last, its original before its thumbnail', async () => {
    const { startTidy, file, job, jobs, left } = scene();
    file('liked', 900);
    file('liked small', 900, 'jpg');
    file('usual', 100);
    file('usual small', 100, 'jpg');
    // What two jobs have is a favourite if it is of one of them.
    job(true, 'liked/liked small');
    jobs.push({ ...(jobs.pop() as Job), favourite: true });
    job(true, 'usual/usual small');
    job(true, 'liked');
    const leftWithin = async (maxBytes: number) => {
      await startTidy({}, maxBytes).clean();
      return left();
    };
    expect(await leftWithin(4 * SIZE - 1)).toEqual(['liked', 'liked small', 'usual small']);
    expect(await leftWithin(3 * SIZE - 1)).toEqual(['liked', 'liked small']);
    expect(await leftWithin(2 * SIZE - 1)).toEqual(['liked small']);
    expect(await leftWithin(SIZE - 1)).toEqual([]);
  });

  it('nothing goes of a job that nobody was answered with', async () => {
    const { tidy, file, job, left } = scene(SIZE);
    for (const text of ['unanswered', 'shared', 'answered']) file(text, 600);
    file('small', 600, 'jpg');
    job(true, 'answered', 'shared');
    job(false, 'unanswered/small', 'shared');
    job(true, 'shared');
    await tidy.clean();
    expect(left()).toEqual(['shared', 'small', 'unanswered']);
  });

  it('an original that is the thumbnail of another counts as an original', async () => {
    const { tidy, file, job, jobs, left, contentOf } = scene(2 * SIZE);
    file('both', 600, 'jpg');
    file('small', 900, 'jpg');
    file('a', 100);
    job(true, 'a/both', 'gone/small');
    const both = { sha256: sha256Of(contentOf('both')), type: 'image/jpeg', bytes: SIZE };
    // Whichever record comes first.
    jobs.unshift({ ...(jobs[0] as Job), originals: [both] });
    await tidy.clean();
    expect(left()).toEqual(['small']);
  });

  it('nothing goes where there is no limit, as nothing is kept any more', async () => {
    const { tidy, file, job, left } = scene();
    file('a', 600);
    job(true, 'a');
    await tidy.clean();
    expect(left()).toEqual(['a']);
  });
});

describe('who keeps the same picture at that moment', () => {
  it('keeps it: a file that was put again since it was listed stays', async () => {
    const { tidy, file, job, left, library, contentOf, onRead } = scene();
    file('a', 600);
    job(true);
    onRead(() => library.put(contentOf('a'), 'image/png'));
    await tidy.clean();
    expect(left()).toEqual(['a']);
  });

  it('writes it again if it is gone', async () => {
    const { dir, library, contentOf, nameOf, left, file } = scene();
    file('a', 600);
    const kept = { sha256: sha256Of(contentOf('a')), type: 'image/png' };
    expect(await library.has(kept)).toBe(true);
    await removeFile(dir, { id: nameOf('a'), keptAt: statSync(join(dir, nameOf('a'))).mtimeMs });
    await library.put(contentOf('a'), 'image/png');
    expect(left()).toEqual(['a']);
  });
});

describe('passes', () => {
  it('are made only when what was put could be too much', async () => {
    const { startTidy, job, file, left, readings } = scene(10 * SIZE);
    let written = 0;
    const tidy = startTidy({ written: () => written });
    for (let index = 0; index < 8; index++) file(`p${index}`, 1_000 - index);
    job(true, ...Array.from({ length: 20 }, (_, index) => `p${index}`));
    await tidy.limit();
    expect(readings()).toBe(0);
    const keep = async (text: string) => {
      file(text, 10);
      written += SIZE;
      await tidy.limit();
    };
    // What is there is listed once, and the records are read only when it is too much.
    await keep('p8');
    await keep('p9');
    expect(readings()).toBe(0);
    await keep('pa');
    expect(readings()).toBe(1);
    expect(left()).not.toContain('p0');
  });

  it('are not made for each picture where the limit cannot be held', async () => {
    const { startTidy, job, file, readings } = scene(100 * SIZE);
    let written = 0;
    const tidy = startTidy({ written: () => written });
    for (let index = 0; index < 130; index++) file(`p${index}`, 10);
    job(false, ...Array.from({ length: 200 }, (_, index) => `p${index}`));
    for (let index = 0; index < 20; index++) {
      written += SIZE;
      await tidy.limit();
    }
    expect(readings()).toBe(2);
  });

  it('of several that fill one library keep it within a tenth each', async () => {
    const { startTidy, job, file, left } = scene(100 * SIZE);
    const names = Array.from({ length: 160 }, (_, index) => `p${String(index).padStart(3, '0')}`);
    job(true, ...names);
    const written = [0, 0];
    const tidies = written.map((_, one) => startTidy({ written: () => written[one] as number }));
    let most = 0;
    for (const [index, name] of names.entries()) {
      const one = index % 2;
      file(name, 1_000 - index);
      written[one] = (written[one] as number) + SIZE;
      await tidies[one]?.limit();
      most = Math.max(most, left().length);
    }
    expect(most).toBeGreaterThan(100);
    expect(most).toBeLessThanOrEqual(120);
  });

  it('are one at a time, and those that are asked for meanwhile are one', async () => {
    const { tidy, job, file, readings, onRead } = scene();
    file('a', 1);
    job(true, 'a');
    let open = 0;
    let most = 0;
    onRead(async () => {
      open += 1;
      most = Math.max(most, open);
      await new Promise(setImmediate);
      open -= 1;
    });
    await Promise.all(Array.from({ length: 50 }, () => tidy.clean()));
    expect([readings(), most]).toEqual([2, 1]);
  });

  it('of two processes at once remove what one would', async () => {
    const { startTidy, job, file, left, log } = scene(20 * SIZE);
    const names = Array.from({ length: 40 }, (_, index) => `p${String(index).padStart(2, '0')}`);
    for (const [index, name] of names.entries()) file(name, 1_000 - index);
    for (let index = 0; index < 30; index++) file(`orphan${index}`, 1_000);
    job(true, ...names);
    await Promise.all([startTidy().clean(), startTidy().clean(), startTidy().clean()]);
    expect(left()).toEqual(names.slice(-18));
    expect(log.join('')).not.toContain('cannot tidy');
  });

  it('of a library that is not there do nothing', async () => {
    const { tidy, dir, log, readings } = scene();
    rmSync(dir, { recursive: true });
    await tidy.clean();
    expect([log, readings()]).toEqual([[], 0]);
  });
});
