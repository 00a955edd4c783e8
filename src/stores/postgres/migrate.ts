import type { Database, Sql } from './database.ts';
import { MIGRATIONS, type Migration } from './migrations/index.ts';

// Any number that no other program locks by.
const LOCK = 7_263_155_811;
// In ms: how long all migrations may take, or those of another replica, before they are begun again.
const MIGRATION = 600_000;

/** The database was made by a version of this program that this one is too old for. Its message is for the operator. */
export class NewerDatabaseError extends Error {}

/**
 * Brings the tables to what this program knows, whoever else starts at the same time; does not touch them if they are. A
 * newer version may have changed them already: then it rejects, caused by a NewerDatabaseError, unless this one can work on
 * them too.
 */
export async function migrate(
  database: Database,
  migrations: readonly Migration[] = MIGRATIONS,
): Promise<void> {
  const known = migrations.at(-1)?.number ?? 0;
  const check = (applied: readonly { number: number; needs: number }[]) => {
    const needed = Math.max(0, ...applied.map(({ needs }) => needs));
    if (needed > known)
      throw new NewerDatabaseError(
        `the database is at version ${needed}, this program knows ${known}: run the version that changed it, or a newer one`,
      );
    return new Set(applied.map(({ number }) => number));
  };

  const isUpToDate = async (sql: Sql) => {
    const [found] = await sql`SELECT to_regclass('runcomfy_images.migrations') IS NOT NULL AS is_there`;
    if (!found?.is_there) return false;
    const applied = check(await sql`SELECT number, needs FROM runcomfy_images.migrations`);
    return migrations.every(({ number }) => applied.has(number));
  };
  const apply = (sql: Sql) =>
    sql.begin(async (tx) => {
      await tx`SELECT pg_advisory_xact_lock(${LOCK}::bigint)`;
      const [found] = await tx`SELECT to_regnamespace('runcomfy_images') IS NOT NULL AS is_there`;
      // Even where there is one, whoever asks needs the right to create it.
      if (!found?.is_there) await tx`CREATE SCHEMA runcomfy_images`;
      await tx`CREATE TABLE IF NOT EXISTS runcomfy_images.migrations (
        number integer PRIMARY KEY, needs integer NOT NULL, applied_at timestamptz NOT NULL DEFAULT now())`;
      const applied = check(await tx`SELECT number, needs FROM runcomfy_images.migrations`);
      for (const { number, needs, sql: text } of migrations) {
        if (applied.has(number)) continue;
        await tx.unsafe(text).simple();
        await tx`INSERT INTO runcomfy_images.migrations (number, needs) VALUES (${number}, ${needs})`;
      }
    });
  try {
    if (!(await database.run(isUpToDate))) await database.run(apply, undefined, MIGRATION);
  } catch (error) {
    throw (error as Error).cause instanceof NewerDatabaseError ? (error as Error).cause : error;
  }
}
