import postgres from 'postgres';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { openSharedStore } from '../../src/service/shared-store.ts';
import { migrate } from '../../src/stores/postgres/migrate.ts';
import { MIGRATIONS } from '../../src/stores/postgres/migrations/index.ts';
import { open } from './support/backend.ts';
import { freshDatabase } from './support/database.ts';

const KNOWN = MIGRATIONS.at(-1)?.number ?? 0;
const NEXT = KNOWN + 1;

const start = async (url: string) => {
  const { close } = await openSharedStore(url, { clock: systemClock, random: Math.random });
  onTestFinished(close);
};

/** Brings a database to what a later version of this program makes of it. */
const upgrade = async (url: string, needs: number) =>
  migrate(await open(url), [
    ...MIGRATIONS,
    { number: NEXT, needs, sql: 'ALTER TABLE runcomfy_images.jobs ADD COLUMN later integer' },
  ]);

describe('a database that a later version has changed', () => {
  it('is used by this one too, if that only added to it', async () => {
    const url = await freshDatabase();
    await start(url);
    await upgrade(url, KNOWN);
    await start(url);
  });

  it('is refused by this one, with both versions, if that took something away', async () => {
    const url = await freshDatabase();
    await upgrade(url, NEXT);
    await expect(start(url)).rejects.toThrow(
      `the database of --store cannot be used: the database is at version ${NEXT}, this program knows ${KNOWN}: run the version that changed it, or a newer one`,
    );
  });
});

describe('a new database', () => {
  it('is refused with the code of the database where its role may make no schema, and without the address', async () => {
    const url = new URL(await freshDatabase());
    const sql = postgres(url.href, { max: 1, onnotice: () => {} });
    onTestFinished(() => sql.end());
    const role = `role_${url.pathname.slice(1)}`;
    await sql.unsafe(`CREATE ROLE ${role} LOGIN PASSWORD 'secret-of-role'`);
    onTestFinished(async () => void (await sql.unsafe(`DROP ROLE ${role}`)));
    Object.assign(url, { username: role, password: 'secret-of-role' });
    await expect(start(url.href)).rejects.toThrow(/^the database of --store cannot be used: 42501$/);
  });
});
