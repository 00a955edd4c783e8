import type { Account } from '../../account.ts';
import type { Intent, Query, StoredJob } from '../../jobs/store.ts';
import type { Content, Records } from '../backend.ts';
import type { Database, Sql } from './database.ts';
import { accountId, uuidOf, withAccount } from './ids.ts';
import { prune } from './prune.ts';
import { columns, type Row, toColumns, toStored } from './rows.ts';

// Whoever asks for the newest jobs soon stops.
const [FIRST_PAGE, PAGE] = [20, 200];

// In the words of the index.
const OPEN = (sql: Sql) => sql`AND state IN ('reserved', 'submitting', 'in_queue', 'in_progress')`;

/** The same for the same call and intent, so that what is reserved again is found. */
export const idOf = ({ fingerprint, job }: Intent, call: string): string =>
  uuidOf(JSON.stringify([job.submitted_at, fingerprint, call]));

/** Whether the database knows such a time (ISO 8601): in its first years there was no job, and in its last there is none. */
const isTime = (iso: string): boolean => /^(?!0000)\d{4}-/.test(iso);

/** The records of an account in its rows: its id stands in every statement. */
export function createRecords(database: Database, account: Account): Records {
  const account_id = accountId(account);

  async function read(where: (sql: Sql) => ReturnType<Sql>): Promise<Row[]> {
    return database.run(
      (sql) =>
        sql<
          Row[]
        >`SELECT ${columns(sql)} FROM runcomfy_images.jobs WHERE account_id = ${account_id} AND ${where(sql)}`,
    );
  }

  async function find(id: string): Promise<StoredJob | undefined> {
    const [row] = await read((sql) => sql`id = ${id}`);
    return row && toStored(row);
  }

  /** Writes the revision after the one that was read; false if another writer was faster. */
  async function write({ id, revision }: StoredJob, content: Content): Promise<boolean> {
    const { submitted_at: _, ...changed } = toColumns(content);
    const written = await database.run(
      (sql) => sql`UPDATE runcomfy_images.jobs SET ${sql(changed)}, revision = ${revision + 1}
        WHERE account_id = ${account_id} AND id = ${id} AND revision = ${revision}`,
    );
    return written.count === 1;
  }

  /** Creates a record that is gone again; false if another writer was faster. */
  async function restore({ id, revision, fingerprint }: StoredJob, content: Content): Promise<boolean> {
    const row = { account_id, id, revision: revision + 1, fingerprint, ...toColumns(content) };
    const written = await database.run(
      (sql) => sql`WITH ${withAccount(sql, account)}
        INSERT INTO runcomfy_images.jobs ${sql(row)} ON CONFLICT DO NOTHING`,
    );
    return written.count === 1;
  }

  async function* newest({ since, fingerprint, isOpen, onIgnored }: Query): AsyncGenerator<StoredJob> {
    let last: { submitted_at: Date; id: string } | undefined;
    for (let page = FIRST_PAGE; ; page = PAGE) {
      const rows = await read(
        (sql) => sql`true
          ${since === undefined || !isTime(since) ? sql`` : sql`AND submitted_at >= ${since}`}
          ${fingerprint === undefined ? sql`` : sql`AND fingerprint >= ${fingerprint} AND fingerprint < ${`${fingerprint}g`}`}
          ${isOpen ? OPEN(sql) : sql``}
          ${last === undefined ? sql`` : sql`AND (submitted_at, id) < (${last.submitted_at}, ${last.id})`}
          ORDER BY submitted_at DESC, id DESC LIMIT ${page}`,
      );
      for (const row of rows) {
        const stored = toStored(row);
        last = { submitted_at: row.submitted_at, id: row.id };
        if (stored) yield stored;
        else onIgnored?.();
      }
      if (rows.length < page) return;
    }
  }

  return {
    find,
    async change(id, alter, _, seen) {
      for (;;) {
        const now = await find(id);
        const base = now ?? seen;
        const changed = base && alter(base);
        if (!base || !changed) return undefined;
        if (now && changed === now) return now;
        const isWritten = now ? await write(now, changed) : await restore(base, changed);
        const { job, lease } = changed;
        const { fingerprint, revision } = base;
        if (isWritten) return { id, revision: revision + 1, fingerprint, job, ...(lease && { lease }) };
      }
    },
    async discard(id, may) {
      for (;;) {
        const now = await find(id);
        if (!now || !may(now)) return;
        await database.run(
          (sql) => sql`DELETE FROM runcomfy_images.jobs
            WHERE account_id = ${account_id} AND id = ${id} AND revision = ${now.revision}`,
        );
      }
    },
    async byRequestId(requestId) {
      // Text has no such character.
      if (requestId.includes('\0')) return undefined;
      const [row] = await read(
        (sql) => sql`request_id = ${requestId} ORDER BY submitted_at DESC, id DESC LIMIT 1`,
      );
      return row && toStored(row);
    },
    newest: async (query) => newest(query),
    prune: (now, keep) => prune(database, account_id, now, keep),
  };
}
