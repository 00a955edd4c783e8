import { codeOf } from '../../errors.ts';
import type { Database, Sql } from './database.ts';
import type { createLargeWork } from './large-work.ts';

const UNIQUE_VIOLATION = '23505';

/** A picture that is there; its content never changes. */
export interface PictureRow {
  id: string;
  bytes: number;
}

interface ListedRow {
  id: string;
  /** Null for what is not finished. */
  name: string | null;
  bytes: number;
  /** By the database's clock, in ms. */
  kept_at: number;
}

/**
 * The rows of an account's pictures: its digest stands in every statement. `large` does what takes more than a row.
 * Nothing waits for a database that is away. Throws `store_unavailable`.
 */
export function createPictureRows(
  database: Database,
  large: ReturnType<typeof createLargeWork>,
  account: string,
) {
  const run = <Result>(work: (sql: Sql) => Promise<Result>): Promise<Result> => database.run(work, 0);

  return {
    async find(name: string): Promise<PictureRow | undefined> {
      const [row] = await run(
        (sql) => sql<PictureRow[]>`SELECT id, bytes FROM runcomfy_images.pictures
          WHERE account = ${account} AND name = ${name} AND bytes IS NOT NULL`,
      );
      return row;
    },
    /** The SHA-256 of what a picture holds, in hex; the database makes it. */
    async hash(id: string): Promise<string | undefined> {
      const [row] = await large(
        (sql) => sql`SELECT encode(sha256(string_agg(data, ''::bytea ORDER BY number)), 'hex') AS sha256
          FROM runcomfy_images.picture_pieces JOIN runcomfy_images.pictures ON id = picture_id
          WHERE account = ${account} AND id = ${id}`,
      );
      return row?.sha256;
    },
    async piece(id: string, number: number): Promise<Buffer | undefined> {
      const [row] = await large(
        (sql) => sql<{ data: Buffer }[]>`SELECT data
          FROM runcomfy_images.picture_pieces JOIN runcomfy_images.pictures ON id = picture_id
          WHERE account = ${account} AND id = ${id} AND number = ${number}`,
      );
      return row?.data;
    },
    /** Begins a picture that nobody finds before it is finished; resolves to its id. */
    async begin(name: string): Promise<string> {
      const [row] = await run(
        (sql) => sql<{ id: string }[]>`INSERT INTO runcomfy_images.pictures (account, name)
          VALUES (${account}, ${name}) RETURNING id`,
      );
      return (row as { id: string }).id;
    },
    async add(id: string, number: number, data: Buffer): Promise<void> {
      await large(
        (sql) => sql`INSERT INTO runcomfy_images.picture_pieces (picture_id, number, data)
          SELECT id, ${number}::integer, ${data}::bytea FROM runcomfy_images.pictures
          WHERE account = ${account} AND id = ${id}`,
      );
    },
    /** Lets all find a picture; false if there is one of its name, or if its row is gone. */
    async finish(id: string, bytes: number): Promise<boolean> {
      const finished = await run((sql) =>
        sql`UPDATE runcomfy_images.pictures SET bytes = ${bytes}, kept_at = now()
          WHERE account = ${account} AND id = ${id}`.catch((error) => {
          if (codeOf(error) !== UNIQUE_VIOLATION) throw error;
          return { count: 0 };
        }),
      );
      return finished.count === 1;
    },
    /** Makes a picture young; false if it is gone. */
    async renew(id: string): Promise<boolean> {
      const renewed = await run(
        (sql) => sql`UPDATE runcomfy_images.pictures SET kept_at = now()
          WHERE account = ${account} AND id = ${id}`,
      );
      return renewed.count === 1;
    },
    async remove(id: string): Promise<void> {
      await run((sql) => sql`DELETE FROM runcomfy_images.pictures WHERE account = ${account} AND id = ${id}`);
    },
    /** Removes a picture that is as old as it was listed; false if it stays. */
    async removeListed(id: string, keptAt: number): Promise<boolean> {
      await run(
        (sql) => sql`DELETE FROM runcomfy_images.pictures WHERE account = ${account} AND id = ${id}
          AND extract(epoch FROM kept_at)::float8 * 1000 = ${keptAt}::float8`,
      );
      const left = await run(
        (sql) => sql`SELECT FROM runcomfy_images.pictures WHERE account = ${account} AND id = ${id}`,
      );
      return left.length === 0;
    },
    list: (): Promise<ListedRow[]> =>
      run(
        (sql) => sql<ListedRow[]>`SELECT id, CASE WHEN bytes IS NOT NULL THEN name END AS name,
            coalesce(bytes, (SELECT sum(octet_length(data)) FROM runcomfy_images.picture_pieces
              WHERE picture_id = id), 0)::integer AS bytes,
            extract(epoch FROM kept_at)::float8 * 1000 AS kept_at
          FROM runcomfy_images.pictures WHERE account = ${account}`,
      ),
    /** The time by the database's clock, in ms. */
    async now(): Promise<number> {
      const [row] = await run(
        (sql) => sql`SELECT extract(epoch FROM clock_timestamp())::float8 * 1000 AS now`,
      );
      return row?.now;
    },
  };
}
