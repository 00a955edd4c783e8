import { join } from 'node:path';
import { binaries, copyBinaries, ownFolder } from './binaries.ts';
import { watchOver } from './processes.ts';
import { startPostgres } from './server.ts';
import { createTables } from './tables.ts';

/** Before the tests: one Postgres for all of them, and its programs for those that start their own. */
export default async function setup(): Promise<(() => Promise<void>) | undefined> {
  if (!binaries()) return undefined;
  const folder = ownFolder();
  const remove = watchOver(join(folder, 'pid'), folder);
  process.env.TEST_POSTGRES_BINARIES = join(folder, 'native');
  copyBinaries(process.env.TEST_POSTGRES_BINARIES);
  const postgres = await startPostgres();
  await createTables(postgres);
  process.env.TEST_POSTGRES = postgres.url();
  return async () => {
    await postgres.stop();
    await remove();
  };
}
