import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../support/books.ts';
import { CALL, finishAll, promised } from '../support/calls.ts';
import { eventually, textOf } from '../support/program.ts';
import { putRecord } from '../support/records.ts';
import { connectHttp, serve } from '../support/service.ts';
import { newToken, tenantsFile } from '../support/tenants.ts';
import { serveTwo } from '../support/two-tenants.ts';

const QUEUED = { queueMs: 3_600_000_000 };
const MINUTE = 60_000;

/** A server whose one job was handed over, and is followed by nobody. */
async function handedOver(given: Parameters<typeof serve>[0] = {}) {
  const server = await serve({ waitSeconds: 0, ...given });
  server.sandbox.engine.planNext(QUEUED);
  const client = await connectHttp(server.url);
  const { structuredContent } = await client.callTool(CALL);
  const records = () => readRecords(server.config.dataDir);
  const submits = () => server.sandbox.requests.filter(({ route }) => route === 'submit').length;
  const reads = () => server.sandbox.requests.filter(({ route }) => route === 'status').length;
  const { request_id } = structuredContent as { request_id: string };
  return { ...server, client, records, reads, submits, request_id };
}

describe('a job that no call follows', () => {
  it('ends in the records, and the call that repeats its own gets it', async () => {
    const { sandbox, records, clock, client, submits } = await handedOver();
    finishAll(sandbox);
    await clock.sleep(3 * MINUTE);
    expect(records()).toMatchObject([{ state: 'succeeded' }]);
    expect(records()[0]).not.toHaveProperty('delivered_at');
    expect(records()[0]).not.toHaveProperty('lease');
    const again = await client.callTool(CALL);
    expect(textOf(again)).toMatch(/^1 image/);
    expect(again.structuredContent).toMatchObject({ resumed: true });
    expect(submits()).toBe(1);
  });

  it('is read seldom, and the more so the older it is', async () => {
    const { reads, clock } = await handedOver();
    const before = reads();
    await clock.sleep(10 * MINUTE);
    const young = reads() - before;
    expect(young).toBeGreaterThan(5);
    expect(young).toBeLessThan(25);
    await clock.sleep(10 * 60 * MINUTE);
    const between = reads();
    await clock.sleep(60 * MINUTE);
    expect(reads() - between).toBeLessThan(4);
  });

  it('is unknown once RunComfy says that it knows it no more', async () => {
    const { sandbox, records, clock, request_id } = await handedOver();
    sandbox.inject({
      on: 'status',
      times: Number.POSITIVE_INFINITY,
      what: { status: 404, body: JSON.stringify({ error_code: 404001, message: `no ${request_id}` }) },
    });
    await clock.sleep(20 * MINUTE);
    expect(records()).toMatchObject([{ state: 'unknown' }]);
  });

  it('is kept with its picture, if pictures are kept', async () => {
    const { sandbox, records, clock } = await handedOver({ keepImagesBytes: 1e9 });
    finishAll(sandbox);
    await clock.sleep(3 * MINUTE);
    await eventually(() => records()[0]?.originals?.[0]?.sha256).toMatch(/^[0-9a-f]{64}$/);
  });

  it('keeps neither a call that asks for it, nor a server that drains, waiting while it is read', async () => {
    const { sandbox, records, client, request_id, drain, close, reads, clock } = await handedOver();
    const held = promised();
    const before = reads();
    sandbox.inject({ on: 'status', times: 1, what: { hold: held.promise } });
    await eventually(() => reads()).toBeGreaterThan(before);
    const told = await client.callTool({ name: 'get_image_job', arguments: { request_id } });
    expect(told.structuredContent).toMatchObject({ request_id });
    expect(told.isError).not.toBe(true);
    const began = clock.now();
    await drain(9_000);
    await close();
    expect(clock.now() - began).toBeLessThan(1_000);
    held.resolve();
    expect(records()).toMatchObject([{ state: 'in_queue' }]);
  });
});

