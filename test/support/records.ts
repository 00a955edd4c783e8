import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accountOf, type Config } from '../../src/config/config.ts';
import { fingerprintOf } from '../../src/jobs/calls.ts';
import type { Job } from '../../src/jobs/job.ts';
import type { Lease } from '../../src/jobs/store.ts';
import { accountDir, formatName, idOf } from '../../src/stores/file/names.ts';
import { formatRecord } from '../../src/stores/file/record.ts';

type Where = Pick<Config, 'dataDir' | 'sandbox' | 'baseUrl'>;

/** The folder of the records of the account that a server serves. */
export const jobsDir = (where: Where): string => join(accountDir(where.dataDir, accountOf(where)), 'jobs');

let calls = 0;

/**
 * Puts the record of a job among those of a server, or a text in its place, and returns the name of its file. Two
 * records of the same `call`, time and input are revisions of one job.
 */
export function putRecord(
  where: Where,
  job: Job,
  {
    api,
    lease,
    text,
    revision = 1,
    call = `put-${calls++}`,
  }: {
    api?: string | undefined;
    lease?: Lease;
    text?: string;
    revision?: number;
    call?: string;
  } = {},
): string {
  const own = accountOf(where);
  const account = api === undefined ? own : { ...own, api };
  const id = idOf(job.submitted_at as string, fingerprintOf(account, job), call);
  const name = formatName(id, revision);
  const dir = join(accountDir(where.dataDir, account), 'jobs');
  mkdirSync(dir, { recursive: true });
  const content = { job, writes: {}, ...(lease && { lease }) };
  writeFileSync(join(dir, name), text ?? formatRecord(account, content));
  return name;
}
