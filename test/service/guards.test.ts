import { describe, expect, it } from 'vitest';
import { askRaw } from '../support/raw-connection.ts';
import { serve } from '../support/service.ts';

const LIST = JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'tools/list' });
const MCP = ['Content-Type: application/json', 'Accept: application/json, text/event-stream'];
const ORIGIN = 'https://app.example.com';

/** Posts a message with these headers and tells the status. */
const post = async (url: string, ...headers: string[]) =>
  (await askRaw(url, 'POST /mcp', [...MCP, ...headers], LIST)).status;

describe('the host that a request names', () => {
  it('is one of this machine by default, in any spelling', async () => {
    const { url } = await serve();
    for (const host of [
      'localhost',
      'localhost:1',
      'LOCALHOST',
      'localhost.',
      '127.0.0.1:3333',
      '[::1]:3333',
    ])
      expect([host, await post(url, `Host: ${host}`)]).toEqual([host, 200]);
  });

  it('is no other one, however it is written', async () => {
    const { url } = await serve();
    for (const host of [
      'evil.example',
      'localhost.evil.example',
      'evil.example.localhost',
      'localhost@evil.example',
      'evil.example@localhost',
      'me:pw@localhost',
      'localhost#.evil.example',
      'localhost/',
      'localhost\\',
      'localhost:',
      'localhost:port',
      '2130706433',
      '0x7f.0.0.1',
      '127.1',
      '0.0.0.0',
      '[::]',
      '::1',
      '%6cocalhost',
      '',
    ])
      expect([host, await post(url, `Host: ${host}`)]).toEqual([host, 403]);
  });

  it('is named once', async () => {
    const { url } = await serve();
    expect(await post(url)).toBe(400);
    expect(await post(url, 'Host: localhost', 'Host: evil.example')).toBe(403);
    expect(await post(url, 'Host: localhost', 'Host: localhost')).toBe(403);
  });

  it('is one of those that were allowed, and then no other', async () => {
    const { url } = await serve({ http: { allowedHosts: ['mcp.example.com'] } });
    expect(await post(url, 'Host: MCP.example.com:443')).toBe(200);
    expect(await post(url, 'Host: localhost')).toBe(403);
  });

  it('stands in the header alone: a target with a host is for a proxy', async () => {
    const { url } = await serve();
    for (const target of ['http://evil.example/mcp', 'http://localhost/mcp', '*', 'mcp'])
      expect(await askRaw(url, `POST ${target}`, [...MCP, 'Host: localhost'], LIST)).not.toMatchObject({
        status: 200,
      });
  });
});

