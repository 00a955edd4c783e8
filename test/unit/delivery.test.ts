import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import type { JSONRPCMessage, ServerContext } from '@modelcontextprotocol/server';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createLog } from '../../src/log.ts';
import { createDeliveries, openCall } from '../../src/mcp/call.ts';
import { OWN_CONNECTION } from '../../src/mcp/channel.ts';
import { createProgress } from '../../src/mcp/progress.ts';
import { createJumpingClock } from '../support/clock.ts';

const result = (id: number | string): JSONRPCMessage => ({ jsonrpc: '2.0', id, result: {} });
const written = Promise.resolve();

/** A write that is ended by hand. */
function openWrite() {
  let end: { whole(): void; broken(): void } = { whole() {}, broken() {} };
  const written = new Promise<void>((resolve, reject) => {
    end = { whole: resolve, broken: () => reject(new Error('EPIPE')) };
  });
  return { written, ...end };
}

describe('whether an answer is delivered', () => {
  /** Asks for the answer to request 1. */
  function ask() {
    const deliveries = createDeliveries(OWN_CONNECTION);
    const ended = new AbortController();
    const told: boolean[] = [];
    const asked = deliveries
      .result(1, ended.signal, () => {})
      .then((sent) => void told.push(sent !== undefined));
    return { ...deliveries, ended, told, asked };
  }
  const settled = () => new Promise((resolve) => setImmediate(resolve));

  it('is told when all of it was written, and not before', async () => {
    const { onSend, told, asked } = ask();
    const write = openWrite();
    onSend(result(1), write.written);
    await settled();
    expect(told).toEqual([]);
    write.whole();
    await asked;
    expect(told).toEqual([true]);
  });

  it('has nothing to do with other messages', async () => {
    const { onSend, told } = ask();
    onSend(result(2), written);
    onSend(result('1'), written);
    onSend({ jsonrpc: '2.0', id: 1, method: 'ping' }, written);
    onSend({ jsonrpc: '2.0', method: 'notifications/progress' }, written);
    await settled();
    expect(told).toEqual([]);
  });

  it('is denied where it cannot be written, or an error goes out in its place', async () => {
    const broken = ask();
    const write = openWrite();
    broken.onSend(result(1), write.written);
    write.broken();
    const replaced = ask();
    const error = { code: -32603, message: 'Internal error' };
    replaced.onSend({ jsonrpc: '2.0', id: 1, error }, written);
    await Promise.all([broken.asked, replaced.asked]);
    expect([broken.told, replaced.told]).toEqual([[false], [false]]);
  });

  it.each(['user', 'timeout'])('is denied where the call is given up before that (%s)', async (reason) => {
    const { onSend, ended, told, asked } = ask();
    const write = openWrite();
    onSend(result(1), write.written);
    ended.abort(reason);
    write.whole();
    await asked;
    expect(told).toEqual([false]);
  });

  it('is denied where the call had ended before it was written, and a later request with its id stands alone', async () => {
    const { result: sent, onSend, ended, told, asked } = ask();
    ended.abort('closed');
    await asked;
    const later = sent(1, new AbortController().signal, () => {});
    onSend(result(1), written);
    expect(told).toEqual([false]);
    expect(await later).toEqual(result(1));
    expect(await sent(1, ended.signal, () => {})).toBeUndefined();
  });

  it('of a call is its own where an earlier call with its id is given up', async () => {
    const { result: sent, onSend } = createDeliveries(OWN_CONNECTION);
    const earlier = new AbortController();
    const calls = [sent(1, earlier.signal, () => {}), sent(1, new AbortController().signal, () => {})];
    earlier.abort('user');
    onSend(result(1), written);
    expect(await Promise.all(calls)).toEqual([undefined, result(1)]);
  });
});

/** Two connected sockets. */
async function socketPair(): Promise<[Socket, Socket]> {
  const server = createServer().listen(0, '127.0.0.1');
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const theirs = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const [[ours]] = (await Promise.all([once(server, 'connection'), once(theirs, 'connect')])) as [
    [Socket],
    [],
  ];
  onTestFinished(() => void [theirs, ours].map((socket) => socket.destroy()));
  return [theirs, ours];
}

// In ms. What was written to a socket of this machine lies at its other end by then.
const ARRIVED_AFTER = 50;

/** A call with id 1, on a connection that tells of cancellations. */
function open(signal: AbortSignal) {
  const context = { mcpReq: { id: 1, signal } } as unknown as ServerContext;
  const clock = createJumpingClock();
  const startProgress = createProgress(clock);
  const options = { clock, startProgress, waitSeconds: 1, log: createLog('silent', String) };
  const deliveries = createDeliveries(OWN_CONNECTION);
  return {
    deliveries,
    ...openCall(context, { client: undefined, deliveries, channel: OWN_CONNECTION }, options),
  };
}

describe('an answer that is handed over', () => {
  it('may still arrive where the client has closed its end meanwhile: that is found out', async () => {
    const closed = new AbortController();
    const { wait, deliveries } = open(closed.signal);
    const write = openWrite();
    deliveries.onSend(result(1), write.written);
    closed.abort('Connection closed');
    expect(wait.signal.aborted).toBe(false);
    write.whole();
    expect(await wait.delivered).toBe(true);
    expect(wait.signal.aborted).toBe(false);
  });

  it('ends its wait where it cannot arrive, so that the same call finds its job free', async () => {
    const { wait, deliveries } = open(new AbortController().signal);
    const write = openWrite();
    deliveries.onSend(result(1), write.written);
    write.broken();
    expect(await wait.delivered).toBe(false);
    expect(wait.signal.reason).toBe('closed');
  });

  it('waits until what had come before it was read: its call may be cancelled there', async () => {
    const [theirs, ours] = await socketPair();
    const cancelled = new AbortController();
    ours.on('data', () => cancelled.abort('Request timed out'));
    const { wait, deliveries, end } = open(cancelled.signal);

    theirs.write('cancelled');
    const busyUntil = performance.now() + ARRIVED_AFTER;
    while (performance.now() < busyUntil);
    await end('a_tool', {});
    deliveries.onSend(result(1), written);
    expect(await wait.delivered).toBe(false);
  });
});
