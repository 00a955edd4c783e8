import type { Database } from './database.ts';

/** The tenants of an API who have open jobs that were submitted since a time (ISO 8601). */
export async function openTenants(database: Database, api: string, since: string): Promise<string[]> {
  const rows = await database.run(
    (sql) => sql<{ tenant: string }[]>`SELECT tenant FROM runcomfy_images.accounts
      WHERE api = ${api} AND EXISTS (SELECT 1 FROM runcomfy_images.jobs
        WHERE account_id = accounts.id AND submitted_at >= ${since}
          AND state IN ('reserved', 'submitting', 'in_queue', 'in_progress'))`,
    0,
  );
  return rows.map(({ tenant }) => tenant);
}

/** The tenants of an API who have something on record. */
export async function recordedTenants(database: Database, api: string): Promise<string[]> {
  const rows = await database.run(
    (sql) => sql<{ tenant: string }[]>`SELECT tenant FROM runcomfy_images.accounts WHERE api = ${api}`,
    0,
  );
  return rows.map(({ tenant }) => tenant);
}
