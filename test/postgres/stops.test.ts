import { expect, it, onTestFinished } from 'vitest';
import type { Sql } from '../../src/stores/postgres/database.ts';
import { createStops } from '../../src/stores/postgres/stops.ts';
import { clock } from '../stores/backends.ts';
import { open } from './support/backend.ts';
import { freshTables } from './support/database.ts';

async function started(count: number) {
  const url = await freshTables();
  const databases = await Promise.all(Array.from({ length: count }, () => open(url)));
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const replicas = databases.map((database) => createStops({ database, clock, ended: end.signal }));
  const rows = () =>
    (databases[0] as (typeof databases)[0]).run(
      (sql) => sql<{ key: string; tenant: string }[]>`SELECT key, tenant FROM runcomfy_images.stops`,
    );
  return { replicas, rows, database: databases[0] as (typeof databases)[0] };
}
type Stops = ReturnType<typeof createStops>;

it('a client that posts thousands of stops neither fills the table nor shuts other tenants out', async () => {
  const { replicas, rows } = await started(2);
  const [one, two] = replicas as [Stops, Stops];
  for (let round = 0; round < 10; round++) {
    for (let nth = 0; nth < 1_000; nth++) one.tell('red', `${round} ${nth}`, 'user');
    await clock.sleep(200);
  }
  one.tell('blue', 'mine', 'user');
  await clock.sleep(1_000);
  const found = await rows();
  expect(found.filter(({ tenant }) => tenant === 'red')).toHaveLength(100);
  expect(found.filter(({ tenant }) => tenant === 'blue')).toHaveLength(1);
  const why = await new Promise((resolve) => two.expect('mine', resolve));
  expect(why).toBe('user');
});

it('thousands of stops at once are no more in one statement than a tenant may have', async () => {
  const { database } = await started(1);
  const sent: number[] = [];
  const watched = (sql: Sql) =>
    new Proxy(sql, {
      get: (target, name) =>
        name === 'json'
          ? (told: never[]) => {
              sent.push(told.length);
              return target.json(told);
            }
          : Reflect.get(target, name),
    });
  const { tell } = createStops({
    database: { ...database, run: (work, patience) => database.run((sql) => work(watched(sql)), patience) },
    clock,
    ended: new AbortController().signal,
  });
  for (let nth = 0; nth < 10_000; nth++) tell('red', `${nth}`, 'user');
  await clock.sleep(1_000);
  expect(sent[0]).toBeGreaterThan(0);
  expect(Math.max(...sent)).toBeLessThanOrEqual(100);
});

it('all tenants together keep at most 2,000', async () => {
  const { replicas, rows } = await started(1);
  const [one] = replicas as [Stops];
  for (let tenant = 0; tenant < 25; tenant++)
    for (let nth = 0; nth < 100; nth++) one.tell(`t${tenant}`, `${tenant} ${nth}`, 'user');
  await clock.sleep(1_000);
  one.tell('late', 'late', 'user');
  await clock.sleep(1_000);
  expect(await rows()).toHaveLength(2_000);
});

it('a stop is kept for a minute, and reaches no call that comes after', async () => {
  const { replicas, rows, database } = await started(2);
  const [one, two] = replicas as [Stops, Stops];
  one.tell('red', 'old', 'user');
  await expect.poll(async () => (await rows()).length).toBe(1);
  await database.run((sql) => sql`UPDATE runcomfy_images.stops SET at = at - interval '61 seconds'`);
  const ends: string[] = [];
  two.expect('old', (why) => ends.push(why));
  await clock.sleep(5_000);
  expect(ends).toEqual([]);
  one.tell('red', 'new', 'user');
  await expect.poll(rows).toEqual([{ key: 'new', tenant: 'red' }]);
});

it('a replica looks for stops only while it has calls', async () => {
  const { replicas, rows } = await started(2);
  const [one, two] = replicas as [Stops, Stops];
  const ends: string[] = [];
  const forget = two.expect('a call', (why) => ends.push(why));
  forget();
  one.tell('red', 'a call', 'user');
  await clock.sleep(5_000);
  expect(ends).toEqual([]);
  expect(await rows()).toHaveLength(1);
});
