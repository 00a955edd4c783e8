import { randomBytes } from 'node:crypto';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { Job } from './job.ts';
import { createLister, type Listing } from './listing.ts';
import { fingerprintOf, formatName, parseName, parseRecord, type RecordName, recordId } from './record.ts';
import { readIfThere, writeRecord } from './record-file.ts';

/** A job and the name of the file that holds it. */
export interface Entry {
  readonly name: string;
  readonly job: Job;
}

/** A job that is about to be submitted. */
export type Intent = Job & { submitted_at: string };

/**
 * The durable record of paid calls: one JSON file per job, shared by all processes without a lock.
 * Names carry what is looked up (record.ts), so that finding and listing read names first and few files.
 */
export interface Ledger {
  /** Records the intent to submit; durable when it returns. Throws `ledger_unwritable`. */
  begin(job: Intent): Promise<Entry>;
  /**
   * Changes a record as it now stands on disk, which another call or process may have written since `entry` was
   * read: nothing that was learned is undone by who knows less. A record that is gone is made anew unless `create`
   * is false. Throws what the file system throws.
   */
  update(entry: Entry, change: (latest: Job) => Job, options?: { create?: boolean }): Promise<Entry>;
  /** Takes a job over from another process, with the record to have then. Undefined where a third one was faster: exactly one is not. */
  claim(entry: Entry, job: Job): Promise<Entry | undefined>;
  /** Forgets an intent that was certainly not carried out. */
  remove(entry: Entry): Promise<void>;
  /** The record of a request id, or undefined. Throws `ledger_unwritable` where it is there, but cannot be read now. */
  find(requestId: string): Promise<Entry | undefined>;
  /**
   * Records, newest first, each read when it is asked for; narrowed to a time (ISO) or to the same call. Throws
   * `ledger_unwritable` at one that cannot be read now, unless those are to be skipped: where money depends on it,
   * such a record must not count as absent.
   */
  newest(only?: {
    since?: string;
    fingerprint?: string | undefined;
    skipUnreadable?: boolean;
  }): AsyncGenerator<Entry>;
  /**
   * Deletes records that are `over` and older than `keep.days` or beyond the newest `keep.jobs`, but none of the last
   * 24 hours, which limits and repeated calls depend on. `now` in ms.
   */
  prune(now: number, keep: Keep, over: (job: Job) => boolean): Promise<void>;
}

export interface Keep {
  days: number;
  jobs: number;
}

// So that one call does not pay for a whole clean-up; the oldest go first.
const MOST_PRUNED = 200;
// A temporary file this old, in ms, is one that a dead process left.
const ABANDONED_AFTER = 3_600_000;
const DAY = 86_400_000;

