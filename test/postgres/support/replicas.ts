import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import postgres from 'postgres';
import { onTestFinished } from 'vitest';
import type { Job } from '../../../src/jobs/job.ts';
import { testClock } from '../../support/program.ts';
import { type ClientKind, connectHttp, serve } from '../../support/service.ts';
import { newToken, TENANT_KEY, tenantsFile } from '../../support/tenants.ts';
import { freshTables } from './database.ts';

const TENANTS = ['red', 'blue'] as const;
type Name = (typeof TENANTS)[number];

/** What the replicas of a service record of a job. */
export type Recorded = Job & { tenant: string; holder: string | null };

/** Replicas of one service with two tenants: one database, one sandbox, one file of session keys, a data folder each. */
export async function serveReplicas(
  count: number,
  given: Parameters<typeof serve>[0] & { settings?: Record<string, unknown>; url?: string } = {},
) {
  const { settings = {}, url: known, ...more } = given;
  const tokens = { red: newToken(), blue: newToken() };
  const tenants = tenantsFile(
    Object.fromEntries(
      TENANTS.map((name) => [name, { runcomfy_key: TENANT_KEY, tokens: [tokens[name].entry], ...settings }]),
    ),
  );
  const sessionKeyFile = join(tenants.dir, 'session.keys');
  writeFileSync(sessionKeyFile, randomBytes(32).toString('hex'), { mode: 0o600 });
  const store = known ?? (await freshTables());
  const http = {
    auth: { mode: 'tokens', file: tenants.file } as const,
    sessionKeyFile,
    store,
    ...more.http,
  };
  const first = await serve({ ...more, http });
  const start = () => serve({ ...more, http, sandbox: first.sandbox });
  const replicas = [first];
  while (replicas.length < count) replicas.push(await start());
  const sql = postgres(store, { max: 1, prepare: false, onnotice: () => {} });
  onTestFinished(() => sql.end({ timeout: 0 }));

  return {
    ...{ replicas, sandbox: first.sandbox, tenants, tokens, store, sql, start },
    clock: first.clock ?? testClock(),
    /** A client of a tenant at one of the replicas. */
    connect: (at: number, kind: ClientKind, tenant: Name = 'red') =>
      connectHttp(replicas[at]?.url ?? '', kind, { token: tokens[tenant].token }),
    /** All jobs on record, the oldest first. */
    async records(): Promise<Recorded[]> {
      const rows = await sql`SELECT tenant, job, holder FROM runcomfy_images.jobs
        JOIN runcomfy_images.accounts ON accounts.id = account_id ORDER BY submitted_at, jobs.id`;
      return rows.map(({ tenant, job, holder }) => ({ ...JSON.parse(job), tenant, holder }));
    },
    submits: () => first.sandbox.requests.filter(({ route }) => route === 'submit').length,
  };
}
