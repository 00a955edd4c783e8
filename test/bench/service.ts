import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { binaries } from '../postgres/support/binaries.ts';
import { type Postgres, startPostgres } from '../postgres/support/server.ts';
import { connectRaw, startHttpServer } from './http-client.ts';
import { measureStore } from './store.ts';
import { quantile, type Table } from './table.ts';
import { startUpstream } from './upstream.ts';

const TOOL = 'gpt_4o_image_text_to_image';
const REPLICAS = [1, 3];
// Each tenant has reads of its own; so many callers make so many calls at a time, for so many ms.
const TENANTS = 20;
const CALLERS = 300;
const MEASURED = 10_000;

/** How quick the store that replicas share is, and how many paid calls they serve. Skipped where there is no Postgres. */
export async function service(): Promise<Table[]> {
  if (!binaries()) {
    process.stderr.write('SKIPPED service: `npm run test:postgres` installs the Postgres that it needs\n');
    return [];
  }
  const server = await startPostgres();
  try {
    return [await measureStore(server), await measureReplicas(server)];
  } finally {
    await server.stop();
  }
}

async function measureReplicas(server: Postgres): Promise<Table> {
  const rows: (string | number)[][] = [];
  for (const replicas of REPLICAS) rows.push(await measureCalls(server, replicas));
  const base = Number(rows[0]?.[1]);
  return {
    title: `Paid calls of ${TENANTS} tenants through replicas on one Postgres, ${CALLERS} at a time`,
    columns: ['replicas', 'calls/s', 'p50 ms', 'p95 ms', 'connections', 'to one'],
    rows: rows.map((row) => [...row, Number(row[1]) / base]),
    notes: [
      'Each call is submitted, polled to its end, answered and recorded. Clients, sandbox, replicas and Postgres share the machine.',
    ],
  };
}

/** [replicas, calls a second, p50 and p95 in ms, connections to the database] */
async function measureCalls(server: Postgres, count: number): Promise<(string | number)[]> {
  const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
  const name = `bench_${count}`;
  const sql = postgres(server.url(), { max: 1, prepare: false, onnotice() {} });
  await sql.unsafe(`CREATE DATABASE ${name}`);
  const sandbox = await startUpstream({ slots: 2_000, pace: 0 });
  const secrets = Array.from({ length: TENANTS }, () => randomBytes(32).toString('hex'));
  const tenants = join(scratch, 'tenants.json');
  writeFileSync(tenants, JSON.stringify({ tenants: Object.fromEntries(secrets.map(tenantOf)) }), {
    mode: 0o600,
  });
  const args = ['--auth', `tokens:${tenants}`, '--store', server.url(name)];
  const start = (n: number) => startHttpServer(sandbox.origin, join(scratch, `${n}`), args);
  const replicas = await Promise.all(Array.from({ length: count }, (_, n) => start(n)));
  const clients = await Promise.all(
    Array.from({ length: TENANTS * count }, (_, n) =>
      connectRaw(replicas[n % count]?.url as string, '2026-07-28', secrets[n % TENANTS]),
    ),
  );
  const times: number[] = [];
  const end = performance.now() + MEASURED;
  let calls = 0;
  const caller = async (_: unknown, n: number) => {
    while (performance.now() < end) {
      const began = performance.now();
      await clients[n % clients.length]?.call(TOOL, { prompt: `picture ${calls++}` });
      times.push(performance.now() - began);
    }
  };
  try {
    await Promise.all(Array.from({ length: CALLERS }, caller));
    const [{ connections }] = (await sql`SELECT count(*)::int AS connections FROM pg_stat_activity
      WHERE datname = ${name}`) as [{ connections: number }];
    return [
      `${count}`,
      (times.length * 1000) / MEASURED,
      quantile(times, 0.5),
      quantile(times, 0.95),
      connections,
    ];
  } finally {
    for (const client of clients) client.close();
    await Promise.all(replicas.map((replica) => replica.close()));
    await Promise.all([sandbox.close(), sql.end()]);
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** A tenant with its token, whom no limit keeps from anything. */
function tenantOf(secret: string, n: number) {
  const sha256 = createHash('sha256').update(secret).digest('hex');
  const tokens = [{ name: 'bench', sha256, scopes: ['images:read', 'images:generate'] }];
  const limits = { reads_per_second: 100, max_jobs_per_hour: 1_000_000 };
  return [`tenant-${n}`, { runcomfy_key: { env: 'RUNCOMFY_API_KEY' }, tokens, ...limits }];
}
