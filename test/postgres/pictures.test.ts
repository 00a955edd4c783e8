import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { sha256Of } from '../../src/images/library/library.ts';
import { createOriginals } from '../../src/images/library/originals.ts';
import type { Job } from '../../src/jobs/job.ts';
import { createLog } from '../../src/log.ts';
import { openDatabase } from '../../src/stores/postgres/database.ts';
import { createPictureTables } from '../../src/stores/postgres/pictures.ts';
import { clock } from '../stores/backends.ts';
import { conformsAsLibrary, type SharedPlace } from '../support/library-suite.ts';
import { freshDataDir } from '../support/program.ts';
import { open } from './support/backend.ts';
import { freshTables } from './support/database.ts';

const ACCOUNT = 'c'.repeat(32);
const type = 'image/png';
// In bytes: five pieces.
const data = Buffer.alloc(5 << 19, 'picture');
const KEPT = { sha256: sha256Of(data), type };
const NAME = `${KEPT.sha256}.png`;

/** A database with its tables, and what replicas and its administrator have of it. */
async function sharedTable(): Promise<SharedPlace & { url: string; admin: postgres.Sql }> {
  const url = await freshTables();
  const admin = postgres(url, { max: 2, prepare: false, onnotice: () => {} });
  onTestFinished(() => admin.end({ timeout: 0 }));
  return {
    url,
    admin,
    open: async (account = ACCOUNT, maxBytes = 1e9) =>
      createPictureTables(await open(url), clock).open(account, maxBytes),
    async age(name, ms) {
      await admin`UPDATE runcomfy_images.pictures
        SET kept_at = kept_at - ${ms} * interval '1 millisecond' WHERE name = ${name}`;
    },
    async damage(name) {
      await admin`UPDATE runcomfy_images.picture_pieces SET data = set_byte(data, 5, 255 - get_byte(data, 5))
        WHERE number = 1 AND picture_id IN (SELECT id FROM runcomfy_images.pictures WHERE name = ${name})`;
    },
    async leaveHalf(ms) {
      await admin`INSERT INTO runcomfy_images.pictures (account, name, kept_at)
        VALUES (${ACCOUNT}, ${NAME}, now() - ${ms} * interval '1 millisecond')`;
    },
  };
}

/** Lets nobody read or write what pictures hold, until it is called. */
async function lockPieces(admin: postgres.Sql): Promise<() => Promise<void>> {
  let unlock = () => {};
  const isUnlocked = new Promise<void>((resolve) => {
    unlock = resolve;
  });
  let ended: Promise<unknown> = Promise.resolve();
  await new Promise<void>((resolve, reject) => {
    ended = admin.begin(async (tx) => {
      await tx`LOCK TABLE runcomfy_images.picture_pieces IN ACCESS EXCLUSIVE MODE`;
      resolve();
      await isUnlocked;
    });
    ended.catch(reject);
  });
  return async () => {
    unlock();
    await ended;
  };
}

/** How many connections wait for a lock. */
const waiting = async (admin: postgres.Sql): Promise<number> => {
  const [row] = await admin`SELECT count(*)::integer AS count FROM pg_stat_activity
    WHERE wait_event_type = 'Lock' AND datname = current_database()`;
  return row?.count;
};

describe('tables that replicas share', () => {
  conformsAsLibrary(sharedTable);
});

