import type { ServiceConfig } from '../config/service.ts';
import type { Log } from '../log.ts';
import { countRecords } from '../stores/file/recorded.ts';

// Of 10,000 records a list took 0.1 s, of 100,000 it took 1 s, and in Postgres 0.5 ms.
const MANY = 10_000;

/** Warns at the start of where jobs are recorded in a way that does not suit a service. Never rejects. */
export async function warnOfStore(
  { store, sessionKeyFile }: Pick<ServiceConfig, 'store' | 'sessionKeyFile'>,
  dataDir: string,
  log: Log,
): Promise<void> {
  if (store !== undefined && sessionKeyFile === undefined)
    log.warn('--store without --session-key-file: sessions and links of this replica do not count at others');
  if (store !== undefined) return;
  const { most, inAll } = await countRecords(dataDir);
  if (inAll > MANY)
    log.warn(
      `${inAll} jobs are recorded in files, up to ${most} of one account: above some ${MANY} every call takes longer; --store postgres://… records any number`,
    );
}
