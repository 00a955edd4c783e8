import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { freshDatabase } from './support/database.ts';
import { hasPgBouncer, startPgBouncer } from './support/pgbouncer.ts';

test.skipIf(!hasPgBouncer())(
  'through PgBouncer a connection to Postgres belongs to a transaction, not to a client',
  async () => {
    const bouncer = await startPgBouncer(await freshDatabase());
    onTestFinished(bouncer.stop);
    const connect = () => {
      const sql = postgres(bouncer.url, { max: 1, prepare: false });
      onTestFinished(() => sql.end({ timeout: 0 }));
      return sql;
    };
    const [one, other] = [connect(), connect()];
    const pidOf = async (sql: postgres.Sql) => (await sql`SELECT pg_backend_pid() AS pid`)[0]?.pid;
    expect(await pidOf(one)).toBe(await pidOf(other));
    await one.begin(async (own) => {
      const held = (await own`SELECT pg_backend_pid() AS pid`)[0]?.pid;
      expect(await pidOf(other)).not.toBe(held);
    });
  },
);
