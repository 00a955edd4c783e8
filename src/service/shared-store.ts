import type { Clock } from '../clock.ts';
import { codeOf } from '../errors.ts';
import type { OpenLibrary, StoresOptions } from '../runtime.ts';
import { openDatabase } from '../stores/postgres/database.ts';
import { migrate, NewerDatabaseError } from '../stores/postgres/migrate.ts';
import { createPictureTables } from '../stores/postgres/pictures.ts';
import { createStops } from '../stores/postgres/stops.ts';
import { createPostgresStores } from '../stores/postgres/stores.ts';
import { openTenants, recordedTenants } from '../stores/postgres/tenants.ts';

/** The database of `--store` cannot be used. Its message is for the operator; it shows nothing of the address. */
export class StoreProblem extends Error {}

/** Opens the database that replicas share, with its tables as this version needs them. Throws StoreProblem. */
export async function openSharedStore(url: string, surroundings: { clock: Clock; random: () => number }) {
  const database = await openDatabase(url, surroundings);
  await migrate(database).catch(async (error) => {
    await database.close();
    // The database wraps what ends a piece of work.
    const cause = error.cause ?? error;
    const why = cause instanceof NewerDatabaseError ? cause.message : codeOf(cause);
    throw new StoreProblem(`the database of --store cannot be used: ${why}`);
  });
  const pictures = createPictureTables(database, surroundings.clock);
  // A digest says the API too.
  const openLibrary: OpenLibrary = (_, digest, maxBytes) => pictures.open(digest, maxBytes);
  return {
    openLibrary,
    createStores: (options: StoresOptions) => createPostgresStores({ ...options, database }),
    createStops: (options: { clock: Clock; ended: AbortSignal }) => createStops({ ...options, database }),
    /** The tenants of an API who have open jobs since a time (ISO 8601). */
    openTenants: (api: string, since: string) => openTenants(database, api, since),
    /** The tenants of an API who have something on record. */
    recordedTenants: (api: string) => recordedTenants(database, api),
    close: database.close,
  };
}
