import { createHash } from 'node:crypto';
import type { Account } from '../../account.ts';
import type { Sql } from './database.ts';

/** The UUID that a text always has: of its SHA-256, so that nobody finds two texts with the same one. */
export function uuidOf(text: string): string {
  const digits = createHash('sha256').update(text).digest('hex');
  return [0, 8, 12, 16, 20].map((from, n) => digits.slice(from, [8, 12, 16, 20, 32][n])).join('-');
}

/**
 * The id of an account, which stands in every statement about its records. It is made of the account and never looked up:
 * a backup that is restored while this process runs cannot make it another's.
 */
export const accountId = ({ tenant, api }: Account): string => uuidOf(JSON.stringify([tenant, api]));

/** A part of a statement, for `WITH`: what makes the row of an account where it is missing, as others refer to it. */
export const withAccount = (sql: Sql, account: Account) =>
  // On a line of its own: where a row follows, the driver looks for the last INSERT with the same character before it.
  sql`account AS (
    INSERT INTO runcomfy_images.accounts (id, tenant, api)
    VALUES (${accountId(account)}, ${account.tenant}, ${account.api}) ON CONFLICT DO NOTHING)`;
