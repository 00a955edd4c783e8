import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { readRecords } from '../support/books.ts';
import { CALL } from '../support/calls.ts';
import { eventually, textOf } from '../support/program.ts';
import { connectRaw, ERAS, post, toolCall } from '../support/raw-http.ts';
import { jobsDir } from '../support/records.ts';
import { CLIENTS, connectHttp, serve } from '../support/service.ts';

const RUNNING = { queueMs: 0, runMs: 3_600_000_000 };
const GRACE = 9_000;
const started = () => serve({ waitSeconds: Number.POSITIVE_INFINITY, sandboxOptions: { slots: 100 } });
const JOB = { model: 'openai/gpt-image-2/text-to-image', input: CALL.arguments };
const BATCH = { name: 'make_images', arguments: { jobs: [{ ...JOB, count: 16 }] } };

describe.each(CLIENTS)('while the server drains: %s', (kind) => {
  it('a new call is submitted and handed over, and a batch too, at once', async () => {
    const { url, sandbox, drain, config } = await started();
    const client = await connectHttp(url, kind);
    for (let job = 0; job < 17; job++) sandbox.engine.planNext(RUNNING);
    const draining = drain(GRACE);
    const [one, batch] = await Promise.all([client.callTool(CALL), client.callTool(BATCH)]);
    await draining;
    for (const result of [one, batch]) {
      expect(result.isError).not.toBe(true);
      expect(textOf(result)).toMatch(/get_image_job/);
    }
    expect(sandbox.engine.jobs).toHaveLength(17);
    await eventually(() => readRecords(config.dataDir).filter(({ lease }) => lease)).toEqual([]);
  });
});

describe.each(ERAS)('in the era of %s', (era) => {
  it('an answer that begins while the server drains closes its connection, and /readyz says so', async () => {
    const { url, sandbox, drain } = await started();
    sandbox.engine.planNext(RUNNING);
    const draining = drain(GRACE);
    const { until, socket } = await connectRaw(url, post(era, toolCall(era, CALL)));
    expect(await until(/\r\n0\r\n\r\n$/)).toMatch(/^connection: close\r$/im);
    await eventually(() => socket.readableEnded).toBe(true);
    expect((await fetch(new URL('/readyz', url))).status).toBe(503);
    await draining;
  });
});

describe('a repeated call that waits for proof whether another process lives, when the server drains', () => {
  const SESSION = '00000000-0000-4000-8000-000000000000';
  const ELSEWHERE = { host: 'elsewhere', pid: 1, namespace: 'another boot pid:[1]', started: '1' };

  it.each([
    ['its own', CALL],
    ["a batch's", BATCH],
  ])('is handed %s job, and pays nothing', async (_, call) => {
    const first = await serve({ waitSeconds: 0, sandboxOptions: { slots: 100 } });
    for (let job = 0; job < 16; job++) first.sandbox.engine.planNext(RUNNING);
    await (await connectHttp(first.url)).callTool(call);
    const records = () => readRecords(first.config.dataDir);
    await eventually(() => records().filter(({ lease }) => lease)).toEqual([]);
    const jobs = records().length;
    const dir = jobsDir(first.config);
    for (const name of readdirSync(dir)) {
      const record = JSON.parse(readFileSync(join(dir, name), 'utf8'));
      writeFileSync(
        join(dir, name),
        JSON.stringify({ ...record, lease: { holder: SESSION, call: 'another' } }),
      );
    }
    const holders = join(first.config.dataDir, 'holders');
    mkdirSync(holders, { recursive: true });
    writeFileSync(join(holders, SESSION), '1'.padEnd(16) + JSON.stringify(ELSEWHERE));

    const { sandbox, config } = first;
    const next = await serve({ sandbox, dataDir: config.dataDir, waitSeconds: Number.POSITIVE_INFINITY });
    const client = await connectHttp(next.url);
    const draining = next.drain(GRACE);
    const began = next.clock.now();
    const result = await client.callTool(call);
    // The proof would take 15 s.
    expect(next.clock.now() - began).toBeLessThan(5_000);
    await draining;
    expect(result.isError).not.toBe(true);
    expect(textOf(result)).toMatch(/get_image_job/);
    expect(sandbox.engine.jobs).toHaveLength(jobs);
  });
});

it('a submit that RunComfy asks to wait for is given up when the server drains, as certainly not sent', async () => {
  const { url, sandbox, drain, config } = await started();
  const client = await connectHttp(url);
  const wait = { status: 429, headers: { 'retry-after': '25' }, body: '{}' };
  sandbox.inject({ on: 'submit', times: Number.POSITIVE_INFINITY, what: wait });
  const draining = drain(GRACE);
  const result = await client.callTool(CALL);
  await draining;
  expect(textOf(result)).toMatch(/Nothing was charged.*\[rate_limited\]$/);
  expect(sandbox.requests.filter(({ route }) => route === 'submit')).toHaveLength(1);
  expect(readRecords(config.dataDir)).toEqual([]);
});

it('any number of calls may wait, without a warning', async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => void warnings.push(warning);
  process.on('warning', onWarning);
  onTestFinished(() => void process.off('warning', onWarning));
  const { url, sandbox, drain } = await started();
  for (let job = 0; job < 16; job++) sandbox.engine.planNext(RUNNING);
  const client = await connectHttp(url);
  const waiting = client.callTool(BATCH);
  await eventually(() => sandbox.engine.jobs.length).toBe(16);
  await drain(GRACE);
  await waiting;
  expect(warnings.filter(({ name }) => name === 'MaxListenersExceededWarning')).toEqual([]);
});
