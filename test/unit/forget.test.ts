import { mkdirSync, readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { createFolderLibrary } from '../../src/images/library/folder/folder-library.ts';
import { createForget } from '../../src/images/library/forget.ts';
import { type Library, nameOf, sha256Of } from '../../src/images/library/library.ts';
import { createOriginals } from '../../src/images/library/originals.ts';
import { renderPreview } from '../../src/images/preview.ts';
import { createCalls } from '../../src/jobs/calls.ts';
import type { Original } from '../../src/jobs/job.ts';
import type { StoredJob } from '../../src/jobs/store.ts';
import { createLog } from '../../src/log.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { plain } from '../support/images.ts';
import { freshDataDir, testClock } from '../support/program.ts';

const data = await plain(64, 48).png().toBuffer();
const VIDEO = Buffer.from('a video');
const PICTURE: Original = { sha256: sha256Of(data), type: 'image/png', bytes: data.length };

/** A library, and a store of which jobs can be deleted as the user does. */
function scene() {
  const dir = freshDataDir();
  mkdirSync(dir, { recursive: true });
  const lines: string[] = [];
  const log = createLog('debug', String, (line) => void lines.push(line));
  const clock = testClock();
  const account = { tenant: 'local', api: 'https://api.example' };
  const store = createMemoryStore({ account, openCalls: createCalls(), clock });
  const library = createFolderLibrary({ dir, maxBytes: 1e9, minFree: 0 });
  const forget = createForget({ library, store, log });
  let count = 0;

  async function job(kind: 'image' | 'video' = 'image', originals: Original[] = []): Promise<StoredJob> {
    const nth = String(count++);
    const submitted_at = new Date(clock.now() - 60_000).toISOString();
    const [reserved] = await store.reserve(
      [{ fingerprint: 'f', job: { model: 'a/b', input: {}, state: 'reserved', submitted_at } }],
      nth,
    );
    const sent = await store.maySubmit(reserved?.id ?? '', nth);
    await store.accepted(sent as StoredJob, `r${nth}`);
    const made = { state: 'succeeded', urls: ['https://a.example'], kinds: [kind] } as const;
    await store.update(reserved?.id ?? '', (now) => ({
      ...{ ...now, ...made, urls: [...made.urls], kinds: [...made.kinds] },
      ...(originals.length > 0 && { originals }),
    }));
    await store.release(reserved?.id ?? '', nth, submitted_at);
    return (await store.byRequestId(`r${nth}`)) as StoredJob;
  }

  async function erase({ id }: StoredJob): Promise<void> {
    await forget((await store.delete(id))?.originals);
  }

  /** Keeps the output of a job, with a library in which something happens. */
  async function keep(
    { job }: StoredJob,
    changed: Partial<Library> = {},
    update = store.update,
  ): Promise<boolean> {
    const originals = createOriginals({
      ...{ library: { ...library, ...changed }, store: { ...store, update }, forget, log },
      download: async () => ({ type: 'png', data }),
      downloadTo: async ({ path, mode }) => {
        writeFileSync(path, VIDEO, { mode });
        return { type: 'video/mp4', bytes: VIDEO.length, sha256: sha256Of(VIDEO) };
      },
      ended: new AbortController().signal,
    });
    if (job.kinds?.[0] !== 'video')
      return originals.keep({ job, index: 0 }, { type: 'png', data }, renderPreview(data, 'png', 'small'));
    originals.keepLater(job);
    const isPut = await testClock().until(() => lines.includes('put'));
    await originals.settled();
    return isPut;
  }

  return { dir, library, store, forget, log: lines, job, erase, keep, files: () => readdirSync(dir).sort() };
}

describe('a picture that is being kept while its job is deleted', () => {
  it('is removed when that comes before its record', async () => {
    const { library, job, erase, keep, files } = scene();
    const stored = await job();
    const put: Library['put'] = async (...given) => {
      const sha256 = await library.put(...given);
      if (given[1] === 'image/png') await erase(stored);
      return sha256;
    };
    expect(await keep(stored, { put })).toBe(false);
    expect(files()).toEqual([]);
  });

  it('is removed when that comes while it is recorded', async () => {
    const { store, job, erase, keep, files } = scene();
    const stored = await job();
    const update: typeof store.update = async (...given) => {
      await erase(stored);
      return store.update(...given);
    };
    expect(await keep(stored, {}, update)).toBe(false);
    expect(files()).toEqual([]);
  });

  it('is removed, and not put again, when that comes behind its record', async () => {
    const { library, job, erase, keep, files } = scene();
    const stored = await job();
    const has: Library['has'] = async (kept) => {
      await erase(stored);
      return library.has(kept);
    };
    expect(await keep(stored, { has })).toBe(false);
    expect(files()).toEqual([]);
  });

  it('is removed when it is no image', async () => {
    const { library, store, job, erase, keep, files, log } = scene();
    const stored = await job('video');
    const putFile: Library['putFile'] = async (fill) => {
      const file = await library.putFile?.(fill);
      expect(files()).toHaveLength(1);
      await erase(stored);
      log.push('put');
      return file as NonNullable<typeof file>;
    };
    await keep(stored, { putFile });
    expect(files()).toEqual([]);
    expect((await store.byRequestId('r0', { withDeleted: true }))?.job).not.toHaveProperty('originals');
  });

  it('stays for the job that it is kept for', async () => {
    const { job, erase, keep, files } = scene();
    const [one, other] = [await job(), await job()];
    expect(await keep(one)).toBe(true);
    expect(await keep(other)).toBe(true);
    await erase(one);
    expect(files()).toHaveLength(2);
    await erase(other);
    expect(files()).toEqual([]);
  });
});

describe('of a deleted job', () => {
  it('what is put again for another, once it is looked for, stays', async () => {
    const { dir, library, store, job, forget, files, log } = scene();
    await library.put(data, 'image/png');
    utimesSync(join(dir, nameOf(PICTURE)), 1, 1);
    const stored = await job('image', [PICTURE]);
    await store.delete(stored.id);
    const racing = createForget({
      library,
      store: {
        newest: async function* (query) {
          await library.put(data, 'image/png');
          yield* store.newest(query);
        },
      },
      log: createLog('silent', String),
    });
    await racing([PICTURE]);
    expect(files()).toEqual([nameOf(PICTURE)]);
    await forget([PICTURE, null]);
    expect(files()).toEqual([]);
    expect(log).toEqual([]);
  });

  it.each([
    ['a record of a newer version may have', async (onIgnored: () => void) => onIgnored()],
    [
      'the records cannot tell whether another has',
      async () => Promise.reject(new Error('the disk is away')),
    ],
  ])('what %s stays', async (_, onRead) => {
    const { library, files } = scene();
    await library.put(data, 'image/png');
    const lines: string[] = [];
    const forget = createForget({
      library,
      store: {
        async *newest({ onIgnored = () => {} } = {}) {
          await onRead(onIgnored);
        },
      },
      log: createLog('warn', String, (line) => void lines.push(line)),
    });
    await forget([PICTURE]);
    expect(files()).toEqual([nameOf(PICTURE)]);
    expect(lines.join()).toContain('pictures of a deleted job are not removed yet');
  });
});
