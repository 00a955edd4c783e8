import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '../../account.ts';
import type { StoredJob } from '../../jobs/store.ts';
import { createFile, type Link, syncDirectory, unusable } from './disk.ts';
import { formatName, type Listed } from './names.ts';
import { type Content, type Found, formatRecord, type Reader } from './record.ts';

/** What one revision holds and another does not. */
export type Change = Pick<Content, 'job' | 'lease'>;

/** Whether a write has to outlast a power cut, and whether a submit depends on it. */
export type Need = 'before submit' | 'durable' | 'not durable';

/** Where a revision is written. */
export interface Place extends Listed {
  /** On which it is built. */
  base?: Found;
  /** The one above those that were seen, where it is not told. */
  revision?: number;
  /** Nobody can have made the record before. */
  isNew?: boolean;
}

const MAX_TRIES = 100;

/**
 * The revisions of records. Every write creates the next one exclusively, so that of two writers one has to read again.
 * The highest revision counts; lower ones are deleted, from the lowest up.
 *
 * Deleting frees a name, so a process that was frozen may still create a revision that is long superseded. It is never
 * the highest one. Its writer finds out, as it looks behind each write: the revision on which it built is gone, and a
 * higher one does not name that write. What this process knows of a record is first proven by two names alone: those of
 * the whole folder take 1 ms to read where there are 2,000.
 */
export function createRevisions(options: {
  dir: string;
  account: Account;
  link: Link;
  reader: Reader;
  revisionsOf(id: string): Promise<readonly number[]>;
}) {
  const { dir, account, link, reader, revisionsOf } = options;
  let named: string | undefined;
  let count = 0;

  const path = (id: string, revision: number) => join(dir, formatName(id, revision));

  /** The highest revision that can be read. */
  async function highest({ id, revisions }: Listed): Promise<Found | 'gone' | 'passed'> {
    for (let lower = revisions; lower.length > 0; lower = lower.slice(1)) {
      const found = await reader.read({ id, revisions: lower });
      if (found !== 'broken') return found;
    }
    return 'passed';
  }

  async function latest(id: string): Promise<(Found & Listed) | undefined> {
    try {
      const kept = reader.kept(id);
      if (kept && (await reader.stands(kept, kept.stored.revision + 1))) return { id, ...kept };
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
  async function write(place: Place, { job, lease }: Change, need: Need): Promise<StoredJob | undefined> {
    const { id, revisions: seen, base, revision = (seen[0] ?? 0) + 1, isNew = false } = place;
    named ??= randomBytes(4).toString('hex');
    const [writer, own] = [named, ++count];
    const content = { job, ...(lease && { lease }), writes: { ...base?.writes, [writer]: own } };
    const text = formatRecord(account, content);
    const takeBack = () => rm(path(id, revision), { force: true });
    try {
      if (!(await createFile(path(id, revision), text, link))) return undefined;
      // What fails leaves no record behind that counts.
      if (need !== 'not durable')
        await syncDirectory(dir).catch(async (error) => {
          await takeBack().catch(() => {});
          throw error;
        });
      let lower = seen;
      if (!isNew && !(base && (await reader.stands(base, revision + 1)))) {
        const revisions = await revisionsOf(id);
        if ((revisions[0] ?? 0) > revision) {
          const now = await latest(id);
          if ((now?.writes[writer] ?? 0) >= own) return now?.stored;
          await takeBack().catch(() => {});
          return undefined;
        }
        // The whole record may have been deleted meanwhile. That does no harm but where a submit would follow.
        if (need === 'before submit' && seen[0] !== undefined && !revisions.includes(seen[0])) {
          await takeBack();
          return undefined;
        }
        lower = revisions.filter((other) => other < revision);
      }
      // What cannot be deleted now goes with the next change.
      const left = await remove({ id, revisions: lower }).then(
        () => [],
        () => lower,
      );
      return reader.keep({ id, revisions: [revision, ...left] }, content, text.length).stored;
    } catch (error) {
      throw unusable(dir, error, 'written', need === 'before submit');
    }
  }

  return { highest, latest, remove, write };
}