describe('the page that a request comes from', () => {
  it('may not be one that was not allowed, be it exactly or nearly', async () => {
    const { url } = await serve({ http: { allowedOrigins: [ORIGIN] } });
    for (const origin of [
      'null',
      '',
      '*',
      'http://app.example.com',
      'https://app.example.com:8443',
      'https://app.example.com.',
      'https://app.example.com.evil.example',
      'https://evil-app.example.com',
      'https://sub.app.example.com',
      'HTTPS://APP.EXAMPLE.COM',
      `${ORIGIN}/`,
      `${ORIGIN}, ${ORIGIN}`,
      new URL(url).origin,
    ])
      expect([origin, await post(url, 'Host: localhost', `Origin: ${origin}`)]).toEqual([origin, 403]);
    expect(await post(url, 'Host: localhost', `Origin: ${ORIGIN}`, `Origin: ${ORIGIN}`)).toBe(403);
  });

  it('may not be a foreign one whose request needs no preflight', async () => {
    const { url, sandbox } = await serve();
    for (const type of [
      'text/plain',
      'application/x-www-form-urlencoded',
      'multipart/form-data; boundary=x',
    ]) {
      const headers = { origin: ORIGIN, 'content-type': type };
      expect((await fetch(url, { method: 'POST', headers, body: LIST })).status).toBe(403);
      // A browser that sends no Origin with a form still says what it is.
      expect(
        (await fetch(url, { method: 'POST', headers: { 'content-type': type }, body: LIST })).status,
      ).toBe(415);
    }
    expect(sandbox.requests).toEqual([]);
  });

  it('cannot hide behind more headers than are read by default', async () => {
    const { url } = await serve();
    const many = Array.from({ length: 2_100 }, () => 'A:');
    expect(await post(url, 'Host: localhost', ...many)).toBe(200);
    expect(await post(url, 'Host: localhost', ...many, `Origin: ${ORIGIN}`)).toBe(403);
  });

  it('learns nothing from a preflight unless it was allowed', async () => {
    const { url } = await serve({ http: { allowedOrigins: [ORIGIN] } });
    const preflight = (origin: string) =>
      fetch(url, { method: 'OPTIONS', headers: { origin, 'access-control-request-method': 'POST' } });
    const foreign = await preflight('https://evil.example');
    expect([
      foreign.status,
      [...foreign.headers.keys()].filter((name) => name.startsWith('access-')),
    ]).toEqual([403, []]);
    const allowed = await preflight(ORIGIN);
    expect(allowed.status).toBe(204);
    expect(Object.fromEntries(allowed.headers)).toMatchObject({
      'access-control-allow-origin': ORIGIN,
      'access-control-allow-methods': 'POST, GET, DELETE',
      'access-control-allow-headers': expect.stringContaining('authorization, content-type'),
      vary: 'origin',
    });
    expect(allowed.headers.has('access-control-allow-credentials')).toBe(false);
  });

  it('reads the session and the challenge if it was allowed, refusals included', async () => {
    const { url } = await serve({ http: { allowedOrigins: [ORIGIN] } });
    const read = (method: string, body?: string) =>
      fetch(url, {
        method,
        headers: {
          origin: ORIGIN,
          'content-type': 'application/json',
          accept: 'application/json, text/event-stream',
        },
        ...(body !== undefined && { body }),
      });
    for (const [response, status] of [
      [await read('POST', LIST), 200],
      [await read('POST', '{'), 400],
      [await read('GET'), 405],
    ] as const) {
      expect(response.status).toBe(status);
      expect(response.headers.get('access-control-allow-origin')).toBe(ORIGIN);
      expect(response.headers.get('access-control-expose-headers')).toMatch(
        /mcp-session-id.*www-authenticate/,
      );
      expect(response.headers.get('x-content-type-options')).toBe('nosniff');
      await response.text();
    }
  });
});

describe('what else is asked', () => {
  it.each([
    ['GET /mcp', 405],
    ['DELETE /mcp', 405],
    ['HEAD /mcp', 405],
    ['PUT /mcp', 405],
    ['OPTIONS /mcp', 405],
    ['PROPFIND /mcp', 405],
    ['POST /mcp/', 404],
    ['POST /x/../mcp', 404],
    ['POST /%6dcp', 404],
    ['POST //evil.example/mcp', 404],
    ['GET /', 404],
    ['GET /favicon.ico', 404],
    ['POST /healthz', 405],
    [`GET /${'x'.repeat(17_000)}`, 431],
    ['NONSENSE /mcp', 400],
    ['GET', 400],
    ['GET /mcp /mcp', 400],
  ])('%s is answered with %i', async (line, status) => {
    const { url, log } = await serve();
    const { text, ...answer } = await askRaw(url, line, ['Host: localhost']);
    expect(answer).toEqual({ status });
    if (status === 405) expect(text).toMatch(/^allow: \w/m);
    expect(text).not.toMatch(/x-powered-by|server:|evil|\d\.\d\.\d/i);
    expect(log.filter((line) => !line.includes(' serves '))).toEqual([]);
  });

  it('with a method or a protocol for something else is no way around', async () => {
    const { url } = await serve();
    expect((await askRaw(url, 'CONNECT evil.example:443', ['Host: localhost'])).text).toBe('');
    const upgrade = ['Host: localhost', 'Upgrade: websocket', 'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=='];
    expect(await askRaw(url, 'GET /mcp', upgrade)).toMatchObject({ status: 405 });
    expect(await askRaw(url, 'POST /mcp', ['Host: localhost', 'Expect: the best'], '{}')).toMatchObject({
      status: 417,
    });
  });
});
