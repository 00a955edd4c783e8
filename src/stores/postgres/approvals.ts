import { randomUUID } from 'node:crypto';
import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import type { ApprovalRequest, Approvals } from '../../jobs/store.ts';
import { parseJson } from '../../json.ts';
import { hashOf } from '../approvals.ts';
import type { Database } from './database.ts';
import { accountId, withAccount } from './ids.ts';

interface Row {
  fingerprint: string;
  usd: number | null;
  subject: string;
  expires_at: Date;
}

const toRequest = ({ fingerprint, usd, subject, expires_at }: Row): ApprovalRequest => ({
  fingerprint,
  ...(usd !== null && { usd }),
  subject: String(parseJson(subject)),
  expires: expires_at.getTime(),
});

/** The requests of an account in their rows. */
export function createApprovals(database: Database, account: Account, clock: Clock): Approvals {
  const account_id = accountId(account);
  const now = () => new Date(clock.now());

  return {
    async request(code, { fingerprint, usd = null, subject, expires }) {
      const row = { account_id, code_hash: hashOf(code), fingerprint, usd, subject: JSON.stringify(subject) };
      const asked = { ...row, expires_at: new Date(expires) };
      await database.run(async (sql) => {
        await sql`DELETE FROM runcomfy_images.approvals WHERE account_id = ${account_id} AND expires_at <= ${now()}`;
        await sql`WITH ${withAccount(sql, account)}
          INSERT INTO runcomfy_images.approvals ${sql(asked)} ON CONFLICT DO NOTHING`;
      });
    },
    async approve(code) {
      const [row] = await database.run(
        (sql) => sql<Row[]>`UPDATE runcomfy_images.approvals SET is_approved = true
          WHERE account_id = ${account_id} AND code_hash = ${hashOf(code)} AND expires_at > ${now()}
            AND taken_by IS NULL
          RETURNING fingerprint, usd, subject, expires_at`,
      );
      return row && toRequest(row);
    },
    async take(fingerprint, usd) {
      const taker = randomUUID();
      // A row that another call takes meanwhile is skipped.
      const taken = await database.run(
        (sql) => sql`UPDATE runcomfy_images.approvals SET taken_by = ${taker}
          WHERE account_id = ${account_id} AND code_hash IN (
            SELECT code_hash FROM runcomfy_images.approvals
            WHERE account_id = ${account_id} AND fingerprint = ${fingerprint} AND is_approved AND expires_at > ${now()}
              AND (usd IS NULL OR usd >= ${usd ?? null}::double precision)
              AND (taken_by IS NULL OR taken_by = ${taker})
            ORDER BY taken_by NULLS LAST LIMIT 1 FOR UPDATE SKIP LOCKED)`,
      );
      return taken.count === 1;
    },
  };
}
