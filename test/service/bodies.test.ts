import { request as httpRequest } from 'node:http';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { BODY_LIMITS } from '../../src/mcp/transports/http/body.ts';
import { eventually } from '../support/program.ts';
import { askRaw, rawHttp, rawRequest } from '../support/raw-connection.ts';
import { serve } from '../support/service.ts';

const MCP = [
  'Host: localhost',
  'Content-Type: application/json',
  'Accept: application/json, text/event-stream',
];
const MB = 1 << 20;

/** A list of the tools in a message of so many bytes. */
function list(bytes = 0): string {
  const message = (pad: string) =>
    JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: { pad } } });
  return message('x'.repeat(Math.max(0, bytes - message('').length)));
}

const post = (url: string, body: string | Buffer, ...headers: string[]) =>
  askRaw(url, 'POST /mcp', [...MCP, ...headers], body);

/** Posts in chunks with Node's client. */
const postInChunks = (url: string, chunks: number): Promise<number | undefined> =>
  new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/json', accept: 'application/json, text/event-stream' };
    const request = httpRequest(url, { method: 'POST', headers }, (response) => {
      resolve(response.statusCode);
      request.destroy();
    });
    request.on('error', reject);
    const text = list(chunks * MB);
    for (let at = 0; at < text.length; at += MB) request.write(text.slice(at, at + MB));
    request.end();
  });

