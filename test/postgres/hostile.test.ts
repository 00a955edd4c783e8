import { beforeEach, describe, expect, it } from 'vitest';
import { ToolError } from '../../src/errors.ts';
import type { Job } from '../../src/jobs/job.ts';
import type { Intent, JobStore } from '../../src/jobs/store.ts';
import type { Database } from '../../src/stores/postgres/database.ts';
import { ACCOUNT, clock } from '../stores/backends.ts';
import { all, intent, open as openCall, put } from '../stores/conformance.ts';
import { reserve } from '../stores/single.ts';
import { startReplica } from './support/backend.ts';
import { freshTables } from './support/database.ts';

let url: string;
let mine: Awaited<ReturnType<typeof startReplica>>;
let database: Database;
beforeEach(async () => {
  url = await freshTables();
  mine = await startReplica(url);
  database = mine.database;
});

const withJob = (more: Partial<Job>): Intent => {
  const wanted = intent();
  return { ...wanted, job: { ...wanted.job, ...more } as Intent['job'] };
};
const deep = (levels: number) => JSON.parse(`${'['.repeat(levels)}1${']'.repeat(levels)}`);
const count = async (table: string) => {
  const [row] = await database.run((sql) => sql`SELECT count(*)::int AS n FROM ${sql(table)}`);
  return row?.n;
};

describe('what is recorded', () => {
  it.each([
    ['NUL', 'a\0b'],
    ['half a character', '\ud800 and \udfff'],
    ['quotes and escapes', `'; DROP TABLE jobs; -- \\u0000 $1 {"a":"\\"} \u2028`],
    ['all that fits', 'x'.repeat(65_000)],
  ])('comes back as it was: %s', async (_, text) => {
    const call = openCall(mine as never);
    const wanted = withJob({
      model: text.slice(0, 1_000),
      input: { prompt: text, [text.slice(0, 9)]: [text.slice(0, 99)] },
    });
    const { id } = await reserve(mine.store, wanted, call.id, () => undefined);
    await mine.store.maySubmit(id, call.id);
    await mine.store.update(id, (job) => ({ ...job, state: 'failed', error: text }));
    const [stored] = await all(mine as never);
    expect(stored?.job).toEqual({ ...wanted.job, state: 'failed', error: text });
  });

  it('may be deep', async () => {
    const wanted = withJob({ input: { deep: deep(2_000) } });
    await reserve(mine.store, wanted, openCall(mine as never).id);
    expect(await all(mine as never)).toMatchObject([{ job: wanted.job }]);
  });

  it.each([
    ['a prompt', { prompt: 'ä'.repeat(33_000) }],
    ['1 MB', { prompt: 'x'.repeat(1 << 20) }],
    ['what grows by escapes', { prompt: '\0'.repeat(11_000) }],
  ])('is 64 kB of input at most, before anything is reserved: %s', async (_, input) => {
    const reserving = mine.store.reserve(
      [intent(), withJob({ input })],
      openCall(mine as never).id,
      () => undefined,
    );
    await expect(reserving).rejects.toMatchObject({ code: 'invalid_input', charged: 'no' });
    await expect(reserving).rejects.toThrow(
      /^The input is too large for this server's records: \d+ kB of at most 64 kB\.$/,
    );
    expect([await count('runcomfy_images.jobs'), await count('runcomfy_images.replicas')]).toEqual([0, 0]);
  });

  it('is found by what a caller may ask for, and by no nonsense', async () => {
    await put(mine as never, 'in_queue');
    for (const id of ['\0', 'a\0', '\ud800', "'; --", '%', 'x'.repeat(1 << 20)])
      expect(await mine.store.byRequestId(id)).toBeUndefined();
    for (const since of [
      '0000-01-01T00:00:00.000Z',
      '-271821-04-20T00:00:00.000Z',
      new Date(0).toISOString(),
    ])
      expect(await all(mine as never, { since }), since).toHaveLength(1);
    expect(await all(mine as never, { since: '9999-12-31T23:59:59.999Z' })).toEqual([]);
  });

  it('is passed over where it cannot be read, however much of it there is', async () => {
    for (let n = 0; n < 45; n++) await put(mine as never, 'in_queue', { prompt: `${n}`, age: n * 1_000 });
    await database.run(
      (sql) => sql`UPDATE runcomfy_images.jobs SET job = '{"of":"a newer version"}'
        WHERE id IN (SELECT id FROM runcomfy_images.jobs ORDER BY submitted_at DESC LIMIT 40)`,
    );
    let ignored = 0;
    expect(await all(mine as never, { onIgnored: () => void ignored++ })).toHaveLength(5);
    expect(ignored).toBe(40);
  });
});

