import postgres from 'postgres';
import { expect, onTestFinished, test } from 'vitest';
import { freshDatabase } from './support/database.ts';
import { type Network, startProxy } from './support/proxy.ts';

let proxy: Network;
let direct: postgres.Sql;
let sql: postgres.Sql;

const connect = (url: string) => {
  const sql = postgres(url, { max: 1, prepare: false, onnotice: () => {} });
  onTestFinished(() => sql.end({ timeout: 0 }));
  return sql;
};

async function prepare() {
  const url = await freshDatabase();
  proxy = await startProxy(url);
  onTestFinished(() => proxy.close());
  direct = connect(url);
  sql = connect(proxy.url);
  await direct`CREATE TABLE kept (id int)`;
}

const kept = async () => (await direct`SELECT id FROM kept ORDER BY id`).map(({ id }) => id);

test('a statement whose reply is lost was carried out', async () => {
  await prepare();
  await sql`SELECT 1`;
  const lost = proxy.loseReply('INSERT INTO kept');
  await expect(sql`INSERT INTO kept VALUES (${1})`).rejects.toThrow('CONNECTION_CLOSED');
  await lost;
  expect(await kept()).toEqual([1]);
  await sql`INSERT INTO kept VALUES (${2})`;
  expect(await kept()).toEqual([1, 2]);
});

test('so was a transaction, one of several requests on their way at once, and one in a new connection', async () => {
  await prepare();
  const lost = proxy.loseReply('commit');
  await expect(sql.begin((own) => own`INSERT INTO kept VALUES (${1})`)).rejects.toThrow('CONNECTION_CLOSED');
  await lost;
  expect(await kept()).toEqual([1]);

  const third = proxy.loseReply('VALUES (4)');
  const ids = [2, 3, 4].map((id) => sql.unsafe(`INSERT INTO kept VALUES (${id})`).then(() => id));
  const settled = await Promise.allSettled(ids);
  await third;
  expect(settled.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected']);
  expect(await kept()).toEqual([1, 2, 3, 4]);
});

test('what is cut ends, what is silent waits, what is held back comes', async () => {
  await prepare();
  const sleeping = sql`SELECT pg_sleep(60)`;
  const cut = expect(sleeping).rejects.toThrow('CONNECTION_CLOSED');
  await expect
    .poll(() => direct`SELECT 1 FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%'`)
    .toHaveLength(2);
  proxy.cut();
  await cut;
  await expect.poll(() => proxy.connections()).toBe(0);

  await sql`SELECT 1`;
  proxy.silence(true);
  let isAnswered = false;
  const asked = [sql`INSERT INTO kept VALUES (1)`, connect(proxy.url)`INSERT INTO kept VALUES (2)`].map(
    (one) =>
      one.then(() => {
        isAnswered = true;
      }),
  );
  await direct`SELECT pg_sleep(0.1)`;
  expect([isAnswered, await kept()]).toEqual([false, []]);
  proxy.silence(false);
  proxy.delay(20);
  await Promise.all(asked);
  expect(await kept()).toEqual([1, 2]);
});
