import { expect, it } from 'vitest';
import type { Database } from '../../src/stores/postgres/database.ts';
import { accountId } from '../../src/stores/postgres/ids.ts';
import { createTakeReads } from '../../src/stores/postgres/reads.ts';
import { ACCOUNT, clock } from '../stores/backends.ts';
import { open } from './support/backend.ts';
import { freshTables } from './support/database.ts';

async function setUp() {
  const database = await open(await freshTables());
  return { database, takeReads: createTakeReads(database, ACCOUNT, clock) };
}

it('a budget of reads is there again after a pause, and no more than a few', async () => {
  const { database, takeReads } = await setUp();
  await takeReads(20, 0.1);
  await database.run(
    (sql) =>
      sql`UPDATE runcomfy_images.read_paces SET ready_at = now() - interval '1 hour' WHERE account_id = ${accountId(ACCOUNT)}`,
  );
  expect(await takeReads(5, 0.1)).toBe(0);
  expect(Math.ceil((await takeReads(1, 0.1)) / 10_000)).toBe(1);
});

it('reads are not stopped by a clock of the database that is set back', async () => {
  const { database, takeReads } = await setUp();
  await takeReads(5, 10);
  await database.run(
    (sql) => sql`UPDATE runcomfy_images.read_paces SET ready_at = now() + interval '1 year'`,
  );
  expect(await takeReads(1, 10)).toBeLessThanOrEqual(60_000);
});

it('reads of a database that does not answer are given up soon', async () => {
  const hanging: Database = { run: () => new Promise(() => {}), listen() {}, close: async () => {} };
  const takeReads = createTakeReads(hanging, ACCOUNT, clock);
  const began = clock.now();
  await expect(takeReads(1, 10)).rejects.toMatchObject({ code: 'store_unavailable' });
  expect(clock.now() - began).toBe(1_000);
});
