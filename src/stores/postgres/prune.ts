import type { Retention } from '../../jobs/store.ts';
import { DAY } from '../backend.ts';
import type { Database } from './database.ts';

// How many rows a statement deletes: it must not keep others waiting.
const AT_ONCE = 1_000;

/** Deletes what the account with an id no longer keeps, as `prune` of the store says, and requests that expired; `now` in ms. */
export async function prune(
  database: Database,
  account: string,
  now: number,
  keep: Retention,
): Promise<void> {
  const at = (ms: number) => new Date(now - ms).toISOString();
  const [dayAgo, oldest] = [at(DAY), at(keep.days * DAY)];
  const isOver = () =>
    database.run(async (sql) => {
      const deleted = await sql`
        DELETE FROM runcomfy_images.jobs WHERE account_id = ${account} AND id IN (
          SELECT id FROM runcomfy_images.jobs
          WHERE account_id = ${account} AND submitted_at < ${dayAgo}
            AND (deleted OR NOT favourite
              AND (state IN ('cancelled', 'reserved')
                OR state IN ('succeeded', 'failed', 'unknown') AND delivered_at IS NOT NULL)
              AND (submitted_at < ${oldest} OR state = 'cancelled' AND request_id IS NULL
                OR (submitted_at, id) <= (
                  SELECT submitted_at, id FROM runcomfy_images.jobs WHERE account_id = ${account}
                  ORDER BY submitted_at DESC, id DESC OFFSET ${keep.jobs} LIMIT 1)))
          LIMIT ${AT_ONCE})`;
      return deleted.count < AT_ONCE;
    });
  while (!(await isOver()));
  await database.run(
    (sql) =>
      sql`DELETE FROM runcomfy_images.approvals WHERE account_id = ${account} AND expires_at <= ${at(0)}`,
  );
}
