import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate as breathe, setTimeout as delay } from 'node:timers/promises';
import type { Account } from '../../account.ts';
import type { StoredJob } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import { createFile, type Link, syncDirectory, unusable } from './disk.ts';
import { createLister, formatName, type Listed } from './names.ts';
import { type Content, createReader, type Found, formatRecord } from './record.ts';

/** What one revision holds and another does not. */
export type Change = Pick<Content, 'job' | 'lease'>;

/** Whether a write has to outlast a power cut, and whether a submit depends on it. */
export type Need = 'before submit' | 'durable' | 'not durable';

export type Records = ReturnType<typeof createRecords>;

const READ_AHEAD = 16;
// After so many records in a row everything else gets its turn.
const MAX_IN_A_ROW = 100;
const MAX_TRIES = 100;
const RETRY_AFTER = 5;

/**
 * The records of an account. Every change creates the next revision exclusively, so that of two writers one has to read
 * again. The highest revision counts; lower ones are deleted, from the lowest up.
 *
 * Deleting frees a name, so a process that was frozen may still create a revision that is long superseded. It is never
 * the highest one. Its writer finds out, as it looks behind each write: a higher revision does not name that write.
 */
export function createRecords(options: {
  dir: string;
  asideDir: string;
  account: Account;
  log: Log;
  link: Link;
}) {
  const { dir, account, link } = options;
  const reader = createReader(options);
  const lister = createLister(dir);
  const { revisionsOf } = lister;

  const turns = new Map<string, Promise<unknown>>();
  let named: string | undefined;
  let count = 0;

  const path = (id: string, revision: number) => join(dir, formatName(id, revision));

  /** The highest revision that can be read. */
  async function highest({ id, revisions }: Listed): Promise<Found | 'gone' | 'passed'> {
    for (const revision of revisions) {
      const found = await reader.read(id, revision, revision === revisions.at(-1));
      if (found !== 'broken') return found;
    }
    return 'passed';
  }

  async function latest(id: string): Promise<(Found & Listed) | undefined> {
    try {
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const listed = { id, revisions: await revisionsOf(id) };
        const found = await highest(listed);
        if (typeof found === 'object') return { ...found, ...listed };
        if (found === 'passed') return undefined;
      }
      return undefined;
    } catch (error) {
      throw unusable(dir, error, 'read');
    }
  }

  async function remove({ id, revisions }: Listed): Promise<void> {
    for (const revision of [...revisions].reverse()) await rm(path(id, revision), { force: true });
  }

  /** Creates the revision above those that were seen; undefined where another writer was faster. */
  async function write(
    { id, revisions: seen }: Listed,
    { job, lease }: Change,
    earlier: Content['writes'],
    need: Need,
    revision = (seen[0] ?? 0) + 1,
  ): Promise<StoredJob | undefined> {
    named ??= randomBytes(4).toString('hex');
    const [writer, own] = [named, ++count];
    const content = { job, ...(lease && { lease }), writes: { ...earlier, [writer]: own } };
    const text = formatRecord(account, content);
    try {
      if (!(await createFile(dir, formatName(id, revision), text, link))) return undefined;
      // What fails leaves no record behind that counts.
      if (need !== 'not durable')
        await syncDirectory(dir).catch(async (error) => {
          await rm(path(id, revision), { force: true }).catch(() => {});
          throw error;
        });
      const revisions = await revisionsOf(id);
      if ((revisions[0] ?? 0) > revision) {
        const now = await latest(id);
        if ((now?.writes[writer] ?? 0) >= own) return now?.stored;
        await rm(path(id, revision), { force: true }).catch(() => {});
        return undefined;
      }
      // The whole record may have been deleted meanwhile. That does no harm but where a submit would follow.
      if (need === 'before submit' && seen[0] !== undefined && !revisions.includes(seen[0])) {
        await rm(path(id, revision), { force: true });
        return undefined;
      }
      // What cannot be deleted now goes with the next change.
      await remove({ id, revisions: revisions.filter((other) => other < revision) }).catch(() => {});
      return reader.keep(id, revision, content, text.length).stored;
    } catch (error) {
      throw unusable(dir, error, 'written', need === 'before submit');
    }
  }

  /** Writes of one record wait for each other, so that the last one of a writer tells of those before. */
  function inTurn<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
    const done = (turns.get(id) ?? Promise.resolve()).then(work);
    const over: Promise<unknown> = done
      .catch(() => {})
      .then(() => turns.get(id) === over && turns.delete(id));
    turns.set(id, over);
    return done;
  }

  async function again(tries: number): Promise<void> {
    if (tries === MAX_TRIES) throw unusable(dir, { code: 'EEXIST' }, 'written');
    if (tries > 2) await delay(RETRY_AFTER);
  }

  return {
    dir,
    /** All records, newest first. */
    async list(): Promise<Listed[]> {
      const listed = await lister.list().catch((error) => {
        throw unusable(dir, error, 'read');
      });
      reader.forgetOthers(listed.map(({ id }) => id));
      return listed;
    },
    latest,
    requestIdOf: reader.requestIdOf,
    /** Makes a record, or finds the one that has its id. */
    create: (id: string, change: Change): Promise<StoredJob> =>
      inTurn(id, async () => {
        await mkdir(dir, { recursive: true, mode: 0o700 }).catch((error) => {
          throw unusable(dir, error, 'written', true);
        });
        const created = await write({ id, revisions: [] }, change, {}, 'before submit');
        const stored = created ?? (await latest(id))?.stored;
        if (!stored) throw unusable(dir, { code: 'EEXIST' }, 'written', true);
        return stored;
      }),
    /** Makes a record again that is gone; undefined where it is not. */
    recreate: ({ id, revision }: StoredJob, change: Change): Promise<StoredJob | undefined> =>
      inTurn(id, () => write({ id, revisions: [] }, change, {}, 'durable', revision + 1)),
    /**
     * Changes a record as it now stands; `alter` runs again where another writer was faster. It returns what it was given
     * where there is nothing to write, and undefined where nothing may be. Undefined where the record is gone, or that.
     */
    change: (id: string, alter: (stored: StoredJob) => Change | undefined, need: Need) =>
      inTurn(id, async (): Promise<StoredJob | undefined> => {
        for (let tries = 0; ; tries++) {
          const now = await latest(id);
          const changed = now && alter(now.stored);
          if (!now || !changed) return undefined;
          if (changed === now.stored) return now.stored;
          const written = await write(now, changed, now.writes, need);
          if (written) return written;
          await again(tries);
        }
      }),
    /** Deletes a record if it is as `may` wants it, whatever is written meanwhile. */
    async discard(id: string, may: (stored: StoredJob) => boolean): Promise<void> {
      for (let tries = 0; ; tries++) {
        const now = await latest(id);
        if (!now || !may(now.stored)) return;
        await remove(now).catch((error) => {
          throw unusable(dir, error, 'written');
        });
        await again(tries);
      }
    },
    /** Deletes what stands under exactly these names. */
    remove,
    /** The jobs of a list, some read ahead. Throws at one that cannot be read, unless it is to `skip` those. */
    async *read(listed: readonly Listed[], skip?: (error: Error) => void): AsyncGenerator<StoredJob> {
      const ahead: Promise<StoredJob | undefined>[] = [];
      for (let next = 0, count = 1; next < listed.length || ahead.length > 0; count++) {
        for (; next < listed.length && ahead.length < READ_AHEAD; next++) {
          const reading = one(listed[next] as Listed);
          // Who stops early does not care.
          reading.catch(() => {});
          ahead.push(reading);
        }
        if (count % MAX_IN_A_ROW === 0) await breathe();
        try {
          const stored = await ahead.shift();
          if (stored) yield stored;
        } catch (error) {
          if (!skip) throw error;
          skip(error as Error);
        }
      }
    },
  };

  async function one(listed: Listed): Promise<StoredJob | undefined> {
    const found = await highest(listed).catch((error) => {
      throw unusable(dir, error, 'read');
    });
    if (found === 'passed') return undefined;
    // It may have changed since it was listed.
    return found === 'gone' ? (await latest(listed.id))?.stored : found.stored;
  }
}
