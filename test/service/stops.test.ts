import { setTimeout as delay } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { type Clock, systemClock } from '../../src/clock.ts';
import { readRecords } from '../support/books.ts';
import { CALL } from '../support/calls.ts';
import { eventually, testClock } from '../support/program.ts';
import { connectRaw, message, post, startSession, toolCall } from '../support/raw-http.ts';
import { connectHttp, serve } from '../support/service.ts';

const QUEUED = { queueMs: 3_600_000_000 };
const started = async (clock?: Clock) => {
  const server = await serve({ waitSeconds: Number.POSITIVE_INFINITY, ...(clock && { clock }) });
  for (let job = 0; job < 3; job++) server.sandbox.engine.planNext(QUEUED);
  return server;
};
type Started = Awaited<ReturnType<typeof started>>;

const cancels = ({ sandbox }: Started) => sandbox.requests.filter(({ route }) => route === 'cancel').length;
const states = ({ config }: Started) => readRecords(config.dataDir).map(({ state }) => state);
const leases = ({ config }: Started) => readRecords(config.dataDir).filter(({ lease }) => lease).length;
const polled = ({ sandbox }: Started, jobs = 1) =>
  eventually(() => sandbox.requests.filter(({ route }) => route === 'status').length).toBeGreaterThanOrEqual(
    jobs,
  );

const stop = (id: unknown, reason?: unknown) =>
  message('2025', 'notifications/cancelled', { requestId: id, ...(reason !== undefined && { reason }) });
const inSession = (id: string) => ({ 'mcp-session-id': id });

/** Posts a message in a session, and resolves when it is answered. */
async function say(url: string, session: string, body: unknown) {
  const { until, socket } = await connectRaw(url, post('2025', body, inSession(session)));
  await until(/^HTTP\/1\.1 202/);
  socket.destroy();
}
const call = (url: string, session: string, prompt = 'a fox') =>
  connectRaw(url, post('2025', toolCall('2025', { ...CALL, arguments: { prompt } }, 7), inSession(session)));

describe.each(['SDK 1.x', 'SDK 2.x, 2025'] as const)('a client of 2025 over HTTP: %s', (kind) => {
  it.each([
    ['its user stops', 'MCP request cancelled by caller', 1, 'cancelled'],
    ['timed out', 'McpError: MCP error -32001: Request timed out', 0, 'in_queue'],
  ])('whose call %s', async (_, reason, cancelled, state) => {
    const server = await started();
    const client = await connectHttp(server.url, kind);
    const aborted = new AbortController();
    const options = { signal: aborted.signal };
    // SDK 1.x takes a schema before the options.
    const given = kind === 'SDK 1.x' ? [undefined, options] : [options];
    const calling = Reflect.apply(client.callTool, client, [CALL, ...given]) as Promise<unknown>;
    await polled(server);
    aborted.abort(reason);
    await expect(calling).rejects.toThrow();
    await eventually(() => leases(server)).toBe(0);
    expect([cancels(server), states(server)]).toEqual([cancelled, [state]]);
  });
});

it('a client of 2026-07-28 only closes the stream: the wait ends, and nothing is cancelled', async () => {
  const server = await started();
  const client = await connectHttp(server.url, 'SDK 2.x, 2026-07-28');
  const aborted = new AbortController();
  const calling = client.callTool(CALL, { signal: aborted.signal });
  await polled(server);
  aborted.abort('MCP request cancelled by caller');
  await expect(calling).rejects.toThrow();
  await eventually(() => leases(server)).toBe(0);
  expect([cancels(server), states(server)]).toEqual([0, ['in_queue']]);
});

