import { existsSync } from 'node:fs';
import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { freshDatabase } from './support/database.ts';
import { startPostgres } from './support/server.ts';

const connect = (url: string) => {
  const sql = postgres(url, { max: 1, prepare: false, onnotice: () => {} });
  onTestFinished(() => sql.end({ timeout: 0 }));
  return sql;
};

test('every test gets a database of its own', async () => {
  const [one, other] = [connect(await freshDatabase()), connect(await freshDatabase())];
  await one`CREATE TABLE mine (id int)`;
  const tables = await other`SELECT 1 FROM pg_tables WHERE tablename = 'mine'`;
  expect(tables).toHaveLength(0);
});

test('a server that crashes, freezes and starts again keeps what was committed', async () => {
  const server = await startPostgres();
  onTestFinished(() => server.stop());
  const sql = connect(server.url());
  await sql`CREATE TABLE kept (id int)`;
  await sql`INSERT INTO kept VALUES (1)`;
  await server.crash();
  await expect(sql`SELECT 1`).rejects.toThrow();
  await server.start();
  expect(await sql`SELECT id FROM kept`).toEqual([{ id: 1 }]);

  server.freeze();
  let answered = false;
  const asked = sql`SELECT id FROM kept`.then((rows) => {
    answered = true;
    return rows;
  });
  const sleeper = connect(process.env.TEST_POSTGRES ?? '');
  await sleeper`SELECT pg_sleep(0.2)`;
  expect(answered).toBe(false);
  server.thaw();
  expect(await asked).toEqual([{ id: 1 }]);

  server.freeze();
  await server.stop();
  expect(existsSync(server.folder)).toBe(false);
  await expect(sql`SELECT 1`).rejects.toThrow('ECONNREFUSED');
});
