import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { accountOf } from '../../src/config/config.ts';
import { accountDir } from '../../src/stores/file/names.ts';
import { handmadePng, noise, plain } from '../support/images.ts';
import { connect, textOf } from '../support/program.ts';
import { type Handler, startUpstream } from '../support/upstream.ts';

const CALL = { name: 'gpt_4o_image_text_to_image', arguments: { prompt: 'a fox' } };
const MB = 1_000_000;

const png = await plain(640, 480).png().toBuffer();
const noisyPng = await noise(200, 200).png().toBuffer();
const noisyJpeg = await noise(200, 200).jpeg().toBuffer();

/** Answers with these bytes, whatever they are. */
const body =
  (bytes: Buffer | string, headers: Record<string, string | number> = {}): Handler =>
  (_, response) =>
    void response.writeHead(200, { 'content-type': 'image/png', ...headers }).end(bytes);

const status =
  (code: number, headers: Record<string, string> = {}): Handler =>
  (_, response) =>
    void response.writeHead(code, headers).end(png);

/** Sends a piece again and again until the other side has enough of it. */
const stream =
  (first: Buffer, piece: Buffer, pause: number, pieces = Number.POSITIVE_INFINITY): Handler =>
  async (_, response) => {
    response.writeHead(200, { 'content-type': 'image/png' }).write(first);
    for (let count = 0; count < pieces && !response.destroyed; count++) {
      if (!response.write(piece)) await Promise.race([drained(response), delay(50)]);
      if (pause > 0) await delay(pause);
    }
    response.end();
  };

const drained = (response: NodeJS.EventEmitter) => new Promise((resolve) => response.once('drain', resolve));

// So that a busy machine is not taken for a slow server, only servers that are slow meet these.
const IMPATIENT = { gracePeriod: 1_000, bytesPerSecond: 500 };

const HOSTILE: [what: string, handler: Handler, limits?: typeof IMPATIENT][] = [
  ['a PDF that calls itself a PNG', body(`%PDF-1.7\n${'x'.repeat(500)}`)],
  ['nothing at all', body('')],
  ['three bytes', body('\x89PN')],
  ['200 MB without end in sight', stream(png, Buffer.alloc(MB), 0, 200)],
  ['200 MB as announced', body(png, { 'content-length': 200 * MB })],
  ['a PNG that says it is 40,000 pixels wide and high', body(handmadePng(40_000, 40_000, 10))],
  ['a PNG of one line, 40,000 pixels wide', body(handmadePng(40_000, 1))],
  ['a decompression bomb of 900 million pixels', body(handmadePng(30_000, 30_000))],
  ['a byte every 20 ms', stream(png.subarray(0, 100), Buffer.alloc(1), 20), IMPATIENT],
  ['silence after the headers', (_, response) => void response.writeHead(200).flushHeaders(), IMPATIENT],
  ['silence before the headers', () => {}, IMPATIENT],
  ['a redirect to a private address', status(302, { location: 'http://169.254.169.254/latest/meta-data' })],
  ['a redirect to itself', status(307, { location: '/file' })],
  ['an SVG with a script', body('<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>')],
  [
    'an SVG behind a comment',
    body(`<?xml version="1.0"?><!-- a --><svg xmlns="http://www.w3.org/2000/svg" onload="x()"/>`),
  ],
  ['a web page with HTTP 200', body('<!DOCTYPE html><html><body>Please log in</body></html>')],
  ['a JSON error with HTTP 200', body('{"error":"expired"}')],
  ['half a PNG', body(noisyPng.subarray(0, noisyPng.length / 2))],
  ['half a JPEG', body(noisyJpeg.subarray(0, noisyJpeg.length / 2))],
  ['a PNG of garbage', body(Buffer.concat([png.subarray(0, 8), Buffer.alloc(400, 7)]))],
  ['a GIF that is a script', body(`GIF89a/*${'\u0001'.repeat(90)}*/=1;alert(1)//`)],
  ['a compressed answer', body(gzipSync(png), { 'content-encoding': 'gzip' })],
  [
    'a connection that is reset in the middle',
    (_, response) => {
      response.writeHead(200, { 'content-length': noisyPng.length }).write(noisyPng.subarray(0, 5_000));
      setTimeout(() => response.destroy(), 50);
    },
  ],
  [
    'fewer bytes than announced',
    (_, response) => {
      response.writeHead(200, { 'content-length': png.length + 1_000 }).write(png);
      setTimeout(() => response.destroy(), 50);
    },
  ],
  [
    'more bytes than announced',
    (request) => {
      request.socket.end(`HTTP/1.1 200 OK\r\ncontent-length: 200\r\n\r\n${'\x89'.repeat(400)}`, 'latin1');
    },
  ],
  ['no HTTP', (request) => void request.socket.end('220 mail.example.com ESMTP\r\n')],
  ['HTTP 403', status(403)],
  ['HTTP 404', status(404)],
  ['HTTP 500', status(500)],
];