describe('a stop that is posted over HTTP', () => {
  it('is for a call of its own session, though all clients count alike', async () => {
    const server = await started();
    const [one, other] = [await startSession(server.url), await startSession(server.url)];
    await call(server.url, one, 'one');
    await call(server.url, other, 'other');
    await polled(server, 2);
    await say(server.url, other, stop(7));
    await eventually(() => leases(server)).toBe(1);
    const left = readRecords(server.config.dataDir).find(({ lease }) => lease);
    expect(left).toMatchObject({ input: { prompt: 'one' }, state: 'in_queue' });
    expect(cancels(server)).toBe(1);
  });

  it.each([
    ['of another session', stop(7), async (url: string) => await startSession(url)],
    ['of no session', stop(7), async () => ''],
    ['of a session that nobody began', stop(7), async (_: string, id: string) => `${id.slice(0, -4)}AAAA`],
    ['of a string that looks like its number', stop('7'), async (_: string, id: string) => id],
    ['of rubbish', stop({ toString: 1 }, [[]]), async (_: string, id: string) => id],
  ])('%s does nothing', async (_, body, sessionOf) => {
    const server = await started();
    const session = await startSession(server.url);
    await call(server.url, session);
    await polled(server);
    const { until } = await connectRaw(
      server.url,
      post('2025', body, inSession(await sessionOf(server.url, session))),
    );
    await until(/^HTTP\/1\.1 \d/);
    await polled(server, 3);
    expect([cancels(server), leases(server)]).toEqual([0, 1]);
  });

  it('that overtakes its call, whose body comes slowly, keeps it from being submitted', async () => {
    const server = await started();
    const session = await startSession(server.url);
    const bytes = post('2025', toolCall('2025', CALL, 7), inSession(session));
    const { socket, until } = await connectRaw(server.url, bytes.slice(0, -10));
    await say(server.url, session, stop(7));
    socket.write(bytes.slice(-10));
    await until(/\r\n0\r\n\r\n$/);
    expect(server.sandbox.engine.jobs).toEqual([]);
    expect(readRecords(server.config.dataDir)).toEqual([]);
  });

  it('counts where the client has just closed its stream', async () => {
    // On a clock that jumps, the time for it would be over at once.
    const server = await started(systemClock);
    const session = await startSession(server.url);
    const { socket } = await call(server.url, session);
    await expect.poll(() => states(server)).toEqual(['in_queue']);
    socket.resetAndDestroy();
    await delay(50);
    await say(server.url, session, stop(7));
    await expect.poll(() => states(server)).toEqual(['cancelled']);
    expect(cancels(server)).toBe(1);
  });

  it('after the end of its call does nothing, nor to a later one with its number', async () => {
    const server = await serve({ waitSeconds: 0 });
    server.sandbox.engine.planNext(QUEUED);
    const session = await startSession(server.url);
    const { until } = await call(server.url, session);
    await until(/\r\n0\r\n\r\n$/);
    await say(server.url, session, stop(7));
    const later = await call(server.url, session, 'another');
    expect(await later.until(/\r\n0\r\n\r\n$/)).toContain('get_image_job');
    expect(cancels(server)).toBe(0);
  });
});

describe('a cancellation that came while the process stood still', () => {
  /** A call whose job ends while the process stands still; its cancellation takes a moment to be read then. */
  async function stoodStill() {
    const clock = testClock();
    const server = await serve({ waitSeconds: Number.POSITIVE_INFINITY, clock });
    const session = await startSession(server.url, 'test-raw');
    const { until } = await call(server.url, session);
    await eventually(() => server.sandbox.engine.jobs.length).toBe(1);
    clock.advance(600_000);
    const cancelled = clock.sleep(400).then(() => say(server.url, session, stop(7, 'Request timed out')));
    return { server, answered: Promise.all([cancelled, until(/\r\n0\r\n\r\n/)]) };
  }
  const repeat = async ({ url }: { url: string }) => (await connectHttp(url)).callTool(CALL);

  it('counts, though the job has ended', async () => {
    const { server, answered } = await stoodStill();
    await answered;
    expect((await repeat(server)).structuredContent).toMatchObject({ resumed: true });
    expect(server.sandbox.engine.jobs).toHaveLength(1);
  });

  it('is read before a call that came meanwhile repeats the one that it is for', async () => {
    const { server, answered } = await stoodStill();
    expect((await repeat(server)).structuredContent).toMatchObject({ resumed: true });
    await answered;
    expect(server.sandbox.engine.jobs).toHaveLength(1);
  });
});
