import { describe, expect, it, onTestFinished } from 'vitest';
import { conformsInApprovals } from '../stores/approvals.ts';
import { conformsForBatches } from '../stores/batches.ts';
import { conforms } from '../stores/conformance.ts';
import { inPostgres, open } from './support/backend.ts';
import { freshTables } from './support/database.ts';
import { hasPgBouncer, startPgBouncer } from './support/pgbouncer.ts';

const throughPgBouncer = async (url: string) => {
  const bouncer = await startPgBouncer(url);
  onTestFinished(bouncer.stop);
  return bouncer.url;
};

describe.skipIf(!hasPgBouncer())('replicas on one Postgres through PgBouncer', () => {
  const backend = inPostgres(throughPgBouncer);
  conforms(backend);
  conformsForBatches(backend);
  conformsInApprovals(backend);

  it('hear no notification, which they do without', async () => {
    const url = await throughPgBouncer(await freshTables());
    const [one, other] = [await open(url), await open(url)];
    one.listen('channel', () => {});
    await other.run((sql) => sql`SELECT pg_notify('channel', 'heard')`);
    for (let n = 0; n < 20; n++) expect(await one.run((sql) => sql`SELECT 1 AS n`)).toEqual([{ n: 1 }]);
  });
});
