import type { Account } from '../../account.ts';
import { type Clock, unlessAborted, within } from '../../clock.ts';
import { BURST } from '../../jobs/polling/pace.ts';
import type { JobStore } from '../../jobs/store.ts';
import type { Database } from './database.ts';
import { unusable } from './errors.ts';
import { accountId, withAccount } from './ids.ts';

// In ms: without an answer by then the process keeps a pace of its own.
const PATIENCE = 1_000;
// In ms, and in reads: how far ahead of now replicas take them. What is further says that the database's clock was set back.
const MAX_AHEAD = 60_000;
const MAX_READS_AHEAD = 50;

/** Makes what takes reads from an account's row, as replicas share them, on the database's clock. */
export function createTakeReads(database: Database, account: Account, clock: Clock): JobStore['takeReads'] {
  async function take(count: number, perSecond: number): Promise<number> {
    const each = 1000 / perSecond;
    const ahead = Math.max(MAX_AHEAD, MAX_READS_AHEAD * each);
    const [row] = await database.run((sql) => {
      const interval = (length: number) => sql`${length}::double precision * interval '1 millisecond'`;
      return sql<{ wait: number }[]>`
          WITH ${withAccount(sql, account)}
          INSERT INTO runcomfy_images.read_paces AS pace (account_id, ready_at)
          VALUES (${accountId(account)}, clock_timestamp() + ${interval(count * each)})
          ON CONFLICT (account_id) DO UPDATE SET ready_at = ${interval(count * each)}
            + least(greatest(pace.ready_at, clock_timestamp()), clock_timestamp() + ${interval(ahead)})
          RETURNING (1000 * extract(epoch FROM ready_at - clock_timestamp()))::double precision AS wait`;
    }, 0);
    return Math.max(0, (row?.wait ?? 0) - BURST * each);
  }

  return (count, perSecond) => {
    const late = unusable({ code: 'ETIMEDOUT' });
    return within(clock, PATIENCE, late, (signal) => unlessAborted(take(count, perSecond), signal));
  };
}
