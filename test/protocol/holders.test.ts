import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ProcessIdentity, thisProcess } from '../../src/stores/file/process-identity.ts';
import { checkBooks, readRecords } from '../support/books.ts';
import { CALL, finishAll, promised } from '../support/calls.ts';
import { type Connected, connect, eventually } from '../support/program.ts';
import { jobsDir } from '../support/records.ts';

const ELSEWHERE = { host: 'elsewhere', pid: 1, namespace: 'another boot pid:[1]', started: '1' };
const SESSION = '00000000-0000-4000-8000-000000000000';

const JOBS = ['a fox', 'an owl'].map((prompt) => ({ model: CALL.name, input: { prompt } }));
const BATCH = { name: 'make_images', arguments: { jobs: JOBS } };

type Identity = ProcessIdentity & { host: string };

/** Writes the file by which the other process proves that it lives. */
function write({ config }: Connected, count: number, identity: Identity): void {
  const dir = join(config.dataDir, 'holders');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, SESSION), String(count).padEnd(16) + JSON.stringify(identity));
}

/** A program with the jobs of a call under way, whose records say that another process follows them. */
async function followedBy(identity: Identity, call: typeof CALL | typeof BATCH = CALL): Promise<Connected> {
  const one = await connect({ waitSeconds: 0 });
  for (const _ of JOBS) one.sandbox.engine.planNext({ queueMs: 0, runMs: 3_600_000 });
  await one.client.callTool(call);
  await eventually(() => readRecords(one.config.dataDir).every(({ lease }) => !lease)).toBe(true);
  const dir = jobsDir(one.config);
  for (const name of readdirSync(dir)) {
    const record = JSON.parse(readFileSync(join(dir, name), 'utf8'));
    const lease = { holder: SESSION, call: 'another' };
    writeFileSync(join(dir, name), JSON.stringify({ ...record, lease }));
  }
  write(one, 1, identity);
  finishAll(one.sandbox);
  return connect({ baseUrl: one.sandbox.origin, dataDir: one.config.dataDir }).then((two) => ({
    ...two,
    sandbox: one.sandbox,
  }));
}

/** Renews that file each second, so many `times` or until the test ends. */
function beat(one: Connected, times = Number.POSITIVE_INFINITY): void {
  void (async () => {
    for (let count = 1; count <= times; count++) {
      await one.clock.sleep(1_000);
      write(one, count + 1, ELSEWHERE);
    }
  })();
}

const RESUMED = { status: 'succeeded', resumed: true };

describe('the same call while a record names another process as the follower of its job', () => {
  it('gets the job of one that was killed, and whose pid is used again', async () => {
    const child = spawn('sleep', ['60']);
    onTestFinished(() => void child.kill('SIGKILL'));
    await once(child, 'spawn');
    const two = await followedBy({ ...ELSEWHERE, ...thisProcess(), pid: child.pid as number, started: '1' });
    expect((await two.client.callTool(CALL)).structuredContent).toMatchObject(RESUMED);
    checkBooks(two.sandbox, two.config.dataDir, 1);
  });

  it.each([
    ['never proves that it lives', undefined],
    ['proves it once, which may have been on its way when it was killed', 1],
  ])('gets the job of one that cannot be looked at and %s', async (_, times) => {
    const two = await followedBy(ELSEWHERE);
    if (times !== undefined) beat(two, times);
    expect((await two.client.callTool(CALL)).structuredContent).toMatchObject(RESUMED);
    checkBooks(two.sandbox, two.config.dataDir, 1);
  });

  it.each([
    ['by the same call', () => BATCH],
    ['by its name', (id: string) => ({ name: 'get_image_job', arguments: { request_id: `batch:${id}` } })],
  ])('gets a batch of one that cannot be looked at, and answers for all of it: %s', async (_, callFor) => {
    const two = await followedBy(ELSEWHERE, BATCH);
    const records = () => readRecords(two.config.dataDir);
    const result = await two.client.callTool(callFor(records()[0]?.batch?.id ?? ''));
    expect(result.structuredContent).toMatchObject({ done: 2 });
    await eventually(() => records().every(({ delivered_at }) => delivered_at)).toBe(true);
    checkBooks(two.sandbox, two.config.dataDir, 2);
  });

  it('is a wish for another picture if that process lives', async () => {
    const two = await followedBy(ELSEWHERE);
    beat(two);
    expect((await two.client.callTool(CALL)).structuredContent).not.toHaveProperty('resumed');
    expect(two.sandbox.engine.jobs).toHaveLength(2);
    expect(readRecords(two.config.dataDir).map(({ lease }) => lease?.holder)).toContain(SESSION);
  });

  it('neither pays nor takes the job if it times out before that is known', async () => {
    const two = await followedBy(ELSEWHERE);
    beat(two, 0);
    const stop = new AbortController();
    const answer = two.client.callTool(CALL, { signal: stop.signal });
    await two.client.ping();
    stop.abort('Request timed out');
    await expect(answer).rejects.toThrow();
    expect((await two.client.callTool(CALL)).structuredContent).toMatchObject(RESUMED);
    checkBooks(two.sandbox, two.config.dataDir, 1);
  });
});

describe('a submit whose upload takes minutes', () => {
  it('is neither taken over nor doubted by the same call in a process that cannot look at its own', async () => {
    const one = await connect({ sandboxOptions: { pace: 0 } });
    const { promise: stall, resolve: upload } = promised();
    one.sandbox.inject({ on: 'submit', what: { stall } });
    const first = one.client.callTool(CALL);
    await eventually(() => one.sandbox.requests.some(({ route }) => route === 'submit')).toBe(true);
    // Its beats are written before this, in place.
    const [record] = readRecords(one.config.dataDir);
    const path = join(one.config.dataDir, 'holders', record?.lease?.holder ?? '');
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 16) + JSON.stringify(ELSEWHERE));
    await one.clock.sleep(180_000);
    const { dataDir } = one.config;
    const two = await connect({ baseUrl: one.sandbox.origin, dataDir });
    const second = await two.client.callTool(CALL);
    expect(second.structuredContent).toMatchObject({ status: 'succeeded' });
    expect(second.structuredContent).not.toHaveProperty('resumed');
    upload();
    expect((await first).structuredContent).toMatchObject({ status: 'succeeded' });
    expect(readRecords(dataDir).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
    checkBooks(one.sandbox, dataDir, 2);
  });
});
