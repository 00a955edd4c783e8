import { beforeEach, expect, it } from 'vitest';
import type { Database } from '../../src/stores/postgres/database.ts';
import { migrate, NewerDatabaseError } from '../../src/stores/postgres/migrate.ts';
import { MIGRATIONS, type Migration } from '../../src/stores/postgres/migrations/index.ts';
import { createFastClock } from '../support/clock.ts';
import { open } from './support/backend.ts';
import { freshDatabase } from './support/database.ts';

let url: string;
let database: Database;
beforeEach(async () => {
  url = await freshDatabase();
  database = await open(url);
});

const EXPAND: Migration = {
  number: 101,
  sql: 'ALTER TABLE runcomfy_images.jobs ADD COLUMN added integer NOT NULL DEFAULT 7; SELECT pg_sleep(0.1)',
  needs: 1,
};
const CONTRACT: Migration = {
  number: 102,
  sql: 'ALTER TABLE runcomfy_images.jobs DROP COLUMN added',
  needs: 102,
};
const applied = async () => {
  const rows = await database.run(
    (sql) => sql<{ number: number }[]>`SELECT number FROM runcomfy_images.migrations ORDER BY number`,
  );
  return rows.map(({ number }) => number);
};
const KNOWN = MIGRATIONS.map(({ number }) => number);

it('replicas that start at once on an empty database make its tables once', async () => {
  const replicas = await Promise.all(Array.from({ length: 4 }, () => open(url)));
  await Promise.all(replicas.map((replica) => migrate(replica)));
  expect(await applied()).toEqual(KNOWN);
});

it('an older version works on beside a newer one that expanded, and refuses a database that was contracted', async () => {
  await migrate(database);
  await migrate(database, [...MIGRATIONS, EXPAND]);
  await migrate(database);
  expect(await applied()).toEqual([...KNOWN, 101]);
  await migrate(database, [...MIGRATIONS, EXPAND, CONTRACT]);
  await migrate(database, [...MIGRATIONS, EXPAND, CONTRACT]);
  for (const old of [MIGRATIONS, [...MIGRATIONS, EXPAND]]) {
    const refused = migrate(database, old);
    await expect(refused).rejects.toBeInstanceOf(NewerDatabaseError);
    await expect(refused).rejects.toThrow(/^the database is at version 102, this program knows \d+: run the/);
  }
});

it('a migration that fails leaves nothing, and those before it neither', async () => {
  await migrate(database);
  const broken = { number: 102, sql: 'CREATE TABLE runcomfy_images.half (id int); SELECT nothing', needs: 1 };
  await expect(migrate(database, [...MIGRATIONS, EXPAND, broken])).rejects.toMatchObject({
    code: 'store_unavailable',
    message: 'The database of the job records cannot be used (42703).',
  });
  expect(await applied()).toEqual(KNOWN);
  const [half] = await database.run((sql) => sql`SELECT to_regclass('runcomfy_images.half') AS is_there`);
  expect(half?.is_there).toBeNull();
});

it('a migration that takes long is begun once, however many wait for it', async () => {
  await migrate(database);
  // By this clock all tries of a statement are otherwise over after 1.9 s.
  const long = {
    number: 101,
    sql: 'CREATE SEQUENCE runcomfy_images.begun; SELECT pg_sleep(2.2)',
    needs: 1,
  };
  const replicas = await Promise.all([open(url, createFastClock(8)), open(url, createFastClock(8))]);
  await Promise.all(replicas.map((replica) => migrate(replica, [...MIGRATIONS, long])));
  expect(await applied()).toEqual([...KNOWN, 101]);
});

it('a user without the right to create anything may start where the tables are there', async () => {
  await migrate(database);
  const [{ name } = { name: '' }] = await database.run(
    (sql) => sql<{ name: string }[]>`SELECT 'user_' || current_database() AS name`,
  );
  await database.run(async (sql) => {
    await sql.unsafe(`CREATE ROLE ${name} LOGIN PASSWORD 'x'`);
    await sql.unsafe(`GRANT USAGE ON SCHEMA runcomfy_images TO ${name}`);
    await sql.unsafe(`GRANT SELECT ON ALL TABLES IN SCHEMA runcomfy_images TO ${name}`);
  });
  const theirs = new URL(url);
  [theirs.username, theirs.password] = [name, 'x'];
  const replica = await open(theirs.href);
  await migrate(replica);
  await expect(migrate(replica, [...MIGRATIONS, EXPAND])).rejects.toMatchObject({
    message: 'The database of the job records cannot be used (42501).',
  });
  await database.run(async (sql) => {
    await sql.unsafe(`DROP OWNED BY ${name}`);
    await sql.unsafe(`DROP ROLE ${name}`);
  });
});
