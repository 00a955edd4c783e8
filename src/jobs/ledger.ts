import { createHash, randomBytes } from 'node:crypto';
import { mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import { JOB_STATES, type Job } from './job.ts';

/** A job and the name of the file that holds it. */
export interface Entry {
  readonly name: string;
  readonly job: Job;
}

/** A job that is about to be submitted. */
export type Intent = Job & { submitted_at: string };

/**
 * The durable record of paid calls: one JSON file per job, shared by all processes without a lock.
 * A record's name carries what is looked up, `<submit time>-<hash of API, model and input>-<nonce>[.<request id>].json`,
 * so that finding and listing read names first and few files.
 */
export interface Ledger {
  /** Records the intent to submit; durable when it returns. Throws `ledger_unwritable`. */
  begin(intent: Intent): Promise<Entry>;
  /** Replaces a record as a whole. Throws what the file system throws. */
  update(entry: Entry, job: Job): Promise<Entry>;
  /** Forgets an intent that was certainly not carried out. */
  remove(entry: Entry): Promise<void>;
  /** The record of a request id, or undefined. */
  find(requestId: string): Promise<Entry | undefined>;
  /** All readable records, newest first, each read when it is asked for. */
  newest(): AsyncGenerator<Entry>;
}

const VERSION = 1;
const record = z.looseObject({
  version: z.literal(VERSION),
  api: z.string(),
  model: z.string(),
  input: z.record(z.string(), z.unknown()),
  state: z.enum(JOB_STATES as [Job['state'], ...Job['state'][]]),
  submitted_at: z.iso.datetime(),
});
const NAME = /^(?<id>\d{8}T\d{9}Z-[0-9a-f]{16}-[0-9a-f]{8})(?:\.(?<requestId>[A-Za-z0-9_-]{1,128}))?\.json$/;

/** Opens the ledger under a data directory. Nothing is read or made until a job needs it. */
export function createLedger(dataDir: string, log: Log): Ledger {
  const dir = join(dataDir, 'jobs');

  async function write(name: string, job: Job): Promise<void> {
    const temporary = join(dir, `.${name}.${process.pid}.tmp`);
    try {
      const file = await open(temporary, 'w', 0o600);
      try {
        await file.writeFile(`${JSON.stringify({ version: VERSION, ...job }, null, 2)}\n`);
        await file.sync();
      } finally {
        await file.close();
      }
      await rename(temporary, join(dir, name));
    } catch (error) {
      await rm(temporary, { force: true }).catch(() => {});
      throw error;
    }
    await syncDirectory(dir);
  }

  /** The names of all records, newest first. */
  async function names(): Promise<string[]> {
    const all = await readdir(dir).catch((error) => {
      if (error.code === 'ENOENT') return [];
      throw error;
    });
    return all
      .filter((name) => NAME.test(name))
      .sort()
      .reverse();
  }

  async function load(name: string): Promise<Entry | undefined> {
    try {
      const { version: _, ...job } = record.parse(JSON.parse(await readFile(join(dir, name), 'utf8')));
      return { name, job: job as unknown as Job };
    } catch (error) {
      // Another process may have renamed or pruned it since its name was read.
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        log.warn(`cannot read the job record ${join(dir, name)}; left as it is`);
      return undefined;
    }
  }

  return {
    async begin(intent) {
      try {
        await mkdir(dir, { recursive: true, mode: 0o700 });
        const name = `${intent.submitted_at.replace(/[-:.]/g, '')}-${fingerprint(intent)}-${randomBytes(4).toString('hex')}.json`;
        await write(name, intent);
        return { name, job: intent };
      } catch (error) {
        throw unwritable(dir, error);
      }
    },
    async update(entry, job) {
      const id = NAME.exec(entry.name)?.groups?.id ?? '';
      const name = job.request_id === undefined ? `${id}.json` : `${id}.${job.request_id}.json`;
      await write(name, job);
      if (name !== entry.name) await rm(join(dir, entry.name), { force: true });
      return { name, job };
    },
    async remove(entry) {
      await rm(join(dir, entry.name), { force: true });
    },
    async find(requestId) {
      const name = (await names()).find((candidate) => NAME.exec(candidate)?.groups?.requestId === requestId);
      return name === undefined ? undefined : load(name);
    },
    async *newest() {
      for (const name of await names()) {
        const entry = await load(name);
        if (entry) yield entry;
      }
    },
  };
}

/** The hash by which a call is known again: the same API, model and input give the same 16 hex digits. */
export function fingerprint(job: Pick<Job, 'api' | 'model' | 'input'>): string {
  const input = JSON.stringify(Object.entries(job.input).sort(([a], [b]) => (a < b ? -1 : 1)));
  return createHash('sha256').update(`${job.api}\n${job.model}\n${input}`).digest('hex').slice(0, 16);
}

// Without it a power cut may undo the rename. Windows does not open directories.
async function syncDirectory(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

function unwritable(dir: string, error: unknown): ToolError {
  const { code = 'unknown' } = error as NodeJS.ErrnoException;
  return new ToolError(
    'ledger_unwritable',
    `The job record cannot be written to ${dir} (${code}), so nothing was submitted.`,
    {
      next: 'Make that directory writable and free some space, or choose another with --data-dir or RUNCOMFY_DATA_DIR.',
      cause: error,
    },
  );
}
