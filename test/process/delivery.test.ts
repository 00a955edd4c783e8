import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../support/books.ts';
import { CALL } from '../support/calls.ts';
import { startHost } from '../support/host.ts';
import { noise } from '../support/images.ts';
import { freshDataDir } from '../support/program.ts';
import { type Collected, collect, initialize, send } from '../support/raw.ts';
import { type Handler, startUpstream } from '../support/upstream.ts';
import { type Child, directly, WAYS } from '../support/ways.ts';

/** A server whose jobs are done at once, with a session on it, and what the same call gets afterwards. */
async function begin(files: Record<string, Handler>, launch = directly, args: readonly string[] = []) {
  const upstream = await startUpstream(Object.keys(files), files);
  const dataDir = freshDataDir();
  const common = ['--base-url', upstream.origin, '--data-dir', dataDir, '--log-level', 'info', ...args];
  const child = launch(common);
  child.stdin.on('error', () => {});
  const closed = once(child, 'close');
  const stdout = collect(child.stdout);
  const stderr = collect(child.stderr);
  await initialize(child, stdout);

  /** What a process that is started afterwards answers the same call with. */
  async function next() {
    const host = await startHost({ baseUrl: upstream.origin, dataDir });
    const { data } = await host.call(CALL.name, CALL.arguments);
    const jobs = upstream.calls.filter(({ method }) => method === 'POST').length;
    return { resumed: data.resumed === true, jobs };
  }
  const isDelivered = () => readRecords(dataDir)[0]?.delivered_at !== undefined;
  return { child, stdout, stderr, closed, next, isDelivered };
}

const RESUMED = { resumed: true, jobs: 1 };
const NOTHING: Handler = (_, response) => void response.writeHead(404).end();
/** Whether all of the answer was read: its id stands at its end. */
const isWhole = (stdout: Collected) => stdout.text().includes('"id":1}');
const NEW = { resumed: false, jobs: 2 };

// Leaving has 0.3 s of real time, which a busy machine may use up by itself.
describe('an answer that was read is delivered, however soon the client leaves', { retry: 3 }, () => {
  it.each(WAYS)('by $way', async ({ launch, leave }) => {
    const { child, stdout, closed, next } = await begin({ '/a.png': NOTHING }, launch, ['--preview', 'off']);
    child.stdout.on('data', () => isWhole(stdout) && leave(child));
    send(child, { id: 1, method: 'tools/call', params: CALL });
    await closed;
    expect(isWhole(stdout)).toBe(true);
    expect(await next()).toEqual(NEW);
  });
});

/** Makes a call whose answer is larger than what lies between two processes, and reads only the beginning of it. */
async function readHalf() {
  // As previews some 480 kB; a pipe takes 64 kB, a pair of sockets some 200.
  const picture = await noise(700, 700).png().toBuffer();
  const names = Array.from({ length: 6 }, (_, index) => `/${index}.png`);
  const serve: Handler = (_, response) => void response.end(picture);
  const files = Object.fromEntries(names.map((name) => [name, serve]));
  const server = await begin(files, directly, ['--preview', 'small']);
  const { child, stdout } = server;
  const before = stdout.text().length;
  send(child, { id: 1, method: 'tools/call', params: CALL });
  while (stdout.text().length === before) await once(child.stdout, 'data');
  child.stdout.pause();
  expect(isWhole(stdout)).toBe(false);
  // A server that takes it for delivered has the time to say so.
  await delay(300);
  expect(server.isDelivered()).toBe(false);
  return server;
}

describe('an answer of which a part still stands in the process is not delivered', () => {
  const ENDS: [how: string, end: (child: Child) => void][] = [
    ['is killed', (child) => void child.kill('SIGKILL')],
    ['reads the end of its input', (child) => void child.stdin.end()],
    ['is told to end', (child) => void child.kill('SIGTERM')],
    ['writes to nobody', (child) => void child.stdout.destroy()],
  ];

  it.each(ENDS)('where the server %s', async (_, end) => {
    const { child, closed, next } = await readHalf();
    end(child);
    // Only now, so that what is read here does not make room.
    await once(child, 'exit');
    child.stdout.resume();
    await closed;
    expect(await next()).toEqual(RESUMED);
  });

  it('where the client gives up on it before the rest', async () => {
    const { child, stdout, isDelivered, next } = await readHalf();
    const params = { requestId: 1, reason: 'Request timed out' };
    send(child, { method: 'notifications/cancelled', params });
    send(child, { id: 2, method: 'ping' });
    await delay(300);
    child.stdout.resume();
    await stdout.has('"id":2}');
    expect(isWhole(stdout)).toBe(true);
    await delay(300);
    expect(isDelivered()).toBe(false);
    child.stdin.end();
    expect(await next()).toEqual(RESUMED);
  });

  it('but is once the rest was read', async () => {
    const { child, stdout, isDelivered, next } = await readHalf();
    child.stdout.resume();
    await stdout.has('"id":1}');
    await expect.poll(isDelivered).toBe(true);
    expect(await next()).toEqual(NEW);
  });

  it.each(ENDS.slice(1, 3))('unless it goes out whole while the server %s', async (_, end) => {
    const { child, stdout, stderr, closed, next } = await readHalf();
    end(child);
    await stderr.has('info: leaves: ');
    child.stdout.resume();
    await closed;
    // On a busy machine the rest may come too late: what counts is that both sides agree.
    expect(await next()).toEqual(isWhole(stdout) ? NEW : RESUMED);
  });
});
