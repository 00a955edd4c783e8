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

/** How many records there are of the account that has most, and of all; none is read. */
export async function countRecords(dataDir: string): Promise<{ most: number; inAll: number }> {
  const accounts = join(dataDir, 'accounts');
  const counts = { most: 0, inAll: 0 };
  for (const account of await readdir(accounts).catch(() => [])) {
    const names = await readdir(join(accounts, account, 'jobs')).catch(() => []);
    const count = new Set(names.flatMap((name) => parseName(name)?.id ?? [])).size;
    counts.most = Math.max(counts.most, count);
    counts.inAll += count;
  }
  return counts;
}
