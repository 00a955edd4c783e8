import { mkdir } from 'node:fs/promises';
import { setImmediate as breathe, setTimeout as delay } from 'node:timers/promises';
import type { Account } from '../../account.ts';
import type { StoredJob } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import { type Link, unusable } from './disk.ts';
import { createLister, type Listed } from './names.ts';
import { createReader } from './record.ts';
import { type Change, createRevisions, type Need } from './revisions.ts';

export type Records = ReturnType<typeof createRecords>;

// So many records are read ahead at first, as who asks for the newest ones soon stops; and so many where all are read.
const [READ_AHEAD, MAX_AHEAD] = [16, 64];
// After so many records in a row everything else gets its turn.
const MAX_IN_A_ROW = 100;
const MAX_TRIES = 100;
const RETRY_AFTER = 5;

/** The records of an account, each a job and who follows it. */
export function createRecords(options: {
  dir: string;
  asideDir: string;
  account: Account;
  log: Log;
  link: Link;
}) {
  const { dir } = options;
  const reader = createReader(options);
  const lister = createLister(dir);
  const { highest, latest, remove, write } = createRevisions({ ...options, ...lister, reader });

  const turns = new Map<string, Promise<unknown>>();

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
    /** All records, or those whose ids are wanted, newest first. */
    async list(isWanted?: (id: string) => boolean): Promise<Listed[]> {
      const listed = await lister.list(isWanted).catch((error) => {
        throw unusable(dir, error, 'read');
      });
      if (!isWanted) reader.forgetOthers(listed.map(({ id }) => id));
      return listed;
    },
    latest,
    requestIdOf: reader.requestIdOf,
    /** Makes a record, or finds the one that has its id, where that is not certainly new. */
    create: (id: string, change: Change, isNew = false): Promise<StoredJob> =>
      inTurn(id, async () => {
        await mkdir(dir, { recursive: true, mode: 0o700 }).catch((error) => {
          throw unusable(dir, error, 'written', true);
        });
        const created = await write({ id, revisions: [], isNew }, change, 'before submit');
        const stored = created ?? (await latest(id))?.stored;
        if (!stored) throw unusable(dir, { code: 'EEXIST' }, 'written', true);
        return stored;
      }),
    /** Makes a record again that is gone; undefined where it is not. */
    recreate: ({ id, revision }: StoredJob, change: Change): Promise<StoredJob | undefined> =>
      inTurn(id, () => write({ id, revisions: [], revision: revision + 1 }, change, 'durable')),
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
          const written = await write({ ...now, base: now }, changed, need);
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
      const ahead: (StoredJob | Promise<StoredJob | undefined>)[] = [];
      for (let next = 0, count = 1; next < listed.length || ahead.length > 0; count++) {
        for (; next < listed.length && ahead.length < Math.min(READ_AHEAD + count, MAX_AHEAD); next++) {
          const reading = one(listed[next] as Listed);
          // Who stops early does not care.
          if (reading instanceof Promise) reading.catch(() => {});
          ahead.push(reading);
        }
        if (count % MAX_IN_A_ROW === 0) await breathe();
        try {
          const reading = ahead.shift();
          // Each wait costs as much as all the rest.
          const stored = reading instanceof Promise ? await reading : reading;
          if (stored) yield stored;
        } catch (error) {
          if (!skip) throw error;
          skip(error as Error);
        }
      }
    },
  };

  /** The job of a record, at once where it is kept in memory. */
  function one(listed: Listed): StoredJob | Promise<StoredJob | undefined> {
    const kept = reader.kept(listed.id)?.stored;
    return kept && kept.revision === listed.revisions[0] ? kept : load(listed);
  }

  async function load(listed: Listed): Promise<StoredJob | undefined> {
    const found = await highest(listed).catch((error) => {
      throw unusable(dir, error, 'read');
    });
    if (found === 'passed') return undefined;
    // It may have changed since it was listed.
    return found === 'gone' ? (await latest(listed.id))?.stored : found.stored;
  }
}