describe('the body of a request', () => {
  it.each([
    ['nothing', '', 400],
    ['no JSON', '{"jsonrpc":', 400],
    [
      'no UTF-8',
      Buffer.from([...Buffer.from('{"jsonrpc":"2.0","id":1,"method":"'), 0xff, 0xfe, 0x22, 0x7d]),
      400,
    ],
    ['a number', '1', 400],
    ['null', 'null', 400],
    ['an empty batch', '[]', 400],
    ['101 messages', `[${Array.from({ length: 101 }, () => list()).join()}]`, 400],
    ['100,000 brackets', '['.repeat(100_000), 400],
    ['100,000 brackets, all closed', '['.repeat(100_000) + ']'.repeat(100_000), 400],
    ['five million arrays', `[${'[],'.repeat(5_000_000)}[]]`, 400],
    [
      '100,000 objects in an argument',
      `{"jsonrpc":"2.0","id":1,"method":"x","params":${'{"a":'.repeat(100_000)}1${'}'.repeat(100_001)}`,
      400,
    ],
  ])('that is %s is refused', async (_, body, status) => {
    const { url, log } = await serve();
    const answer = await post(url, body);
    expect(answer.status).toBe(status);
    expect(answer.text).toContain('"jsonrpc":"2.0"');
    expect(answer.text.length).toBeLessThan(700);
    expect(log.filter((line) => / (warn|error): /.test(line))).toEqual([]);
  });

  it.each([
    ['gzip', 'Content-Encoding: gzip', gzipSync(list())],
    ['no type', 'X: y', list()],
  ])('with %s is not read', async (_, header, body) => {
    const { url } = await serve();
    const headers = header.startsWith('X') ? MCP.filter((line) => !line.startsWith('Content-Type')) : MCP;
    expect(await askRaw(url, 'POST /mcp', [...headers, header], body)).toMatchObject({ status: 415 });
  });

  it('holds 16 MiB, and no byte more, with and without a length told before', async () => {
    const { url } = await serve();
    expect(await post(url, list(BODY_LIMITS.maxBytes))).toMatchObject({ status: 200 });
    expect(await post(url, list(BODY_LIMITS.maxBytes + 1))).toMatchObject({ status: 413 });
    expect(await postInChunks(url, 16)).toBe(200);
    expect(await postInChunks(url, 17)).toBe(413);
    expect(await postInChunks(url, 24)).toBe(413);
  });

  it('is refused before it is sent, and the connection ended without the rest', async () => {
    const { url } = await serve({ limits: { lingerTimeout: 50 } });
    const connection = await rawHttp(url);
    const head = ['POST /mcp HTTP/1.1', ...MCP, `Content-Length: ${64 * MB}`, '', 'some of it'];
    connection.send(head.join('\r\n'));
    expect(await connection.ended).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('is refused as soon as it is too long, and the connection ended without the rest', async () => {
    const { url } = await serve({
      limits: { lingerTimeout: 50, bodies: { ...BODY_LIMITS, maxBytes: 1_000 } },
    });
    const connection = await rawHttp(url);
    const head = [
      'POST /mcp HTTP/1.1',
      ...MCP,
      'Transfer-Encoding: chunked',
      '',
      '100000',
      'x'.repeat(2_000),
    ];
    connection.send(head.join('\r\n'));
    expect(await connection.ended).toMatch(/^HTTP\/1\.1 413 /);
  });

  it('is asked for only where it is wanted', async () => {
    const { url } = await serve();
    const expecting = [...MCP, 'Expect: 100-continue'];
    const refused = await rawHttp(url);
    refused.send(
      `${['POST /mcp HTTP/1.1', ...expecting, 'Origin: https://evil.example', 'Content-Length: 5', '', ''].join('\r\n')}`,
    );
    await eventually(refused.received).toMatch(/^HTTP\/1\.1 403 /);
    const wanted = await rawHttp(url);
    wanted.send(
      `${['POST /mcp HTTP/1.1', ...expecting, `Content-Length: ${list().length}`, '', ''].join('\r\n')}`,
    );
    await eventually(wanted.received).toMatch(/^HTTP\/1\.1 100 /);
    wanted.send(list());
    await eventually(wanted.received).toMatch(/HTTP\/1\.1 200 /);
  });

  it('is not read before it is known who sends it', async () => {
    const { url } = await serve();
    const stranger = await rawHttp(url);
    stranger.send(['POST /mcp HTTP/1.1', ...MCP, 'Host: evil', `Content-Length: ${MB}`, '', ''].join('\r\n'));
    await eventually(stranger.received).toMatch(/^HTTP\/1\.1 403 /);
  });
});

describe('large bodies', () => {
  const limits = { bodies: { maxBytes: MB, large: { inAll: 2 * MB, perTenant: MB } } };
  const half = list(MB / 2);

  it('count while they are read, and no longer once they were cut', async () => {
    const { url, log } = await serve({ limits });
    const cut = await Promise.all(Array.from({ length: 3 }, () => rawHttp(url)));
    const whole = rawRequest('POST /mcp', MCP, list(MB - 1_000));
    for (const connection of cut) connection.send(whole.subarray(0, -1));
    // The first that came keeps its share; the others are too much.
    await eventually(() => cut.filter(({ received }) => received().startsWith('HTTP/1.1 429 ')).length).toBe(
      2,
    );
    expect((await post(url, half)).text).toMatch(
      /^HTTP\/1\.1 429 [\s\S]*retry-after: 5\r\n[\s\S]*nothing was submitted/,
    );
    // A small one gets through.
    expect(await post(url, list())).toMatchObject({ status: 200 });
    for (const { socket } of cut) socket.destroy();
    await expect.poll(async () => (await post(url, half)).status).toBe(200);
    for (let count = 0; count < 5; count++) expect(await post(url, half)).toMatchObject({ status: 200 });
    expect(log.filter((line) => line.includes('too many large requests'))).toHaveLength(1);
  });
});

describe('a slow sender', () => {
  it.each([
    ['says nothing', ''],
    ['never ends a line', 'POST /mcp'],
    ['never ends its headers', 'POST /mcp HTTP/1.1\r\nHost: localhost\r\nA: '],
    ['never ends its body', ['POST /mcp HTTP/1.1', ...MCP, 'Content-Length: 1000', '', '{'].join('\r\n')],
  ])('that %s is ended, however steadily it sends', async (_, beginning) => {
    const limits = { headersTimeout: 100, requestTimeout: 200, connectionsCheckingInterval: 20 };
    const { url } = await serve({ limits });
    const connection = await rawHttp(url);
    connection.send(beginning);
    const drip = setInterval(() => beginning && connection.send('x'), 20);
    expect(await connection.ended).toMatch(/^(HTTP\/1\.1 408 |$)/);
    clearInterval(drip);
  });
});
