import { once } from 'node:events';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import type { SandboxJob } from '../../src/sandbox/engine.ts';
import { readRecords } from '../support/books.ts';
import { CALL, finishAll, promised } from '../support/calls.ts';
import { eventually } from '../support/program.ts';
import { connectRaw, ERAS, post, type RawConnection, toolCall } from '../support/raw-http.ts';
import { connectHttp, serve } from '../support/service.ts';

const HOURS = 3_600_000;
const RUNNING = { queueMs: 0, runMs: 1_000 * HOURS };
/** Waits for as long as a job takes. */
const PATIENT = { waitSeconds: Number.POSITIVE_INFINITY };
const WHOLE = /\r\n0\r\n\r\n$/;

const started = () => serve(PATIENT);
type Started = Awaited<ReturnType<typeof started>>;

const submits = ({ sandbox }: Started) => sandbox.requests.filter(({ route }) => route === 'submit').length;
const isFree = ({ config }: Started) =>
  eventually(() => readRecords(config.dataDir).some(({ lease }) => lease)).toBe(false);
const running = ({ sandbox }: Started) => eventually(() => sandbox.engine.jobs.length).toBe(1);

/** Whether the same call of another client gets the same job, and how many jobs were paid for by then. */
async function next(server: Started) {
  finishAll(server.sandbox);
  const client = await connectHttp(server.url);
  const { structuredContent } = await client.callTool(CALL);
  return { resumed: (structuredContent as { resumed?: boolean }).resumed === true, paid: submits(server) };
}

describe.each(ERAS)('an answer over HTTP, in the era of %s', (era) => {
  const bytes = post(era, toolCall(era, CALL));

  it('is delivered when all of it was sent: the same call is a new picture, however soon the client closes', async () => {
    const server = await started();
    const { socket, until } = await connectRaw(server.url, bytes);
    await until(WHOLE);
    socket.resetAndDestroy();
    expect(await next(server)).toEqual({ resumed: false, paid: 2 });
  });

  const CUTS: [how: string, cut: (connection: RawConnection) => void][] = [
    ['reset', ({ socket }) => void socket.resetAndDestroy()],
    ['closed', ({ socket }) => void socket.destroy()],
    ['half closed', ({ socket }) => void socket.end()],
  ];

  it.each(CUTS)('is not where the connection is %s after headers and keep-alives', async (_, cut) => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    onTestFinished(() => void vi.useRealTimers());
    const server = await started();
    server.sandbox.engine.planNext(RUNNING);
    const connection = await connectRaw(server.url, bytes);
    await connection.until(/text\/event-stream[\s\S]*\r\n\r\n/);
    await running(server);
    vi.advanceTimersByTime(30_000);
    expect(await connection.until(/: ?keep-?alive[\s\S]*: ?keep-?alive/)).not.toContain('data:');
    cut(connection);
    await isFree(server);
    expect(await next(server)).toEqual({ resumed: true, paid: 1 });
  });

  it.each(CUTS)(
    'is not where the connection is %s before: the same call gets the same job',
    async (_, cut) => {
      const server = await started();
      server.sandbox.engine.planNext(RUNNING);
      const connection = await connectRaw(server.url, bytes);
      await running(server);
      cut(connection);
      await isFree(server);
      expect(await next(server)).toEqual({ resumed: true, paid: 1 });
    },
  );

  it.each(CUTS)('is not where the connection is %s before its call is read', async (_, cut) => {
    const server = await started();
    const connection = await connectRaw(server.url, bytes);
    cut(connection);
    await once(connection.socket, 'close');
    const { paid } = await next(server);
    expect(paid).toBe(1);
  });
});

describe('several calls in one request of 2025', () => {
  const CALLS = Array.from({ length: 3 }, (_, id) =>
    toolCall('2025', { ...CALL, arguments: { prompt: `fox ${id}` } }, id),
  );
  const bytes = post('2025', CALLS, { 'mcp-protocol-version': '2025-03-26' });
  /** Another client makes the first of the calls. */
  async function firstAgain({ url }: Started) {
    const client = await connectHttp(url);
    const { structuredContent } = await client.callTool({ ...CALL, arguments: { prompt: 'fox 0' } });
    return (structuredContent as { resumed?: boolean }).resumed === true;
  }

  it('are not delivered where the connection is cut before the last answer', async () => {
    const server = await started();
    for (const _ of CALLS.slice(1)) server.sandbox.engine.planNext({});
    server.sandbox.engine.planNext(RUNNING);
    const { socket, until } = await connectRaw(server.url, bytes);
    await until(/"request_id"/);
    socket.resetAndDestroy();
    await isFree(server);
    finishAll(server.sandbox);
    expect(await firstAgain(server)).toBe(true);
    expect(submits(server)).toBe(CALLS.length);
  });

  it('are delivered when all answers were sent', async () => {
    const server = await started();
    const { until } = await connectRaw(server.url, bytes);
    await until(WHOLE);
    expect(await firstAgain(server)).toBe(false);
    expect(submits(server)).toBe(CALLS.length + 1);
  });
});

describe.each(ERAS)('the delivery of other tools, in the era of %s', (era) => {
  const BATCH = {
    name: 'make_images',
    arguments: { jobs: [{ model: 'openai/gpt-image-2/text-to-image', input: CALL.arguments }] },
  };

  it('of a cut make_images brings the same batch, of a whole one another', async () => {
    const server = await started();
    server.sandbox.engine.planNext(RUNNING);
    const { socket } = await connectRaw(server.url, post(era, toolCall(era, BATCH)));
    await running(server);
    socket.destroy();
    await isFree(server);
    finishAll(server.sandbox);
    for (const paid of [1, 2]) {
      const { until } = await connectRaw(server.url, post(era, toolCall(era, BATCH)));
      await until(WHOLE);
      expect(submits(server)).toBe(paid);
    }
  });

  it('of a cut get_image_job leaves the job to the same call, a whole one delivers it', async () => {
    const server = await serve({ waitSeconds: 0 });
    server.sandbox.engine.planNext(RUNNING);
    const handedOver = await connectRaw(server.url, post(era, toolCall(era, CALL)));
    await handedOver.until(WHOLE);
    const job = server.sandbox.engine.jobs[0] as SandboxJob;
    const get = post(era, toolCall(era, { name: 'get_image_job', arguments: { request_id: job.id } }));
    const { promise: held, resolve: answer } = promised();
    server.sandbox.inject({ on: 'status', what: { hold: held } });
    const before = server.sandbox.requests.length;
    const { socket } = await connectRaw(server.url, get);
    await eventually(() => server.sandbox.requests.length).toBeGreaterThan(before);
    finishAll(server.sandbox);
    socket.destroy();
    answer();
    await isFree(server);
    const again = await connectRaw(server.url, get);
    await again.until(WHOLE);
    expect(await next(server)).toEqual({ resumed: false, paid: 2 });
  });
});
