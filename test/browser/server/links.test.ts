import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../../../src/images/library/library.ts';
import { createLinkOpener } from '../../../src/images/open-output.ts';
import { readRecords } from '../../support/books.ts';
import { promised } from '../../support/calls.ts';
import { plain } from '../../support/images.ts';
import { film, openOriginals, places, storage } from '../../support/originals.ts';
import { rawHttp, rawRequest } from '../../support/raw-connection.ts';
import { mp4 } from '../../support/saving.ts';
import { startUpstream } from '../../support/upstream.ts';
import { libraryOf } from '../../support/upstream-pictures.ts';

const total = film.length;
const png = await plain(64, 48).png().toBuffer();

describe('an original', () => {
  it('is not served from a file that was swapped', async () => {
    const { config, get } = await places.library();
    writeFileSync(join(libraryOf(config), `${sha256Of(film)}.mp4`), Buffer.alloc(total, 1));
    const answer = await get();
    expect(answer.status).toBe(410);
    expect(JSON.parse(answer.body.toString())).toEqual({
      error: 'This video was not kept on this machine, and its link at RunComfy has expired.',
      reason: 'expired',
    });
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  it('is not served from a saved copy that was changed', async () => {
    const { config, get } = await places['a saved copy']();
    const [path = ''] = readRecords(config.dataDir)[0]?.originals?.[0]?.saved ?? [];
    expect((await get()).status).toBe(200);
    writeFileSync(path, Buffer.alloc(total, 1));
    expect((await get()).status).toBe(410);
    rmSync(path);
    expect((await get()).status).toBe(410);
  });

  it.each([
    ['a web page', '/a.png', Buffer.from('<!doctype html><script>alert(1)</script>'.padEnd(200))],
    ['a drawing with a script', '/a.png', Buffer.from('<svg xmlns="x"><script>1</script></svg>'.padEnd(200))],
    ['a text', '/a.mp4', Buffer.from('{"a": 1}'.padEnd(200))],
  ])('that is %s is not passed on', async (_, path, file) => {
    const { get } = await openOriginals({ [path]: file });
    for (const range of ['', 'bytes=0-', 'bytes=100-150']) {
      const answer = await get(range ? { range } : {});
      expect(answer.status).toBe(502);
      expect(answer.headers.get('content-type')).toBe('application/json');
      expect(answer.body.toString()).not.toContain('<');
    }
  });

  it.each([
    [
      'redirects',
      (_: string | undefined) => ({ status: 302, headers: { location: 'https://evil.example/' } }),
    ],
    ['sends another part', () => ({ status: 206, headers: { 'content-range': 'bytes 0-9/10' } })],
    ['tells no part', () => ({ status: 206, headers: {} })],
    [
      'tells a part beyond the end',
      () => ({ status: 206, headers: { 'content-range': 'bytes 100-200/150' } }),
    ],
  ])('is not passed on from a server that %s', async (_, answer) => {
    const { get } = await openOriginals({
      '/a.mp4': ({ headers }, response) => {
        // The head is there.
        if (headers.range === 'bytes=0-63') return storage(film)({ headers } as never, response);
        const { status, headers: told } = answer(headers.range);
        response.writeHead(status, told as Record<string, string>).end(film);
      },
    });
    expect((await get({ range: 'bytes=100-' })).status).toBe(502);
  });

  it('that its server cuts short is cut here too, never as if it were whole', async () => {
    const { get } = await openOriginals({
      '/a.mp4': (_, response) => {
        response.writeHead(200, { 'content-length': total }).write(film.subarray(0, 1_000));
        setTimeout(() => response.destroy(), 20);
      },
    });
    await expect(get()).rejects.toThrow();
  });

  it('whose server is away may work later', async () => {
    const { get } = await openOriginals({ '/a.mp4': (_, response) => void response.destroy() });
    const answer = await get();
    expect([answer.status, JSON.parse(answer.body.toString())]).toEqual([
      502,
      {
        error: 'This video could not be loaded from RunComfy just now. It may work later.',
        reason: 'network',
      },
    ]);
  });

  it('is no longer fetched once its client has left', async () => {
    let isLeft = false;
    const { url, id } = await openOriginals({
      '/a.mp4': (_, response) => {
        response.writeHead(200, { 'content-length': total }).write(film.subarray(0, 100_000));
        response.on('close', () => {
          isLeft = true;
        });
      },
    });
    const client = await rawHttp(url);
    const { pathname, host } = new URL(url);
    client.send(rawRequest(`GET ${pathname}originals/${id}/0`, [`Host: ${host}`]));
    await expect.poll(client.received).toMatch(/ 200 OK/);
    client.socket.destroy();
    await expect.poll(() => isLeft).toBe(true);
  });

  it('is fetched no faster than its client takes it', async () => {
    const large = Buffer.concat([mp4(0), Buffer.alloc(64 << 20, 7)]);
    let sent = 0;
    const { url, id } = await openOriginals({
      '/a.mp4': (_, response) => {
        response.writeHead(200, { 'content-length': large.length });
        const write = () => {
          while (sent < large.length) {
            const piece = large.subarray(sent, sent + 65_536);
            sent += piece.length;
            if (!response.write(piece)) return void response.once('drain', write);
          }
          response.end();
        };
        write();
      },
    });
    const client = await rawHttp(url);
    const { pathname, host } = new URL(url);
    client.socket.pause();
    client.send(rawRequest(`GET ${pathname}originals/${id}/0`, [`Host: ${host}`]));
    let before = -1;
    await expect
      .poll(
        () => {
          const isStill = sent > 0 && sent === before;
          before = sent;
          return isStill;
        },
        { interval: 200 },
      )
      .toBe(true);
    expect(sent).toBeLessThan(large.length / 2);
    client.socket.resume();
    await expect.poll(() => sent).toBe(large.length);
  });

  it('that its client takes slowly, such as a film that is paused, is not given up', async () => {
    const { promise, resolve } = promised();
    const { origin } = await startUpstream('/a.mp4', {
      '/a.mp4': async (_, response) => {
        response.writeHead(200, { 'content-length': total }).write(film.subarray(0, 1_000));
        await promise;
        setTimeout(() => response.end(film.subarray(1_000)), 250);
      },
    });
    const open = createLinkOpener(origin, { timeout: 1_000 });
    const { content } = await open(`${origin}/a.mp4`, new AbortController().signal);
    let bytes = 0;
    for await (const piece of content) {
      if (bytes === 0) await new Promise((later) => setTimeout(later, 1_200));
      resolve();
      bytes += piece.length;
    }
    expect(bytes).toBe(total);
  });

  it('of 3D is downloaded only, a picture shown', async () => {
    const head = Buffer.from('glTF\x02\0\0\0\0\0\0\0\0\0\0\0JSON', 'latin1');
    const { get } = await openOriginals({
      '/a.png': png,
      '/b.glb': Buffer.concat([head, Buffer.alloc(500)]),
    });
    expect((await get()).headers.get('content-disposition')).toMatch(/^inline; .*-1\.png"/);
    expect((await get({}, 1)).headers.get('content-disposition')).toMatch(/^attachment; .*-2\.glb"/);
  });
});
