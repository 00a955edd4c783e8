import type { Account } from '../../account.ts';
import type { Database } from './database.ts';

/** Makes what resolves to the id of an account, which stands in every statement about its records. */
export function createAccountId(database: Database, { tenant, api }: Account): () => Promise<number> {
  let known: Promise<number> | undefined;

  const find = () =>
    database.run(async (sql) => {
      const read = () =>
        sql<
          { id: number }[]
        >`SELECT id FROM runcomfy_images.accounts WHERE tenant = ${tenant} AND api = ${api}`;
      let [found] = await read();
      if (!found) {
        await sql`INSERT INTO runcomfy_images.accounts (tenant, api) VALUES (${tenant}, ${api}) ON CONFLICT DO NOTHING`;
        [found] = await read();
      }
      return (found as { id: number }).id;
    });

  return () => {
    known ??= find().catch((error) => {
      known = undefined;
      throw error;
    });
    return known;
  };
}
