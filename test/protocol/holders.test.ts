import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type ProcessIdentity, thisProcess } from '../../src/stores/file/process-identity.ts';
import { checkBooks, readRecords } from '../support/books.ts';
import { MAIN, plainEnv } from '../support/process.ts';
import { type Connected, connect, KEY } from '../support/program.ts';
import { jobsDir } from '../support/records.ts';

const CALL = { name: 'gpt_image_2_text_to_image', arguments: { prompt: 'a fox' } };
const ELSEWHERE = { host: 'elsewhere', pid: 1, namespace: 'another boot pid:[1]', started: '1' };
const SESSION = '00000000-0000-4000-8000-000000000000';

type Identity = ProcessIdentity & { host: string };

/** Writes the file by which the other process proves that it lives. */
function write({ config }: Connected, count: number, identity: Identity): void {
  const dir = join(config.dataDir, 'holders');
  mkdirSync(dir, { recursive: true });
  writeFileSync(join(dir, SESSION), String(count).padEnd(16) + JSON.stringify(identity));
}

/** A program with one job under way, whose record says that another process follows it. */
async function followedBy(identity: Identity): Promise<Connected> {
  const one = await connect({ waitSeconds: 0 });
  one.sandbox.engine.planNext({ queueMs: 0, runMs: 3_600_000 });
  await one.client.callTool(CALL);
  await expect.poll(() => readRecords(one.config.dataDir)[0]?.lease).toBeUndefined();
  const dir = jobsDir(one.config);
  const [name = ''] = readdirSync(dir);
  const record = JSON.parse(readFileSync(join(dir, name), 'utf8'));
  writeFileSync(join(dir, name), JSON.stringify({ ...record, lease: { holder: SESSION, call: 'another' } }));
  write(one, 1, identity);
  for (const job of one.sandbox.engine.jobs) one.sandbox.engine.finish(job);
  return connect({ baseUrl: one.sandbox.origin, dataDir: one.config.dataDir }).then((two) => ({
    ...two,
    sandbox: one.sandbox,
  }));
}

/** Renews that file until it has been done so many `times` or the test ends. */
function beat(one: Connected, times = Number.POSITIVE_INFINITY): void {
  let count = 0;
  const timer = setInterval(() => {
    if (count++ < times) write(one, count + 1, ELSEWHERE);
  }, 40);
  onTestFinished(() => clearInterval(timer));
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
    const factor = 100;
    const one = await connect({ factor, sandboxOptions: { pace: 0 } });
    let upload = () => {};
    const stall = new Promise<void>((resolve) => (upload = resolve));
    one.sandbox.inject({ on: 'submit', what: { stall } });
    const first = one.client.callTool(CALL);
    await expect.poll(() => one.sandbox.requests.some(({ route }) => route === 'submit')).toBe(true);
    // Its beats are written before this, in place.
    const [record] = readRecords(one.config.dataDir);
    const path = join(one.config.dataDir, 'holders', record?.lease?.holder ?? '');
    writeFileSync(path, readFileSync(path, 'utf8').slice(0, 16) + JSON.stringify(ELSEWHERE));
    await one.clock.sleep(180_000);
    const { dataDir } = one.config;
    const two = await connect({ factor, baseUrl: one.sandbox.origin, dataDir });
    const second = await two.client.callTool(CALL);
    expect(second.structuredContent).toMatchObject({ status: 'succeeded' });
    expect(second.structuredContent).not.toHaveProperty('resumed');
    upload();
    expect((await first).structuredContent).toMatchObject({ status: 'succeeded' });
    expect(readRecords(dataDir).map(({ state }) => state)).toEqual(['succeeded', 'succeeded']);
    checkBooks(one.sandbox, dataDir, 2);
  });
});

const UNSHARE = ['--pid', '--uts', '--fork', '--kill-child', '--mount-proc'];
const canUnshare = (() => {
  try {
    execFileSync('unshare', [...UNSHARE, 'true'], { stdio: 'ignore' });
    return true;
  } catch {
    return false;
  }
})();

/** A server in a container of its own, as far as hostname and pids go. */
async function startContained({ sandbox, config }: Connected, hostname: string) {
  const command = `hostname ${hostname} && exec "$0" "$@"`;
  const server = [MAIN, '--base-url', sandbox.origin, '--data-dir', config.dataDir];
  const transport = new StdioClientTransport({
    command: 'unshare',
    args: [...UNSHARE, 'sh', '-c', command, process.execPath, ...server],
    env: plainEnv({ RUNCOMFY_API_KEY: KEY, RUNCOMFY_PREVIEW: 'off' }),
    stderr: 'ignore',
  });
  const client = new Client({ name: 'contained', version: '1.0.0' });
  await client.connect(transport);
  onTestFinished(() => client.close());
  return { client, kill: () => process.kill(transport.pid as number, 'SIGKILL') };
}

describe.skipIf(!canUnshare)(
  'containers that share a data directory (skipped where none can be made)',
  () => {
    it('leave each other the jobs that they follow, under one hostname', async () => {
      const one = await connect();
      one.sandbox.engine.planNext({ queueMs: 0, runMs: 3_600_000 });
      const first = await startContained(one, 'same');
      const second = await startContained(one, 'same');
      const answer = first.client.callTool(CALL);
      await expect.poll(() => readRecords(one.config.dataDir)[0]?.state).toBe('in_progress');
      const other = second.client.callTool(CALL);
      await expect.poll(() => one.sandbox.engine.jobs.length).toBe(2);
      for (const job of one.sandbox.engine.jobs) one.sandbox.engine.finish(job);
      const [mine, theirs] = (await Promise.all([answer, other])).map(({ structuredContent: data }) => data);
      expect(mine).toMatchObject({ status: 'succeeded', request_id: one.sandbox.engine.jobs[0]?.id });
      expect(theirs).toMatchObject({ status: 'succeeded', request_id: one.sandbox.engine.jobs[1]?.id });
      checkBooks(one.sandbox, one.config.dataDir, 2);
    });

    it('take over the job of one that was killed, under another hostname', async () => {
      const one = await connect();
      one.sandbox.engine.planNext({ queueMs: 0, runMs: 3_600_000 });
      const first = await startContained(one, 'before');
      const cut = first.client.callTool(CALL).catch(() => 'cut');
      await expect.poll(() => readRecords(one.config.dataDir)[0]?.state).toBe('in_progress');
      first.kill();
      expect(await cut).toBe('cut');
      for (const job of one.sandbox.engine.jobs) one.sandbox.engine.finish(job);
      const second = await startContained(one, 'after');
      expect((await second.client.callTool(CALL)).structuredContent).toMatchObject(RESUMED);
      checkBooks(one.sandbox, one.config.dataDir, 1);
    });
  },
);
