import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import { readFileSync } from 'node:fs';
import { createServer as createTlsServer } from 'node:https';
import { type AddressInfo, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Fault } from '../../src/sandbox/faults.ts';
import { checkAnswer, checkBooks, readRecords } from '../support/books.ts';
import { CALL } from '../support/calls.ts';
import { connect, eventually, textOf } from '../support/program.ts';

const FOREVER = Number.POSITIVE_INFINITY;
const never = new Promise<never>(() => {});
const json = (status: number, body: unknown, headers = {}): Fault['what'] => ({ status, body, headers });

const SIX = { error_code: 503001, error_message: 'busy' };

/** What goes wrong with the submit, how the call ends, and how many submits and jobs upstream saw. */
const ROWS: [name: string, fault: Omit<Fault, 'on'>, ends: string, submits: number, jobs: number][] = [
  ['reset when it was read, before it was done', { what: 'before' }, 'submit_unknown', 1, 0],
  ['reset when it was done', { what: 'after' }, 'submit_unknown', 1, 1],
  ['silence when it was done', { what: { hold: never } }, 'submit_unknown', 1, 1],
  ['an answer that is cut behind the id', { what: 'cut' }, 'succeeded', 1, 1],
  ['an HTML 200', { what: json(200, '<html><body>Welcome</body></html>') }, 'submit_unknown', 1, 0],
  ['a 200 without an id', { what: json(200, {}) }, 'submit_unknown', 1, 0],
  ['429 once', { what: json(429, {}, { 'retry-after': '2' }) }, 'succeeded', 2, 1],
  ['429 for ever', { times: FOREVER, what: json(429, {}, { 'retry-after': '2' }) }, 'rate_limited', 3, 0],
  ['429 without a time', { what: json(429, {}) }, 'succeeded', 2, 1],
  ['500', { what: json(500, { message: 'boom' }) }, 'submit_unknown', 1, 0],
  ['502', { what: json(502, '<html>') }, 'submit_unknown', 1, 0],
  ['503 alone', { what: json(503, { message: 'busy' }) }, 'submit_unknown', 1, 0],
  [
    '503 with words',
    { what: json(503, { message: 'busy' }, { 'retry-after': '2' }) },
    'submit_unknown',
    1,
    0,
  ],
  ["503 with RunComfy's number", { what: json(503, SIX, { 'retry-after': '2' }) }, 'succeeded', 2, 1],
  ['504', { what: json(504, '') }, 'submit_unknown', 1, 0],
  [
    'a redirect that would post again',
    { what: json(307, '', { location: '/v1/models/openai/gpt-image-2/text-to-image' }) },
    'submit_unknown',
    1,
    0,
  ],
  ['no balance', { what: json(402, {}) }, 'no_balance', 1, 0],
  ['a refused input', { what: json(422, {}) }, 'input_refused', 1, 0],
  ['a refused key', { what: json(401, {}) }, 'key_refused', 1, 0],
];

describe('a submit that upstream answers with', () => {
  it.each(ROWS)('%s', async (_, fault, ends, submits, jobs) => {
    const { client, sandbox, config } = await connect({ httpLimits: { headers: 300, body: 300 } });
    sandbox.inject({ on: 'submit', ...fault });
    const result = await client.callTool(CALL);
    const code = /\[(\w+)\]$/.exec(textOf(result))?.[1];
    expect(code ?? (result.structuredContent as { status: string }).status).toBe(ends);
    expect(sandbox.requests.filter(({ route }) => route === 'submit')).toHaveLength(submits);
    expect(sandbox.engine.jobs).toHaveLength(jobs);
    checkAnswer(textOf(result), result.isError === true);
    checkBooks(sandbox, config.dataDir, 1);
    const states = readRecords(config.dataDir).map(({ state }) => state);
    expect(states).toEqual(
      ends === 'submit_unknown' ? ['unknown'] : ends === 'succeeded' ? ['succeeded'] : [],
    );
  });

  it('doubt says so, and only an explicit second call submits again', async () => {
    const { client, sandbox, config } = await connect();
    sandbox.inject({ on: 'submit', what: 'after' });
    expect(textOf(await client.callTool(CALL))).toMatchSnapshot();
    await eventually(() => readRecords(config.dataDir)[0]?.delivered_at).toBeTruthy();
    expect((await client.callTool(CALL)).structuredContent).toMatchObject({ status: 'succeeded' });
    checkBooks(sandbox, config.dataDir, 2);
  });
});

/** Listens on a free port of this machine until the test ends. */
async function listen(server: Server): Promise<number> {
  const open = new Set<{ destroy(): void }>();
  server.on('connection', (socket) => open.add(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    for (const socket of open) socket.destroy();
    server.close();
  });
  return (server.address() as AddressInfo).port;
}

describe('a submit without a connection is certain not to have been processed', () => {
  const pem = readFileSync(join(import.meta.dirname, '../support/fixtures/tls/self-signed.pem'));
  const WAYS: [name: string, baseUrl: () => Promise<string>][] = [
    ['refused', async () => `http://127.0.0.1:${await closedPort()}`],
    ['no such name', async () => 'https://nowhere.invalid'],
    [
      'a connection that TLS never completes',
      async () => `https://localhost:${await listen(createServer())}`,
    ],
    [
      'no TLS at the other end',
      async () =>
        `https://localhost:${await listen(createServer((socket) => socket.end('HTTP/1.1 400\r\n\r\n')))}`,
    ],
    [
      'a certificate that nobody vouches for',
      async () => `https://localhost:${await listen(createTlsServer({ key: pem, cert: pem }))}`,
    ],
  ];
  it.each(WAYS)('%s', async (_, baseUrl) => {
    const { client, config } = await connect({ baseUrl: await baseUrl(), httpLimits: { connect: 200 } });
    const result = await client.callTool(CALL);
    expect(textOf(result)).toMatch(
      /could not be reached \(\w+\).*Nothing was charged for this call\. \[unreachable\]$/,
    );
    expect(readRecords(config.dataDir)).toEqual([]);
  });
});

describe('whether a submit was sent', () => {
  it.each([
    ['read and reset', 'before' as const, 'submit_unknown', 1],
    ['never connected', undefined, 'unreachable', 0],
  ])("is judged as undici's diagnostics channel tells it: %s", async (_, what, code, sent) => {
    const seen: unknown[] = [];
    const count = (message: unknown) => void seen.push(message);
    subscribe('undici:client:sendHeaders', count);
    onTestFinished(() => void unsubscribe('undici:client:sendHeaders', count));
    const baseUrl = what ? {} : { baseUrl: `http://127.0.0.1:${await closedPort()}` };
    const { client, sandbox } = await connect(baseUrl);
    if (what) sandbox.inject({ on: 'submit', what });
    expect(textOf(await client.callTool(CALL))).toContain(`[${code}]`);
    expect(seen).toHaveLength(sent);
  });
});

/** A port on which nothing listens. */
function closedPort(): Promise<number> {
  return new Promise((resolve) => {
    const server = createServer().listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