describe('the database itself', () => {
  const sql = (text: string) => database.run((run) => run.unsafe(text));

  it.each([
    ['a request id', "request_id = 'another'"],
    ['that there is one', 'request_id = NULL'],
    ['an end', "state = 'in_progress'"],
    ['one end for another', "state = 'failed'"],
  ])('does not change %s', async (_, change) => {
    const { job } = await put(mine as never, 'succeeded');
    await expect(sql(`UPDATE runcomfy_images.jobs SET ${change}`)).rejects.toThrow('P0001');
    expect(await all(mine as never)).toMatchObject([{ job }]);
  });

  it('lets an end that was only believed be outweighed by a request id', async () => {
    await put(mine as never, 'reserved');
    await sql("UPDATE runcomfy_images.jobs SET state = 'cancelled'");
    await sql("UPDATE runcomfy_images.jobs SET state = 'in_queue', request_id = 'r-1'");
    await expect(sql("UPDATE runcomfy_images.jobs SET request_id = 'r-2'")).rejects.toThrow('P0001');
  });

  it('keeps replicas for a day, and requests for approval as long as they hold', async () => {
    const { approvals } = mine.store;
    const asked = { fingerprint: intent().fingerprint, subject: 'a job' };
    await approvals.request('OLD', { ...asked, expires: clock.now() + 1_000 });
    await approvals.request('NEW', { ...asked, expires: clock.now() + 100_000 });
    await clock.sleep(2_000);
    await mine.store.prune(clock.now(), { days: 1, jobs: 1 });
    expect(await count('runcomfy_images.approvals')).toBe(1);

    await put(mine as never, 'in_queue');
    await put((await startReplica(url)) as never, 'in_queue');
    await sql("UPDATE runcomfy_images.replicas SET beaten_at = now() - interval '25 hours', ended = true");
    await put((await startReplica(url)) as never, 'in_queue');
    await expect.poll(() => count('runcomfy_images.replicas')).toBeLessThanOrEqual(1);
  });
});

describe('a tenant', () => {
  it('reaches nothing of another by any id, call, code or fingerprint', async () => {
    const theirs = await startReplica(url, { account: { ...ACCOUNT, tenant: "another' OR true --" } });
    const call = openCall(mine as never);
    const { id } = await reserve(mine.store, intent(), call.id);
    const submitting = await mine.store.maySubmit(id, call.id);
    const job = await put(mine as never, 'in_queue', { prompt: 'an owl' });
    const { fingerprint } = intent();
    await mine.store.approvals.request('CODE', { fingerprint, subject: 'x', expires: clock.now() + 60_000 });
    await mine.store.approvals.approve('CODE');
    const before = [await all(mine as never), await count('runcomfy_images.jobs')];

    const store: JobStore = theirs.store;
    const { signal } = new AbortController();
    expect(await all(theirs as never)).toEqual([]);
    for (const prefix of ['', fingerprint, fingerprint.slice(0, 1), '%', "' OR '1'='1"]) {
      expect(await all(theirs as never, { fingerprint: prefix })).toEqual([]);
      expect(await store.claimRepeat(prefix, new Date(0).toISOString(), { id: call.id, signal })).toEqual([]);
      expect(await store.approvals.take(prefix, undefined)).toBe(false);
    }
    for (const one of [id, job.id]) {
      expect(await store.lease(one, call.id)).toBeUndefined();
      expect(await store.maySubmit(one, call.id)).toBeUndefined();
      expect(await store.update(one, (now) => ({ ...now, state: 'failed' }))).toBeUndefined();
      await store.release(one, call.id, new Date().toISOString());
      await store.discard(one, call.id);
      await store.discard(one, call.id, job.job.request_id);
    }
    expect(await store.byRequestId(job.job.request_id as string)).toBeUndefined();
    expect(await store.approvals.approve('CODE')).toBeUndefined();
    await store.prune(clock.now() + 1e12, { days: 0, jobs: 0 });
    let seen: readonly Job[] | undefined;
    const look = (_: unknown, others: readonly Job[]) => {
      seen = others;
      return new ToolError('spend_limit', 'no', { next: 'no' });
    };
    await expect(reserve(store, intent(), call.id, look)).rejects.toThrow('no');
    expect(seen).toEqual([]);
    expect([await all(mine as never), await count('runcomfy_images.jobs')]).toEqual(before);
    // What is created anew is one's own.
    await store.accepted(submitting as never, 'r-1');
    expect(await all(mine as never)).toEqual(before[0]);
    expect(await mine.store.approvals.take(fingerprint, undefined)).toBe(true);
  });

  it('is refused ids that are none', async () => {
    for (const id of ['', 'x', "'; --", '\0'])
      await expect(mine.store.lease(id, 'a call')).rejects.toMatchObject({ code: 'store_unavailable' });
  });
});