it('jobs that no call follows are read behind those that somebody asks for', async () => {
  const { red, sandbox, clock } = await serveTwo({ waitSeconds: 0, settings: { reads_per_second: 0.1 } });
  for (let nth = 0; nth < 3; nth++) {
    sandbox.engine.planNext(QUEUED);
    await red.ask(CALL.name, { prompt: `${nth}` });
  }
  const read = () => sandbox.requests.filter(({ route }) => route === 'status').map(({ path }) => path);
  const before = read().length;
  const held = promised();
  sandbox.inject({ on: 'status', times: 1, what: { hold: held.promise } });
  await eventually(() => read().length).toBe(before + 1);
  const first = sandbox.engine.jobs.find(({ id }) => read().at(-1)?.includes(id))?.id;
  const ask = () => red.ask('get_image_job', { request_id: first });
  // What may be read at once is read.
  for (let nth = 0; nth < 5; nth++) await ask();
  held.resolve();
  // Now the next job that nobody follows waits for its turn.
  await clock.sleep(1);
  const waiting = read().length;
  await ask();
  expect(read()[waiting]).toContain(first);
});

describe('a record of a process that is gone', () => {
  const left = async (state: 'reserved' | 'submitting') => {
    const server = await serve({ maxJobsPerHour: 1 });
    const submitted_at = new Date(server.clock.now() - 2 * MINUTE).toISOString();
    const job = { model: 'openai/gpt-image-2/text-to-image', input: { prompt: 'left' }, state, submitted_at };
    putRecord(server.config, job as Parameters<typeof putRecord>[1]);
    return { ...server, client: await connectHttp(server.url) };
  };

  it('which only reserved its job counts no more', async () => {
    const { client, clock, config } = await left('reserved');
    expect(textOf(await client.callTool(CALL))).toContain('[spend_limit]');
    await clock.sleep(MINUTE);
    expect(readRecords(config.dataDir)).toMatchObject([{ state: 'cancelled' }]);
    expect(textOf(await client.callTool(CALL))).toMatch(/^1 image/);
  });

  it('which was submitting its job leaves it unknown', async () => {
    const { clock, config, sandbox } = await left('submitting');
    await clock.sleep(MINUTE);
    expect(readRecords(config.dataDir)).toMatchObject([{ state: 'unknown' }]);
    expect(sandbox.requests).toEqual([]);
  });
});

it('the jobs of each tenant are looked after with their own key, and those without one said so, rarely', async () => {
  const tenants = tenantsFile({});
  const made = ['red', 'blue'].map((name) => ({ name, key: `key-of-${name}-0123456789`, ...newToken() }));
  const keyFile = (name: string) => join(tenants.dir, `${name}.key`);
  for (const { name, key } of made) writeFileSync(keyFile(name), key);
  tenants.change(
    Object.fromEntries(
      made.map(({ name, entry }) => [name, { runcomfy_key: { file: keyFile(name) }, tokens: [entry] }]),
    ),
  );
  const server = await serve({
    waitSeconds: 0,
    http: { auth: { mode: 'tokens', file: tenants.file } },
    sandboxOptions: { key: (asked) => made.some(({ key }) => key === asked) },
  });
  const { sandbox, clock, config, log } = server;
  for (const { token } of made) {
    sandbox.engine.planNext(QUEUED);
    await (await connectHttp(server.url, 'SDK 2.x, 2025', { token })).callTool(CALL);
  }
  writeFileSync(keyFile('blue'), '');
  const before = sandbox.requests.length;
  finishAll(sandbox);
  await clock.sleep(10 * MINUTE);
  const states = readRecords(config.dataDir).map(({ state }) => state);
  expect(states.sort()).toEqual(['in_queue', 'succeeded']);
  const keys = new Set(sandbox.requests.slice(before).map(({ authorization }) => authorization));
  expect([...keys]).toEqual(['Bearer key-of-red-0123456789']);
  const said = log.filter((line) => /tenant blue are not looked after/.test(line));
  expect(said.length).toBeGreaterThan(0);
  expect(said.length).toBeLessThan(12);
});
