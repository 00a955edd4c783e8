import { mkdir, rename, rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type Account, LOCAL_TENANT } from '../../account.ts';
import { fingerprintOf } from '../../jobs/calls.ts';
import { JOB_STATES, type Job } from '../../jobs/job.ts';
import type { StoredJob } from '../../jobs/store.ts';
import { parseJson } from '../../json.ts';
import type { Log } from '../../log.ts';
import { readText } from './disk.ts';
import { timeInId } from './names.ts';
import type { Records } from './records.ts';

/**
 * The names that 0.1.0 gave: `<submit time>-<fingerprint>-<nonce>.<generation>[.<request id>].json`, several for one job
 * where a crash left them.
 */
const NAME = /^(\d{8}T\d{9}Z-[0-9a-f]{16}-([0-9a-f]{8}))\.(\d+)(?:\.([A-Za-z0-9_-]{1,128}))?\.json$/;
const VERSION = 1;
const record = z.looseObject({
  version: z.literal(VERSION),
  api: z.string(),
  model: z.string(),
  input: z.record(z.string(), z.unknown()),
  state: z.enum(JOB_STATES),
  submitted_at: z.iso.datetime(),
});
type Old = z.infer<typeof record>;

interface Named {
  name: string;
  nonce: string;
  /** Of several names of one job the highest counts. */
  rank: number;
}

export interface ImportOptions {
  from: string;
  asideDir: string;
  account: Account;
  records: Records;
  log: Log;
}

/**
 * Moves an account's records out of 0.1.0's folder. Each is deleted there after it was made anew, under an id that is
 * the same whoever does it: several processes may do it at once, and one after a crash again.
 */
export async function importRecords(names: readonly string[], options: ImportOptions): Promise<void> {
  const { from, asideDir, account, records, log } = options;
  if (account.tenant !== LOCAL_TENANT) return;

  async function setAside(name: string): Promise<void> {
    try {
      await mkdir(asideDir, { recursive: true, mode: 0o700 });
      await rename(join(from, name), join(asideDir, name));
      log.warn(`the job record ${name} cannot be read and was moved to ${asideDir}`);
    } catch (error) {
      const { message } = error as Error;
      log.warn(`the job record ${join(from, name)} cannot be read, nor moved: ${message}`);
    }
  }

  /** What counts of a job's files. */
  async function read(files: readonly Named[]): Promise<Old | undefined> {
    for (const { name } of files) {
      const text = await readText(join(from, name));
      const old = typeof text === 'string' ? parse(text) : undefined;
      if (old !== 'corrupt') return old;
      await setAside(name);
    }
    return undefined;
  }

  for (const files of byJob(names)) {
    const old = await read(files);
    if (old?.api !== account.api) continue;
    const { version: _, api: __, follower: ___, ...rest } = old;
    const job = rest as unknown as Job;
    const id = `${timeInId(old.submitted_at)}-${fingerprintOf(account, job)}-${files[0]?.nonce}`;
    await records.create(id, { job });
    await records.change(id, withRequestId(job), 'durable');
    // From the one that counts least on, so that after a crash the one that counts is still there.
    for (const { name } of [...files].reverse()) await rm(join(from, name), { force: true });
  }
  // Where nothing is left in it.
  await rmdir(from).catch(() => {});
}

/** What a process of 0.1.0 that still runs may have recorded after another process imported its record. */
const withRequestId = (old: Job) => (now: StoredJob) =>
  now.job.request_id === undefined && old.request_id !== undefined ? { ...now, job: old } : now;

/** The names of each job, the one that counts first. */
function byJob(names: readonly string[]): Named[][] {
  const jobs = new Map<string, Named[]>();
  for (const name of names) {
    const [, id, nonce = '', generation, requestId] = NAME.exec(name) ?? [];
    if (id === undefined) continue;
    // A request id outweighs any generation.
    const rank = Number(generation) - (requestId === undefined ? Number.MAX_SAFE_INTEGER : 0);
    jobs.set(id, [...(jobs.get(id) ?? []), { name, nonce, rank }]);
  }
  return [...jobs.values()].map((files) => files.sort((a, b) => b.rank - a.rank));
}

/** Undefined for a version that this one does not know. */
function parse(text: string): Old | 'corrupt' | undefined {
  const json = parseJson(text);
  const { success, data } = record.safeParse(json);
  if (success) return data;
  return Number((json as { version?: unknown } | null)?.version) > VERSION ? undefined : 'corrupt';
}
