import { describe } from 'vitest';
import { migrate } from '../../src/stores/postgres/migrate.ts';
import { createPictureTables } from '../../src/stores/postgres/pictures.ts';
import { clock } from '../stores/backends.ts';
import { conformsAsLibrary, type SharedPlace } from '../support/library-suite.ts';
import { open } from './support/backend.ts';
import { freshDatabase } from './support/database.ts';

const ACCOUNT = 'c'.repeat(32);

async function sharedTable(): Promise<SharedPlace> {
  const url = await freshDatabase();
  const database = await open(url);
  await migrate(database);
  return {
    open: async (account = ACCOUNT, maxBytes = 1e9) =>
      createPictureTables(await open(url), clock).open(account, maxBytes),
    age: (name, ms) =>
      database.run(async (sql) => {
        await sql`UPDATE runcomfy_images.pictures
          SET kept_at = kept_at - ${ms} * interval '1 millisecond' WHERE name = ${name}`;
      }),
    damage: (name) =>
      database.run(async (sql) => {
        await sql`UPDATE runcomfy_images.picture_pieces SET data = set_byte(data, 5, 255 - get_byte(data, 5))
          WHERE number = 1 AND picture_id IN (SELECT id FROM runcomfy_images.pictures WHERE name = ${name})`;
      }),
    leaveHalf: (ms) =>
      database.run(async (sql) => {
        await sql`INSERT INTO runcomfy_images.pictures (account, name, kept_at)
          VALUES (${ACCOUNT}, 'half', now() - ${ms} * interval '1 millisecond')`;
      }),
  };
}

describe('tables that replicas share', () => {
  conformsAsLibrary(sharedTable);
});
