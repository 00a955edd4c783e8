import { setImmediate as breathe } from 'node:timers/promises';
import type { Clock } from '../../clock.ts';
import { OPEN_STATES } from '../../jobs/job.ts';
import type { Query, StoredJob } from '../../jobs/store.ts';
import { type Link, unusable } from './disk.ts';
import { createLister, fingerprintIn, type Listed, timeInId } from './names.ts';
import { createReader, type Folder } from './reader.ts';
import { createRevisions } from './revisions.ts';

export type FileRecords = ReturnType<typeof createRecords>;

// How many records are read ahead at first, as whoever asks for the newest ones soon stops, and once all are read.
const [READ_AHEAD, MAX_AHEAD] = [16, 64];
// After this many records in a row everything else gets its turn.
const MAX_IN_A_ROW = 100;

/** The records of an account in a folder. */
export function createRecords(folder: Folder & { link: Link; clock: Clock }) {
  const { dir, log } = folder;
  const reader = createReader(folder);
  const lister = createLister(dir);
  const revisions = createRevisions({ ...folder, ...lister, reader });
  const { highest, latest } = revisions;
  const cannotRead = (error: unknown): never => {
    throw unusable(dir, error, 'read');
  };

  /** All records, or those whose ids are wanted, newest first. */
  async function list(isWanted?: (id: string) => boolean): Promise<Listed[]> {
    const listed = await lister.list(isWanted).catch(cannotRead);
    if (!isWanted) reader.forgetOthers(listed.map(({ id }) => id));
    return listed;
  }

  /** The job of a record, at once if it is cached. */
  function readOne(listed: Listed): StoredJob | Promise<StoredJob | 'ignored' | undefined> {
    const cached = reader.cached(listed.id)?.stored;
    if (cached && cached.revision === listed.revisions[0]) return cached;
    const reading = load(listed);
    // It may be asked for too late, or never.
    reading.catch(() => {});
    return reading;
  }

  async function load(listed: Listed): Promise<StoredJob | 'ignored' | undefined> {
    const found = await highest(listed).catch(cannotRead);
    if (found === 'ignored') return found;
    // It may have changed since it was listed.
    return (found === 'gone' ? await latest(listed.id) : found)?.stored;
  }

  /** The jobs of a list, some read ahead. One that cannot be read goes to `skip`, or throws. */
  async function* read(
    listed: readonly Listed[],
    skip?: (error: Error) => void,
    onIgnored?: () => void,
  ): AsyncGenerator<StoredJob> {
    const ahead: ReturnType<typeof readOne>[] = [];
    for (let next = 0, count = 1; next < listed.length || ahead.length > 0; count++) {
      while (next < listed.length && ahead.length < Math.min(READ_AHEAD + count, MAX_AHEAD))
        ahead.push(readOne(listed[next++] as Listed));
      if (count % MAX_IN_A_ROW === 0) await breathe();
      try {
        const reading = ahead.shift();
        // Awaiting a job that is there would cost as much as all the rest.
        const stored = reading instanceof Promise ? await reading : reading;
        if (stored === 'ignored') onIgnored?.();
        else if (stored) yield stored;
      } catch (error) {
        if (!skip) throw error;
        skip(error as Error);
      }
    }
  }

  async function newest(query: Query): Promise<AsyncGenerator<StoredJob>> {
    const { since, fingerprint, isOpen, skipUnreadable, onIgnored } = query;
    const from = since === undefined ? '' : timeInId(since);
    const isWanted = (id: string) =>
      id >= from && (fingerprint === undefined || fingerprintIn(id).startsWith(fingerprint));
    const listed = await list(since === undefined && fingerprint === undefined ? undefined : isWanted);
    const jobs = read(listed, skipUnreadable ? (error) => log.warn(error.message) : undefined, onIgnored);
    return isOpen ? openOf(jobs) : jobs;
  }

  async function* openOf(jobs: AsyncGenerator<StoredJob>): AsyncGenerator<StoredJob> {
    for await (const stored of jobs) if (OPEN_STATES.includes(stored.job.state)) yield stored;
  }

  async function byRequestId(requestId: string): Promise<StoredJob | undefined> {
    const listed = await list();
    const candidates = listed.filter(({ id }) => [undefined, requestId].includes(reader.requestIdOf(id)));
    let unread: Error | undefined;
    const skip = (error: Error) => {
      unread = error;
    };
    for await (const stored of read(candidates, skip)) if (stored.job.request_id === requestId) return stored;
    if (unread) throw unread;
    return undefined;
  }

  return { dir, ...revisions, list, read, newest, byRequestId };
}