describe('a picture in a table', () => {
  it('lies in pieces of 512 KiB, so that no statement carries more', async () => {
    const { admin, ...place } = await sharedTable();
    await (await place.open()).put(data, type);
    const rows =
      await admin`SELECT octet_length(data) AS bytes FROM runcomfy_images.picture_pieces ORDER BY number`;
    expect(rows.map(({ bytes }) => bytes)).toEqual([1, 1, 1, 1, 1].map((one) => one << 19));
  });

  it('takes its pieces with it when it goes', async () => {
    const { admin, ...place } = await sharedTable();
    const library = await place.open();
    await library.put(data, type);
    for (const listed of await library.list()) await library.remove(listed);
    expect(await admin`SELECT FROM runcomfy_images.picture_pieces`).toHaveLength(0);
  });

  it('that is not finished is read by nobody', async () => {
    const place = await sharedTable();
    await place.leaveHalf(0);
    const library = await place.open();
    expect([await library.has(KEPT), await library.open(KEPT)]).toEqual([false, undefined]);
    await library.put(data, type);
    expect(await library.has(KEPT)).toBe(true);
    // Its writer may be about to finish it.
    expect((await library.list()).map(({ name }) => name)).toContain(undefined);
  });

  it('is asked for by its account in every statement', () => {
    const text = readFileSync(join(import.meta.dirname, '../../src/stores/postgres/picture-rows.ts'), 'utf8');
    const statements = text
      .split(/\bsql(?:<[^`]*>)?`/)
      .slice(1)
      .map((rest) => rest.split('`', 1)[0]);
    expect(statements).toHaveLength(12);
    const without = statements.filter(
      (one) => !/account = \$\{account\}|\(account, name\)\s+VALUES \(\$\{account\}/.test(one ?? ''),
    );
    expect(without).toEqual([expect.stringContaining('clock_timestamp()')]);
  });

  it.each([
    [
      'removed',
      async (place: SharedPlace) => {
        const other = await place.open();
        for (const listed of await other.list()) await other.remove(listed);
      },
    ],
    ['damaged', (place: SharedPlace) => place.damage(NAME)],
  ])('that is %s while it is read never ends as if it were whole', async (_, spoil) => {
    const place = await sharedTable();
    const library = await place.open();
    await library.put(data, type);
    const opened = await library.open(KEPT);
    await spoil(place);
    let bytes = 0;
    const reading = async () => {
      for await (const piece of opened?.content() ?? []) bytes += piece.length;
    };
    await expect(reading()).rejects.toMatchObject({ reason: expect.any(String) });
    expect(bytes).toBeLessThan(data.length);
    expect(await library.read(KEPT)).toBeUndefined();
  });

  it('that is damaged is copied from its link, and nothing of it is left', async () => {
    const place = await sharedTable();
    const library = await place.open();
    await library.put(data, type);
    await place.damage(NAME);
    const original = { ...KEPT, bytes: data.length };
    const job: Job = {
      model: 'a/b',
      input: {},
      state: 'succeeded',
      urls: ['https://a.example'],
      originals: [original],
    };
    const path = freshDataDir().replace(/data$/, 'copy');
    const originals = createOriginals({
      library,
      store: { byRequestId: async () => undefined, update: async () => undefined },
      download: async () => Promise.reject(new Error('not needed')),
      downloadTo: async (file) => {
        expect(() => readFileSync(file.path)).toThrow('ENOENT');
        return { type: 'from its link', bytes: 1, sha256: '' };
      },
      ended: new AbortController().signal,
      log: createLog('silent', String),
    });
    const file = { path, mode: 0o600 };
    const copied = await originals.copyTo({ job, index: 0 }, file, new AbortController().signal);
    expect(copied.type).toBe('from its link');
  });

  it('whose writer was frozen until it was taken for a leftover is said not to be kept', async () => {
    const { admin, ...place } = await sharedTable();
    const library = await place.open();
    const unlock = await lockPieces(admin);
    const putting = library.put(data, type);
    putting.catch(() => {});
    await expect.poll(() => waiting(admin)).toBe(1);
    // As if it were removed: a DELETE would wait for the lock on its pieces.
    await admin`UPDATE runcomfy_images.pictures SET account = 'gone'`;
    await unlock();
    await expect(putting).rejects.toMatchObject({ reason: 'it was removed while it was written' });
    expect(await library.has(KEPT)).toBe(false);
    await library.put(data, type);
    expect(await library.obstacle()).toBeUndefined();
  });
});

describe('a database that does not answer', () => {
  it('gives pictures two connections and no more, however many ask and give up', async () => {
    const { admin, url, ...place } = await sharedTable();
    await (await place.open()).put(data, type);
    let isLocked = true;
    // Whoever waits for a lock soon gives up.
    const impatient: Clock = {
      now: systemClock.now,
      sleep: (ms, signal) => systemClock.sleep(isLocked ? ms / 50 : ms, signal),
    };
    const database = await openDatabase(url, { clock: impatient, random: Math.random });
    onTestFinished(() => database.close());
    const library = createPictureTables(database, impatient).open(ACCOUNT, 1e9);
    const unlock = await lockPieces(admin);
    for (let round = 0; round < 3; round++) {
      const reads = Array.from({ length: 6 }, () => library.read(KEPT));
      expect(await Promise.all(reads)).toEqual(Array.from({ length: 6 }, () => undefined));
    }
    expect(await waiting(admin)).toBeLessThanOrEqual(2);
    isLocked = false;
    await unlock();
    expect((await library.read(KEPT))?.equals(data)).toBe(true);
  });

  it('fails no look at a picture, and says why nothing is kept', async () => {
    const { admin, ...place } = await sharedTable();
    const library = await place.open();
    await library.put(data, type);
    await admin`DROP TABLE runcomfy_images.pictures CASCADE`;
    expect([await library.has(KEPT), await library.read(KEPT)]).toEqual([false, undefined]);
    await expect(library.open(KEPT)).rejects.toThrow();
    const reason = 'the database cannot be used (42P01)';
    await expect(library.put(data, type)).rejects.toMatchObject({ reason });
    expect(await library.obstacle()).toBe(reason);
  });
});
