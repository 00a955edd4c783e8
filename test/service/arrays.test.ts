import { describe, expect, it } from 'vitest';
import { CALL } from '../support/calls.ts';
import { eventually } from '../support/program.ts';
import { askRaw } from '../support/raw-connection.ts';
import { serve } from '../support/service.ts';
import { callOf } from '../support/tenants.ts';

const PING = { jsonrpc: '2.0', id: 1, method: 'ping' };
const cancel = (requestId: unknown) => ({
  jsonrpc: '2.0',
  method: 'notifications/cancelled',
  params: { requestId },
});
const call = callOf(CALL.name, CALL.arguments, 7);

const post = (url: string, body: unknown, ...headers: string[]) => {
  const all = ['Host: localhost', 'Content-Type: application/json', ...headers];
  return askRaw(
    url,
    'POST /mcp',
    [...all, 'Accept: application/json, text/event-stream'],
    JSON.stringify(body),
  );
};

describe('an array of messages', () => {
  it.each([
    ['a call and its cancellation', [call, cancel(7)]],
    ['a cancellation and its call', [cancel(7), call]],
    ['a call with its cancellation behind others', [PING, call, cancel(8), cancel(7)]],
    ['two calls with one id', [call, { ...PING, id: 7 }]],
  ])('that holds %s is refused, and nothing is submitted', async (_, body) => {
    const { url, sandbox } = await serve();
    expect(await post(url, body)).toMatchObject({ status: 400 });
    expect(sandbox.requests).toEqual([]);
  });

  it('is answered whole otherwise', async () => {
    const { url } = await serve();
    const { status, text } = await post(url, [call, PING, cancel(8), cancel('7'), { ...PING, id: '1' }]);
    expect(status).toBe(200);
    expect(text.match(/"id":("1"|1|7)/g)?.sort()).toEqual(['"id":"1"', '"id":1', '"id":7']);
  });

  it('is of clients that name the version of the protocol that has them, or none', async () => {
    const { url } = await serve();
    for (const [version, status] of [
      ['2025-03-26', 200],
      ['2025-06-18', 400],
      ['2025-11-25', 400],
      ['2026-07-28', 400],
      ['2024-11-05', 400],
      ['', 400],
      ['__proto__', 400],
    ])
      expect([version, (await post(url, [PING], `MCP-Protocol-Version: ${version}`)).status]).toEqual([
        version,
        status,
      ]);
  });
});

describe('what the SDK complains of', () => {
  it.each([
    ['no JSON-RPC', { ...PING, id: { [`a\u202e${'b'.repeat(5_000)}`]: 1 } }, ''],
    ['a version', PING, `MCP-Protocol-Version: \u009b31m${'9'.repeat(5_000)}`],
    ['a version of 2026', PING, 'MCP-Protocol-Version: 2026-07-28'],
    [
      'another method in the header',
      {
        ...PING,
        params: {
          _meta: { 'io.modelcontextprotocol/protocolVersion': `2026-07-28\u001b[2J${'z'.repeat(5_000)}` },
        },
      },
      'Mcp-Method: \u009b2J',
    ],
  ])('is one short line of the log, whatever a client writes: %s', async (_, body, header) => {
    const { url, log } = await serve({ logLevel: 'info' });
    const before = log.length;
    await post(url, body, ...(header ? [header] : []));
    await eventually(() => log.length).toBeGreaterThan(before);
    for (const line of log.slice(before)) {
      expect(line.length).toBeLessThan(300);
      expect(line.trimEnd()).not.toMatch(/[\p{Cc}\p{Cf}\u2028]/u);
    }
  });
});