describe('a download that brings', () => {
  it.each(HOSTILE)('%s', async (_, handler, limits) => {
    const upstream = await startUpstream('/file', { '/file': handler });
    const { client, config } = await connect({
      baseUrl: upstream.origin,
      preview: 'small',
      autoSave: true,
      keepImagesBytes: 1e9,
      downloadLimits: limits ?? {},
    });
    const result = await client.callTool(CALL);
    const url = `${upstream.origin}/file`;
    expect(result.isError).toBeUndefined();
    expect(textOf(result)).toContain(url);
    const { notes, images } = result.structuredContent as { notes: string[]; images: object[] };
    expect(images[0]).toMatchObject({ url });
    expect(images[0]).not.toHaveProperty('path');
    expect(result.content).not.toContainEqual(expect.objectContaining({ type: 'image' }));
    expect(textOf(result)).toContain(notes.join('\n'));
    expect(notes).toMatchSnapshot();
    const library = join(accountDir(config.dataDir, accountOf(config)), 'library');
    for (const dir of [config.outputDir, library])
      expect(existsSync(dir) ? readdirSync(dir) : []).toEqual([]);
    const list = await client.callTool({ name: 'list_image_jobs', arguments: {} });
    expect(list.structuredContent).toMatchObject({ jobs: [{ kept: false }] });
  });

  it.each([
    ['a foreign host', 'https://evil.example/a.png'],
    ['a host that looks like ours', 'https://runcomfy.net.evil.example/a.png'],
    ['user info', 'https://me:pw@x.runcomfy.net/a.png'],
    ['another port of this machine', 'http://127.0.0.1:1/a.png'],
    ['a private address', 'http://169.254.169.254/latest'],
    ['a host of ours without encryption', 'http://x.runcomfy.net/a.png'],
  ])('nothing from %s, as it is not asked', async (_, url) => {
    const upstream = await startUpstream(url);
    const { client } = await connect({ baseUrl: upstream.origin, preview: 'small', autoSave: true });
    const result = await client.callTool(CALL);
    expect(textOf(result)).toContain(url);
    expect(result.structuredContent).toMatchObject({
      images: [{ url, trusted: false }],
      notes: ['The image is neither shown nor saved, as it is not on a RunComfy host.'],
    });
  });

  it('a redirect, which is not followed', async () => {
    const asked: string[] = [];
    const other = await startUpstream('', { '/secret': ({ url = '' }) => void asked.push(url) });
    const upstream = await startUpstream('/file', {
      '/file': status(302, { location: `${other.origin}/secret` }),
    });
    const { client } = await connect({ baseUrl: upstream.origin, preview: 'small' });
    expect(textOf(await client.callTool(CALL))).toContain('HTTP 302');
    expect(asked).toEqual([]);
  });

  it('much too much, which is cut off early', async () => {
    let sent = 0;
    const upstream = await startUpstream('/file', {
      async '/file'(_, response) {
        response.writeHead(200).write(png);
        for (; sent < 200 && !response.destroyed; sent++)
          if (!response.write(Buffer.alloc(MB))) await Promise.race([drained(response), delay(50)]);
      },
    });
    const { client } = await connect({ baseUrl: upstream.origin, preview: 'small' });
    expect(textOf(await client.callTool(CALL))).toContain('larger than 64 MiB');
    expect(sent).toBeLessThan(120);
  });

  it('no image without end, which is cut off at its first bytes', async () => {
    let sent = 0;
    const upstream = await startUpstream('/file', {
      async '/file'(_, response) {
        response.writeHead(200);
        for (; sent < 60 && !response.destroyed; sent++)
          if (!response.write('x'.repeat(MB))) await Promise.race([drained(response), delay(50)]);
        response.end();
      },
    });
    const { client } = await connect({ baseUrl: upstream.origin, preview: 'small' });
    expect(textOf(await client.callTool(CALL))).toContain('it is not a PNG');
    expect(sent).toBeLessThan(60);
  });

  it('no key to anybody', async () => {
    const seen: Record<string, unknown>[] = [];
    const upstream = await startUpstream('/file', {
      '/file': (request, response) => {
        seen.push(request.headers);
        response.writeHead(200).end(png);
      },
    });
    const { client } = await connect({ baseUrl: upstream.origin, preview: 'small' });
    await client.callTool(CALL);
    expect(seen).toHaveLength(1);
    expect(seen[0]).not.toHaveProperty('authorization');
  });
});
