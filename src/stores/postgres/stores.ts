import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import type { JobStore, OpenCalls } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import { createJobStore } from '../job-store.ts';
import { createApprovals } from './approvals.ts';
import type { Database } from './database.ts';
import { unusable } from './errors.ts';
import { createHolder } from './holder.ts';
import { createTakeReads } from './reads.ts';
import { createRecords } from './records.ts';
import { createReservations } from './reservations.ts';

/** The stores of all accounts in a database that replicas share. `end` tells the others that this process ends. */
export function createPostgresStores(options: {
  database: Database;
  openCalls: OpenCalls;
  clock: Clock;
  random: () => number;
  /** Aborts when the process is about to end. */
  ended: AbortSignal;
  log: Log;
}) {
  const { database, openCalls, clock, random } = options;
  const holder = createHolder(options);

  return {
    open(account: Account): JobStore {
      const records = createRecords(database, account);
      return createJobStore({
        ...{ account, openCalls, clock, holder },
        records: async () => records,
        reserve: createReservations({ database, account, holder, clock, random }),
        approvals: createApprovals(database, account, clock),
        check: () => check(database),
        takeReads: createTakeReads(database, account, clock),
      });
    },
    end: holder.end,
  };
}

/** Resolves if a record could be written now: a standby only reads. */
async function check(database: Database): Promise<void> {
  const [row] = await database.run(
    (sql) => sql`SELECT current_setting('transaction_read_only') AS read_only`,
    0,
  );
  if (row?.read_only !== 'off') throw unusable({ code: 'read_only' });
}
