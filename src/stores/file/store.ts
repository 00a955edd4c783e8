import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../errors.ts';
import type { JobStore, StoreOptions } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import type { Holder, SingleRecords } from '../backend.ts';
import { createJobStore } from '../job-store.ts';
import { createReservations } from '../reservations.ts';
import { createFileApprovals } from './approvals.ts';
import { checkFolder, type Link, linkFile, unusable } from './disk.ts';
import { accountDir, idOf } from './names.ts';
import { prune } from './prune.ts';
import { createRecords } from './records.ts';

/** The jobs of an account in a folder, shared by all processes without a lock. */
export function createFileStore(
  options: StoreOptions & { dataDir: string; holder: Holder; random: () => number; log: Log; link?: Link },
): JobStore {
  const { dataDir, account, clock, log, link = linkFile } = options;
  const base = accountDir(dataDir, account);
  const dir = join(base, 'jobs');
  let opened: Promise<SingleRecords> | undefined;

  async function open(): Promise<SingleRecords> {
    const asideDir = join(base, 'set-aside');
    const records = createRecords({ dir, asideDir, account, log, link, clock });
    const from = join(dataDir, 'jobs');
    const names = await readdir(from).catch((error) => {
      if (['ENOENT', 'ENOTDIR'].includes(codeOf(error))) return [];
      throw unusable(from, error, 'read');
    });
    if (names.length > 0) {
      const { importRecords } = await import('./import.ts');
      await importRecords(names, { from, asideDir, account, records, log });
    }
    return {
      ...records,
      idOf: ({ fingerprint, job }, call) => idOf(job.submitted_at, fingerprint, call),
      find: async (id) => (await records.latest(id))?.stored,
      prune: (now, keep) => prune(records, now, keep),
    };
  }

  // Once those of 0.1.0 are imported. If that fails, the next call tries again.
  const records = () => {
    opened ??= open().catch((error) => {
      opened = undefined;
      throw error;
    });
    return opened;
  };

  const approvals = createFileApprovals({
    dir: join(base, 'approvals'),
    clock,
    link,
  });
  const reserve = createReservations({ ...options, records });
  return createJobStore({ ...options, records, reserve, approvals, check: () => checkFolder(dir) });
}