/** Opens the ledger under a data directory. Nothing is read or made until a job needs it. */
export function createLedger(dataDir: string, log: Log): Ledger {
  const dir = join(dataDir, 'jobs');
  const asideDir = join(dataDir, 'set-aside');
  const reported = new Set<string>();
  const changes = new Map<string, Promise<void>>();

  const list = createLister(dir);

  async function names(part?: string): Promise<Listing> {
    return list(part).catch((error) => {
      if (error.code === 'ENOENT') return { current: [], replaced: [], temporary: [] };
      throw unusable(dir, error, 'read');
    });
  }

  async function load(name: string): Promise<Entry | undefined> {
    // Another process may have renamed or pruned it since its name was read.
    const text = await readIfThere(join(dir, name)).catch((error) => {
      throw unusable(dir, error, 'read');
    });
    if (text === undefined) return undefined;
    const parsed = parseRecord(text);
    if (typeof parsed === 'object') return { name, job: parsed };
    if (parsed === 'corrupt') await setAside(name);
    else if (!reported.has(name))
      log.warn(`${join(dir, name)} is from a newer version of this server; passed over`);
    reported.add(name);
    return undefined;
  }

  /** A record as it stands now, under whatever name; undefined where it is gone. */
  async function latestOf(name: string): Promise<Entry | undefined> {
    const [named] = (await names(recordId(name))).current;
    return named && load(named.name);
  }

  /** Changes of one record wait for each other within this process. */
  function serially<Result>(name: string, work: () => Promise<Result>): Promise<Result> {
    const id = recordId(name);
    const done = (changes.get(id) ?? Promise.resolve()).then(work);
    const settled = done.then(
      () => {},
      () => {},
    );
    changes.set(id, settled);
    void settled.then(() => changes.get(id) === settled && changes.delete(id));
    return done;
  }

  async function setAside(name: string): Promise<void> {
    try {
      await mkdir(asideDir, { recursive: true, mode: 0o700 });
      await rename(join(dir, name), join(asideDir, name));
      log.warn(`the job record ${name} cannot be read and was moved to ${asideDir}`);
    } catch (error) {
      if (reported.has(name)) return;
      log.warn(`the job record ${join(dir, name)} cannot be read, nor moved: ${(error as Error).message}`);
    }
  }

  const remove = (name: string) => rm(join(dir, name), { force: true });

  return {
    async begin(job) {
      try {
        await mkdir(dir, { recursive: true, mode: 0o700 });
        const name = formatName({
          submittedAt: job.submitted_at,
          fingerprint: fingerprintOf(job),
          nonce: randomBytes(4).toString('hex'),
          generation: 0,
        });
        await writeRecord(dir, name, job, 'new');
        return { name, job };
      } catch (error) {
        throw unusable(dir, error, 'written');
      }
    },
    update: (entry, change, { create = true } = {}) =>
      serially(entry.name, async () => {
        const found = await latestOf(entry.name);
        if (!found && !create) return { ...entry, job: change(entry.job) };
        // Where the request id could not be recorded when it came, the disk knows less than we do.
        const knowsMore = entry.job.request_id !== undefined && found?.job.request_id === undefined;
        const latest = found && !knowsMore ? found : { name: found?.name ?? entry.name, job: entry.job };
        const job = change(latest.job);
        const name = renamed(latest.name, { requestId: job.request_id });
        await writeRecord(dir, name, job, name === latest.name ? 'replace' : 'new');
        if (name !== latest.name) await remove(latest.name);
        return { name, job };
      }),
    async claim(entry, job) {
      const { generation = 0 } = parseName(entry.name) ?? {};
      const name = renamed(entry.name, { generation: generation + 1 });
      try {
        if (!(await writeRecord(dir, name, job, 'claim'))) return undefined;
        await remove(entry.name);
        return { name, job };
      } catch (error) {
        throw unusable(dir, error, 'written');
      }
    },
    remove: (entry) => serially(entry.name, () => remove(entry.name)),
    async find(requestId) {
      const { current } = await names(`.${requestId}.json`);
      const named = current.find((one) => one.requestId === requestId);
      return named && load(named.name);
    },
    async *newest({ since = '', fingerprint, skipUnreadable = false } = {}) {
      for (const named of (await names(fingerprint && `-${fingerprint}-`)).current) {
        if (named.submittedAt < since) break;
        // It may have been renamed since its name was read.
        const reading = load(named.name).then((entry) => entry ?? latestOf(named.name));
        const entry = await reading.catch((error) => {
          if (!skipUnreadable) throw error;
          log.warn(error.message);
        });
        if (entry) yield entry;
      }
    },
    async prune(now, keep, over) {
      const { current, replaced, temporary } = await names();
      const oldest = new Date(now - keep.days * DAY).toISOString();
      const dayAgo = new Date(now - DAY).toISOString();
      const old = current.filter(
        ({ submittedAt }, index) => submittedAt < dayAgo && (index >= keep.jobs || submittedAt < oldest),
      );
      let pruned = 0;
      for (const { name } of old.reverse()) {
        if (pruned === MOST_PRUNED) break;
        const entry = await load(name);
        if (!entry || !over(entry.job)) continue;
        await remove(name);
        pruned += 1;
      }
      for (const name of replaced) await remove(name);
      for (const name of temporary) {
        const { mtimeMs } = await stat(join(dir, name)).catch(() => ({ mtimeMs: now }));
        if (now - mtimeMs > ABANDONED_AFTER) await remove(name);
      }
    },
  };
}

/** A record's name with a part of it changed. */
function renamed(name: string, change: Partial<RecordName>): string {
  const parsed = parseName(name);
  if (!parsed) throw new Error(`${name} is no name of a record`);
  return formatName({ ...parsed, ...change });
}

function unusable(dir: string, error: unknown, how: 'read' | 'written'): ToolError {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  const so = how === 'written' ? ', so nothing was submitted' : '';
  return new ToolError('ledger_unwritable', `The job records in ${dir} cannot be ${how} (${code})${so}.`, {
    next: 'Make that directory usable and free some space, or choose another with --data-dir or RUNCOMFY_DATA_DIR.',
    cause: error,
  });
}
