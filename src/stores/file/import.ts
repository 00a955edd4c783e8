import { rm, rmdir } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';
import { type Account, LOCAL_TENANT } from '../../account.ts';
import { fingerprintOf } from '../../jobs/calls.ts';
import type { StoredJob } from '../../jobs/store.ts';
import { parseJson } from '../../json.ts';
import type { Log } from '../../log.ts';
import type { SingleRecords } from '../backend.ts';
import { type RecordedJob, readJob } from '../recorded-job.ts';
import { readText, setAside } from './disk.ts';
import { timeInId } from './names.ts';
import { isNewer } from './record.ts';

/**
 * The names that 0.1.0 gave: `<submit time>-<fingerprint>-<nonce>.<generation>[.<request id>].json`, several for one job
 * where a crash left them.
 */
const NAME = /^(\d{8}T\d{9}Z-[0-9a-f]{16}-[0-9a-f]{8})\.(\d+)(?:\.([A-Za-z0-9_-]{1,128}))?\.json$/;
const NONCE_LENGTH = 8;
const VERSION = 1;

interface Old {
  api: string;
  job: RecordedJob;
}

/**
 * Moves an account's records out of 0.1.0's folder. Each is deleted there after it was created here, under an id that is
 * the same whoever does it: several processes may do it at once, and one after a crash again.
 */
export async function importRecords(
  names: readonly string[],
  options: {
    from: string;
    asideDir: string;
    account: Account;
    records: Pick<SingleRecords, 'create' | 'change'>;
    log: Log;
  },
): Promise<void> {
  const { from, asideDir, account, records, log } = options;
  if (account.tenant !== LOCAL_TENANT) return;

  /** The file of a job that counts. */
  async function read(files: readonly string[]): Promise<Old | undefined> {
    for (const name of files) {
      const text = await readText(join(from, name));
      const old = typeof text === 'string' ? parse(text) : undefined;
      if (old !== 'corrupt') return old;
      log.warn(await setAside(from, name, asideDir));
    }
    return undefined;
  }

  for (const [oldId, files] of byJob(names)) {
    const old = await read(files);
    if (old?.api !== account.api) continue;
    const { job } = old;
    const id = `${timeInId(job.submitted_at)}-${fingerprintOf(account, job)}-${oldId.slice(-NONCE_LENGTH)}`;
    // A process of 0.1.0 that still runs may record a request id after another process imported its record.
    const withRequestId = (now: StoredJob) =>
      now.job.request_id === undefined && job.request_id !== undefined ? { ...now, job } : now;
    await records.create(id, { job });
    await records.change(id, withRequestId, 'durable');
    // The one that counts goes last, so that it is still there after a crash.
    for (const name of [...files].reverse()) await rm(join(from, name), { force: true });
  }
  // Fails unless the folder is empty by now.
  await rmdir(from).catch(() => {});
}

/** The names of each job by its id there, the one that counts first. */
function byJob(names: readonly string[]): Map<string, string[]> {
  const jobs = new Map<string, string[]>();
  for (const name of names) {
    const [, id] = NAME.exec(name) ?? [];
    if (id !== undefined) jobs.set(id, [...(jobs.get(id) ?? []), name]);
  }
  for (const files of jobs.values()) files.sort((a, b) => rankOf(b) - rankOf(a));
  return jobs;
}

/** A request id outweighs any generation. */
function rankOf(name: string): number {
  const [, , generation, requestId] = NAME.exec(name) ?? [];
  return Number(generation) - (requestId === undefined ? Number.MAX_SAFE_INTEGER : 0);
}

/** Undefined for a version that this one does not know. */
function parse(text: string): Old | 'corrupt' | undefined {
  const json = parseJson(text);
  const { data } = z.looseObject({ version: z.literal(VERSION), api: z.string() }).safeParse(json);
  if (data) {
    const { version: _, api, follower: __, ...rest } = data;
    const job = readJob(rest);
    return job ? { api, job } : 'corrupt';
  }
  return isNewer(json, VERSION) ? undefined : 'corrupt';
}
