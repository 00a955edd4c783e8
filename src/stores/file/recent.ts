import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '../../account.ts';
import { accountDir, parseName, timeInId } from './names.ts';

/** Whether an account has records of jobs that were submitted since a time (ISO 8601); none is read. */
export async function hasRecords(dataDir: string, account: Account, since: string): Promise<boolean> {
  const from = timeInId(since);
  const names = await readdir(join(accountDir(dataDir, account), 'jobs')).catch(() => []);
  return names.some((name) => (parseName(name)?.id ?? '') >= from);
}
