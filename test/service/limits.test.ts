import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import { listen } from '../../src/mcp/transports/http/listen.ts';
import { CALL } from '../support/calls.ts';
import { eventually, textOf } from '../support/program.ts';
import { type RawConnection, rawHttp, rawRequest } from '../support/raw-connection.ts';
import { connectHttp, serve } from '../support/service.ts';

const MCP = [
  'Host: localhost',
  'Content-Type: application/json',
  'Accept: application/json, text/event-stream',
];
const message = (method: string, params: object = {}, id?: number) =>
  JSON.stringify({ jsonrpc: '2.0', id, method, params });
const list = message('tools/list', {}, 1);

/** Posts on a connection of its own, which stays open. */
async function post(url: string, body: string): Promise<RawConnection> {
  const connection = await rawHttp(url);
  connection.send(rawRequest('POST /mcp', MCP, body));
  return connection;
}
const hangingCalls = (count: number) =>
  Array.from({ length: count }, (_, id) => message('tools/call', CALL, id)).join();

describe('open requests', () => {
  const SLOW = { clock: systemClock, sandboxOptions: { now: Date.now, pace: 1_000 } };

  it('of one tenant are so many, counted by message, and are told from those of all', async () => {
    const { url, log } = await serve({ ...SLOW, limits: { open: { inAll: 10, perTenant: 4 } } });
    const waiting = await post(url, `[${hangingCalls(4)}]`);
    await eventually(waiting.received).toMatch(/^HTTP\/1\.1 200 /);
    const fifth = await post(url, list);
    await eventually(fifth.received).toMatch(
      /^HTTP\/1\.1 429 [\s\S]*retry-after: 5[\s\S]*nothing was submitted/,
    );
    // One that needs no answer, such as a cancellation, gets through.
    const note = await post(url, message('notifications/cancelled', { requestId: 7 }));
    await eventually(note.received).toMatch(/^HTTP\/1\.1 202 /);
    for (let count = 0; count < 5; count++)
      await eventually((await post(url, list)).received).toMatch(/^HTTP\/1\.1 429 /);
    expect(log.filter((line) => line.includes('too many open requests'))).toHaveLength(1);
    // Who leaves makes room.
    waiting.socket.destroy();
    await expect
      .poll(async () => {
        const again = await post(url, list);
        await eventually(again.received).toMatch(/^HTTP/);
        return again.received();
      })
      .toMatch(/^HTTP\/1\.1 200 /);
  });

  it('of all are so many', async () => {
    const { url } = await serve({ ...SLOW, limits: { open: { inAll: 2, perTenant: 4 } } });
    const waiting = await post(url, `[${hangingCalls(2)}]`);
    await eventually(waiting.received).toMatch(/^HTTP\/1\.1 200 /);
    await eventually((await post(url, list)).received).toMatch(/^HTTP\/1\.1 503 [\s\S]*retry-after: 5/);
  });
});

describe('connections', () => {
  it('beyond the limit are refused, with a word in the log, and cost the others nothing', async () => {
    const { url, log } = await serve({ limits: { maxConnections: 3 } });
    const client = await connectHttp(url);
    await Promise.all(Array.from({ length: 20 }, () => rawHttp(url)));
    expect(textOf(await client.callTool(CALL))).toMatch(/^1 image/);
    await eventually(() => log.filter((line) => line.includes('a connection was refused')).length).toBe(1);
  });

  it('of clients that do not read are ended, and nothing piles up meanwhile', async () => {
    let served = 0;
    const answer = (_: unknown, response: ServerResponse) => {
      served++;
      response.end('x'.repeat(20_000));
    };
    const limits = { idleTimeout: 300, maxConnections: 1 };
    const { origin, close } = await listen({ host: '127.0.0.1', port: 0 }, answer, { limits });
    onTestFinished(close);
    const connection = await rawHttp(origin);
    connection.socket.pause();
    // Node answers all that it has read at once: 64 kB.
    const large = rawRequest('GET /', ['Host: x', `A: ${'x'.repeat(2_000)}`]);
    connection.send(Buffer.concat(Array.from({ length: 3_000 }, () => large)));
    // Only then is there room for another one.
    const another = () => fetch(origin).then(({ status }) => status);
    await expect.poll(() => another().catch(() => undefined)).toBe(200);
    // What the system takes for it, and no more: all of it were 60 MB.
    expect(served).toBeLessThan(1_000);
  });
});

describe('health', () => {
  const ask = async (url: string, path: string) => {
    const connection = await rawHttp(url);
    connection.send(`GET ${path} HTTP/1.0\r\n\r\n`);
    return connection.ended;
  };

  it('is told to every prober, without a host, and tells nothing else', async () => {
    const { url, log } = await serve({ http: { allowedHosts: ['mcp.example.com'] } });
    const before = log.length;
    for (const path of ['/healthz', '/readyz', '/readyz?a=b']) {
      const text = await ask(url, path);
      expect(text).toMatch(/^HTTP\/1\.1 200 /);
      expect(text.split('\r\n\r\n')[1]).toBe('{"status":"ok"}');
      expect(text).not.toMatch(/access-control|\d\.\d\.\d/);
    }
    expect(log.slice(before)).toEqual([]);
  });

  it('is not ready while the server drains, though alive', async () => {
    const { url, drain } = await serve();
    await drain(0);
    expect(await ask(url, '/readyz')).toMatch(
      /^HTTP\/1\.1 503 [\s\S]*connection: close\r\n[\s\S]*{"status":"not ready"}$/,
    );
    expect(await ask(url, '/healthz')).toMatch(/^HTTP\/1\.1 200 /);
  });

  it('is not ready where records cannot be written, and says why in the log alone', async () => {
    const { url, log } = await serve({ dataDir: join(import.meta.filename, 'data') });
    for (let count = 0; count < 3; count++) {
      const text = await ask(url, '/readyz');
      expect(text).toMatch(/^HTTP\/1\.1 503 /);
      expect(text).not.toMatch(/data|ENOTDIR/);
    }
    expect(log.filter((line) => line.includes('not ready'))).toEqual([
      expect.stringMatching(/not ready: The job records in .* cannot be written \(ENOTDIR\)/),
    ]);
    expect(await ask(url, '/healthz')).toMatch(/^HTTP\/1\.1 200 /);
  });
});
