import postgres from 'postgres';
import { systemClock } from '../../../src/clock.ts';
import { openDatabase } from '../../../src/stores/postgres/database.ts';
import { migrate } from '../../../src/stores/postgres/migrate.ts';
import type { Postgres } from './server.ts';

/** The database with all tables, which tests copy. Nobody else connects to it: that would keep it from being copied. */
export const TABLES = 'tables';

/** Makes it. */
export async function createTables(server: Postgres): Promise<void> {
  const sql = postgres(server.url(), { max: 1, onnotice: () => {} });
  await sql`CREATE DATABASE ${sql(TABLES)} TEMPLATE template0`;
  await sql.end();
  const database = await openDatabase(server.url(TABLES), { clock: systemClock, random: Math.random });
  await migrate(database);
  await database.close();
}
