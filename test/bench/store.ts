import { setTimeout as delay } from 'node:timers/promises';
import postgres from 'postgres';
import { ToolError } from '../../src/errors.ts';
import { fingerprintOf } from '../../src/jobs/calls.ts';
import type { Intent, JobStore, LimitCheck, StoredJob } from '../../src/jobs/store.ts';
import { createLog } from '../../src/log.ts';
import { openDatabase } from '../../src/stores/postgres/database.ts';
import { migrate } from '../../src/stores/postgres/migrate.ts';
import { createPostgresStores } from '../../src/stores/postgres/stores.ts';
import type { Postgres } from '../postgres/support/server.ts';
import { quantile, type Table } from './table.ts';

const ACCOUNT = { tenant: 'bench', api: 'https://api.example' };
const RECORDS = [0, 100_000];
const ROUNDS = 300;
const MODEL = 'openai/gpt-image-2/text-to-image';

const clock = { now: Date.now, sleep: (ms: number) => delay(ms) };

/** What each step of a paid call takes in the store, with no other jobs and with many of the same account over 90 days. */
export async function measureStore(server: Postgres): Promise<Table> {
  const columns: Record<string, (string | number)[]> = {};
  for (const records of RECORDS)
    for (const [step, times] of Object.entries(await measureSteps(server, records)))
      columns[step] = [...(columns[step] ?? [step]), quantile(times, 0.5), quantile(times, 0.95)];
  return {
    title: 'What a paid call asks of the store, in ms, by how many jobs its account has',
    columns: ['', ...RECORDS.flatMap((records) => [`${records}: p50`, 'p95'])],
    rows: Object.values(columns),
    notes: ['One after the other, with limits in jobs and dollars. Postgres on this machine, without fsync.'],
  };
}

async function measureSteps(server: Postgres, records: number): Promise<Record<string, number[]>> {
  const name = `store_${records}`;
  const sql = postgres(server.url(), { max: 1, onnotice() {} });
  await sql.unsafe(`CREATE DATABASE ${name}`);
  await sql.end();
  const database = await openDatabase(server.url(name), { clock, random: Math.random });
  const end = new AbortController();
  try {
    await migrate(database);
    const log = createLog('error', String, () => {});
    const openCalls = { has: () => true };
    const process = { database, openCalls, clock, random: Math.random, ended: end.signal, log };
    const store = createPostgresStores(process).open(ACCOUNT);
    await store.takeReads(1, 10);
    await fill(server.url(name), records);
    return await walk(store);
  } finally {
    end.abort();
    await database.close();
  }
}

/** As many jobs that were delivered, spread over 90 days. */
async function fill(url: string, records: number): Promise<void> {
  const sql = postgres(url, { max: 1, onnotice() {} });
  const job = { model: MODEL, input: { prompt: 'a fox '.repeat(50) }, state: 'succeeded', cost_usd: 0.04 };
  const text = JSON.stringify({ ...job, urls: ['https://files.example/image.png'] }).slice(0, -1);
  const iso = `'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'`;
  await sql.unsafe(
    `
    INSERT INTO runcomfy_images.jobs (account_id, id, revision, fingerprint, submitted_at, state, request_id, delivered_at,
      cost_usd, job)
    SELECT (SELECT id FROM runcomfy_images.accounts), gen_random_uuid(), 5, left(md5(n::text), 16), at, 'succeeded', 'r-' || n,
      at, 0.04, $1 || ',"request_id":"r-' || n || '","submitted_at":"' || to_char(at AT TIME ZONE 'UTC', ${iso}) ||
      '","delivered_at":"' || to_char(at AT TIME ZONE 'UTC', ${iso}) || '"}'
    FROM (SELECT n, date_trunc('milliseconds', now() - n * interval '90 days' / ${Math.max(1, records)}) AS at
      FROM generate_series(1, ${records}) AS n) AS spread`,
    [text],
  );
  await sql`ANALYZE runcomfy_images.jobs`;
  await sql.end();
}

/** Jobs from their reservation to their delivery, timed step by step. */
async function walk(store: JobStore): Promise<Record<string, number[]>> {
  const times: Record<string, number[]> = {};
  async function timed<Result>(step: string, work: () => Promise<Result>): Promise<Result> {
    const began = performance.now();
    const result = await work();
    times[step] = [...(times[step] ?? []), performance.now() - began];
    return result;
  }
  const { signal } = new AbortController();
  const since = () => new Date(Date.now() - 86_400_000).toISOString();
  for (let round = 0; round < ROUNDS; round++) {
    const call = `call-${round}`;
    const requestId = `request-${round}`;
    const intent = intentOf(`a fox and ${round} owls`);
    await timed('is it a repeat', () => store.claimRepeat(intent.fingerprint, since(), { id: call, signal }));
    const [reserved] = await timed('reserve within limits', () => store.reserve([intent], call, LIMITS));
    const { id } = reserved as StoredJob;
    const sent = await timed('may be sent', () => store.maySubmit(id, call));
    await timed('accepted', () => store.accepted(sent as StoredJob, requestId));
    await timed('ended', () => store.update(id, (job) => ({ ...job, state: 'succeeded', cost_usd: 0.04 })));
    await timed('delivered', () => store.release(id, call, new Date().toISOString()));
    await timed('by its request id', () => store.byRequestId(requestId));
    await timed('the newest 20', async () => {
      let read = 0;
      for await (const _ of store.newest()) if (++read === 20) break;
    });
  }
  return times;
}

function intentOf(prompt: string): Intent {
  const job = {
    model: MODEL,
    input: { prompt },
    state: 'reserved' as const,
    submitted_at: new Date().toISOString(),
  };
  return { fingerprint: fingerprintOf(ACCOUNT, job), job };
}

/** Limits that are never reached, counted as those of a user are. */
const LIMITS: LimitCheck = (jobs, others) => {
  const usd = others.reduce((sum, { cost_usd = 0.25 }) => sum + cost_usd, 0);
  if (others.length + jobs.length < 1_000_000 && usd < 1e6) return undefined;
  return new ToolError('spend_limit', 'too many', { next: '-' });
};
