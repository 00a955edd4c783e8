import { describe, expect, it } from 'vitest';
import { openGalleryOverJob } from '../../support/gallery.ts';
import { askRaw, rawHttp, rawRequest } from '../../support/raw-connection.ts';

describe('a request to the gallery', () => {
  it.each([
    ['an encoded slash', (path: string) => `GET ${path}jobs%2f`, 404],
    ['dots', (path: string) => `GET ${path}../jobs`, 404],
    ['dots below', (path: string) => `GET ${path}jobs/../events`, 404],
    ['encoded dots', (path: string) => `GET ${path}jobs/%2e%2e`, 404],
    ['a backslash', (path: string) => `GET ${path}jobs\\..\\x`, 404],
    ['a whole URL', (path: string, origin: string) => `GET ${origin}${path}jobs`, 404],
    ['a path of another job', (path: string) => `GET ${path}jobs/../../../../etc/passwd`, 404],
    ['an unknown name', (path: string) => `GET ${path}constructor`, 404],
    [
      'an unknown job',
      (path: string) => `GET ${path}jobs/20260101T000000000Z-0000000000000000-00000000`,
      404,
    ],
    ['a path longer than any', (path: string) => `GET ${path}${'a'.repeat(10_000)}`, 404],
    ['a URL that is too long', (path: string) => `GET ${path}${'a'.repeat(100_000)}`, 431],
    ['TRACE', (path: string) => `TRACE ${path}jobs`, 403],
    ['a method that is no word', (path: string) => `G@T ${path}jobs`, 400],
    ['HEAD', (path: string) => `HEAD ${path}jobs`, 200],
  ])('with %s is answered safely', async (_, line, status) => {
    const { url, path, origin, host_ } = await openGalleryOverJob();
    const answer = await askRaw(url, line(path, origin), host_);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toMatch(/at .*\.ts|node:internal/);
    if (line(path, origin).startsWith('HEAD')) expect(answer.text).toMatch(/\r\n\r\n$/);
  });

  it('without a host, or with two, is none of its own page', async () => {
    const { url, path, host } = await openGalleryOverJob();
    expect((await askRaw(url, `GET ${path}`, [])).status).toBe(400);
    expect((await askRaw(url, `GET ${path}`, [`Host: ${host}`, `Host: ${host}`])).status).toBe(404);
    const old = await rawHttp(url);
    old.send(`GET ${path} HTTP/1.0\r\n\r\n`);
    expect(await old.ended).toMatch(/^HTTP\/1\.1 404 /);
  });

  it('from another origin gets nothing, whatever it asks for', async () => {
    const { url, path, host_, id, origin } = await openGalleryOverJob();
    const foreign = ['null', 'https://evil.example', 'http://127.0.0.1:1', origin.replace('http:', 'https:')];
    for (const method of ['GET', 'HEAD', 'PUT', 'DELETE', 'POST', 'OPTIONS'])
      for (const name of foreign) {
        const answer = await askRaw(url, `${method} ${path}jobs/${id}`, [...host_, `Origin: ${name}`]);
        expect(answer.status, `${method} ${name}`).toBe(403);
        expect(answer.text).not.toMatch(/access-control/i);
      }
    for (const method of ['PUT', 'DELETE', 'POST', 'OPTIONS'])
      expect((await askRaw(url, `${method} ${path}jobs/${id}`, host_)).status, method).toBe(403);
  });

  it('for what is there, by a method that it has not, is told which there are', async () => {
    const { url, path, host_, id, origin } = await openGalleryOverJob();
    const own = [...host_, `Origin: ${origin}`];
    for (const [line, allow] of [
      [`POST ${path}jobs/${id}`, 'GET, HEAD, DELETE'],
      [`GET ${path}jobs/${id}/favourite`, 'PUT, DELETE'],
      [`DELETE ${path}`, 'GET, HEAD'],
      [`OPTIONS ${path}originals/${id}/0`, 'GET, HEAD'],
    ] as const) {
      const answer = await askRaw(url, line, own);
      expect([answer.status, /^allow: (.*)\r$/im.exec(answer.text)?.[1]], line).toEqual([405, allow]);
    }
    for (const index of ['1', '-1', '1e9', '1000000000', '00000', '0x0', ''])
      expect((await askRaw(url, `DELETE ${path}pictures/${id}/${index}`, own)).status, index).toBe(404);
  });

  it('with a body is refused before the body came, also where it waits to be invited', async () => {
    const { url, path, host_, id, origin } = await openGalleryOverJob();
    const head = [...host_, `Origin: ${origin}`];
    for (const how of [
      ['Content-Length: 5000000000'],
      ['Content-Length: 10', 'Expect: 100-continue'],
      ['Transfer-Encoding: chunked'],
    ]) {
      const connection = await rawHttp(url);
      connection.send(rawRequest(`PUT ${path}jobs/${id}/favourite`, [...head, ...how]));
      expect(await connection.ended, how.join()).toMatch(/^HTTP\/1\.1 413 /);
    }
  });

  it('to upgrade or to tunnel opens nothing', async () => {
    const { url, path, host_ } = await openGalleryOverJob();
    const upgrade = ['Connection: Upgrade', 'Upgrade: websocket'];
    expect((await askRaw(url, `GET ${path}jobs`, [...host_, ...upgrade])).text).not.toMatch(/ 101 /);
    const tunnel = await rawHttp(url);
    tunnel.send('CONNECT 127.0.0.1:22 HTTP/1.1\r\nHost: 127.0.0.1:22\r\n\r\n');
    expect(await tunnel.ended).not.toMatch(/ 200 /);
  });
});
