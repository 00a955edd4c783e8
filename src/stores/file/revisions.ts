import { randomBytes } from 'node:crypto';
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import type { StoredJob } from '../../jobs/store.ts';
import { type Content, DAY, type Need, type Records, type SingleRecords } from '../backend.ts';
import { createFile, type Link, syncDirectory, unusable } from './disk.ts';
import { formatName, type Listed, timeInId } from './names.ts';
import type { Folder, Found, Reader } from './reader.ts';
import { formatRecord } from './record.ts';

const MAX_TRIES = 100;
const RETRY_AFTER = 5;

/**
 * The revisions of records. Every write creates the next one exclusively, so that of two writers one has to read again.
 * The highest revision counts; lower ones are deleted, from the lowest up.
 *
 * Deleting frees a name, so a process that was frozen may still create a revision that is long superseded. It is never
 * the highest one. Its writer finds out, as it checks after each write: the revision on which it built is gone, and a
 * higher one does not name that write. What is cached of a record is first proven by two names alone: reading those of
 * the whole folder takes 1 ms with 2,000 records.
 */
export function createRevisions({
  dir,
  account,
  link,
  clock,
  reader,
  revisionsOf,
}: Folder & {
  link: Link;
  clock: Clock;
  reader: Reader;
  revisionsOf(id: string): Promise<readonly number[]>;
}) {
  const writer = randomBytes(4).toString('hex');
  let count = 0;
  const turns = new Map<string, Promise<unknown>>();

  const isOld = (id: string) => id < timeInId(new Date(clock.now() - DAY).toISOString());
  const pathOf = (id: string, revision: number) => join(dir, formatName(id, revision));

  /** Writes of one record wait for each other, so that the last one of a writer tells of those before. */
  function inTurn<Result>(id: string, work: () => Promise<Result>): Promise<Result> {
    const done = (turns.get(id) ?? Promise.resolve()).then(work);
    const over: Promise<unknown> = done
      .catch(() => {})
      .then(() => turns.get(id) === over && turns.delete(id));
    turns.set(id, over);
    return done;
  }

  async function retry(tries: number): Promise<void> {
    if (tries === MAX_TRIES) throw unusable(dir, { code: 'EEXIST' }, 'written');
    if (tries > 2) await delay(RETRY_AFTER);
  }

  /** The highest revision that can be read. */
  async function highest({ id, revisions }: Listed): Promise<Found | 'gone' | 'ignored'> {
    for (let lower = revisions; lower.length > 0; lower = lower.slice(1)) {
      const cached = reader.cached(id);
      const isCached = cached !== undefined && cached.stored.revision === lower[0];
      const found = isCached ? cached : await reader.load({ id, revisions: lower });
      if (found !== 'broken') return found;
    }
    return 'ignored';
  }

  async function latest(id: string): Promise<Found | undefined> {
    try {
      const cached = reader.cached(id);
      if (cached && (await reader.isCurrent(cached, cached.stored.revision + 1))) return cached;
      for (let tries = 0; tries < MAX_TRIES; tries++) {
        const revisions = await revisionsOf(id);
        const found = await highest({ id, revisions });
        if (typeof found === 'object') return { ...found, revisions };
        if (found === 'ignored') return undefined;
      }
      return undefined;
    } catch (error) {
      throw unusable(dir, error, 'read');
    }
  }

  /** Deletes exactly these revisions. */
  async function remove({ id, revisions }: Listed): Promise<void> {
    for (const revision of [...revisions].reverse()) await rm(pathOf(id, revision), { force: true });
  }

  /**
   * Creates the revision above the one on which it is built, or above `above`; undefined if another writer was faster.
   * `isNew` promises that nobody can have created the record before.
   */
  async function write(
    id: string,
    { job, lease }: Content,
    need: Need,
    { base, above = 0, isNew = false }: { base?: Found; above?: number; isNew?: boolean },
  ): Promise<StoredJob | undefined> {
    const seen = base?.revisions ?? [];
    const revision = (seen[0] ?? above) + 1;
    const own = ++count;
    const content = { job, ...(lease && { lease }), writes: { ...base?.writes, [writer]: own } };
    const text = formatRecord(account, content);
    const takeBack = () => rm(pathOf(id, revision), { force: true });
    try {
      if (!(await createFile(pathOf(id, revision), text, link))) return undefined;
      // A write that fails leaves no record that counts.
      if (need !== 'not durable')
        await syncDirectory(dir).catch(async (error) => {
          await takeBack().catch(() => {});
          throw error;
        });
      let lower = seen;
      const isErasing = need === 'without a trace';
      if (!isNew && (isErasing || !(base && (await reader.isCurrent(base, revision + 1))))) {
        const revisions = await revisionsOf(id);
        if ((revisions[0] ?? 0) > revision) {
          const now = await latest(id);
          if ((now?.writes[writer] ?? 0) >= own) return now?.stored;
          await takeBack().catch(() => {});
          return undefined;
        }
        // The whole record may have been deleted meanwhile. A submit must not follow; and what is older than a day may
        // have been deleted by the user, and must not come back.
        const isGone = seen[0] !== undefined && !revisions.includes(seen[0]);
        if (isGone && (need === 'before submit' || isOld(id))) {
          await takeBack();
          return undefined;
        }
        lower = revisions.filter((other) => other < revision);
      }
      // What cannot be deleted now goes with the next change.
      const left = await remove({ id, revisions: lower }).then(
        () => [],
        (error) => {
          if (isErasing) throw error;
          return lower;
        },
      );
      if (isErasing) await syncDirectory(dir);
      return reader.keep({ id, revisions: [revision, ...left] }, content, text.length).stored;
    } catch (error) {
      throw unusable(dir, error, 'written', need === 'before submit');
    }
  }

  const create: SingleRecords['create'] = (id, content, isNew = false) =>
    inTurn(id, async () => {
      await mkdir(dir, { recursive: true, mode: 0o700 }).catch((error) => {
        throw unusable(dir, error, 'written', true);
      });
      const stored = (await write(id, content, 'before submit', { isNew })) ?? (await latest(id))?.stored;
      if (!stored) throw unusable(dir, { code: 'EEXIST' }, 'written', true);
      return stored;
    });

  const change: Records['change'] = (id, alter, need, seen) =>
    inTurn(id, async () => {
      for (let tries = 0; ; tries++) {
        const base = await latest(id);
        const now = base?.stored ?? seen;
        const changed = now && alter(now);
        if (!now || !changed) return undefined;
        if (base && changed === now) return now;
        const written = await write(id, changed, need, base ? { base } : { above: now.revision });
        if (written) return written;
        await retry(tries);
      }
    });

  async function discard(id: string, may: (stored: StoredJob) => boolean): Promise<void> {
    for (let tries = 0; ; tries++) {
      const now = await latest(id);
      if (!now || !may(now.stored)) return;
      await remove(now).catch((error) => {
        throw unusable(dir, error, 'written');
      });
      await retry(tries);
    }
  }

  return { highest, latest, remove, create, change, discard };
}
