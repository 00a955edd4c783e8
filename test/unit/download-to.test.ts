import { createHash } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { gzipSync } from 'node:zlib';
import { describe, expect, it, vi } from 'vitest';
import { createDownloader, type DownloadLimits } from '../../src/images/download.ts';
import { createFileDownloader } from '../../src/images/download-to.ts';
import { mediaFile } from '../../src/sandbox/media.ts';
import { canFillDisks, replaceInFiles, smallDisk } from '../support/disk.ts';
import { noise } from '../support/images.ts';
import { freshDataDir } from '../support/program.ts';
import { type Handler, startUpstream } from '../support/upstream.ts';

const MB = 1_000_000;
const MIB = 1 << 20;
const head = Buffer.from('\0\0\0\x20ftypisom\0\0\x02\0isomiso2avc1mp41', 'latin1');
const film = (bytes: number) => Buffer.concat([head, Buffer.alloc(bytes - head.length, 'film')]);
const png = await noise(64, 64).png().toBuffer();
const never = new AbortController().signal;

const body =
  (bytes: Buffer | string, headers: Record<string, string | number> = {}): Handler =>
  (_, response) =>
    void response.writeHead(200, headers).end(bytes);

/** An answer in bytes, after which the connection ends. */
const raw =
  (headers: string, content: Buffer): Handler =>
  ({ socket }) =>
    void socket.end(Buffer.concat([Buffer.from(`HTTP/1.1 200 OK\r\n${headers}\r\n\r\n`), content]));

/** A chunk of a chunked body. */
const chunk = (bytes: Buffer) =>
  Buffer.concat([Buffer.from(`${bytes.length.toString(16)}\r\n`), bytes, Buffer.from('\r\n')]);

/** Downloads what a handler answers with; `read` is the file. */
async function start(handler: Handler, limits: Partial<DownloadLimits> = {}, path = inFreshDir()) {
  const { origin } = await startUpstream('', { '/file': handler });
  const downloadTo = createFileDownloader(origin, limits);
  return {
    path,
    run: (signal = never) => downloadTo({ path, mode: 0o600 }, `${origin}/file`, signal),
  };
}

function inFreshDir(): string {
  const dir = freshDataDir();
  mkdirSync(dir);
  return join(dir, 'a.part');
}

const drained = (response: NodeJS.EventEmitter) => new Promise((resolve) => response.once('drain', resolve));

/** Sends a video of so many megabytes, and tells how much of it went out. */
function sending(megabytes: number, status = 200) {
  const sent = { megabytes: 0, isStuck: false, isClosed: false };
  const handler: Handler = async (_, response) => {
    response.on('close', () => {
      sent.isClosed = true;
    });
    response.writeHead(status).write(head);
    for (; sent.megabytes < megabytes && !response.destroyed; sent.megabytes++) {
      if (response.write(Buffer.alloc(MB))) continue;
      const wait = new AbortController();
      const stuck = delay(500, true, { signal: wait.signal }).catch(() => false);
      if (await Promise.race([drained(response), stuck])) sent.isStuck = true;
      wait.abort();
    }
    response.end();
  };
  return { sent, handler };
}

describe('a download to a file', () => {
  it.each([
    [
      'a video of a known length',
      film(3 * MB),
      body(film(3 * MB), { 'content-length': 3 * MB }),
      'video/mp4',
    ],
    ['a video in chunks', film(3 * MB), body(film(3 * MB)), 'video/mp4'],
    [
      'a video whose head comes in two pieces',
      film(200),
      async (_, response) => {
        response.write(film(200).subarray(0, 6));
        await delay(50);
        response.end(film(200).subarray(6));
      },
      'video/mp4',
    ],
    [
      'a video that was asked for as something else',
      film(99),
      body(film(99), { 'content-type': 'text/html' }),
      'video/mp4',
    ],
    ['an image', png, body(png), 'image/png'],
    ['an image whose end nobody tells', png, raw('connection: close', png), 'image/png'],
    ['a sound', mediaFile('/a.wav')?.data, body(mediaFile('/a.wav')?.data ?? ''), 'audio/wav'],
    [
      'a video shorter than a head',
      mediaFile('/a.mp4')?.data,
      body(mediaFile('/a.mp4')?.data ?? ''),
      'video/mp4',
    ],
    [
      'no more than announced',
      film(200),
      raw('content-length: 200', Buffer.concat([film(200), film(200)])),
      'video/mp4',
    ],
  ])('brings %s', async (_, content, handler, type) => {
    const { path, run } = await start(handler);
    const data = content ?? Buffer.alloc(0);
    const sha256 = createHash('sha256').update(data).digest('hex');
    expect(await run()).toEqual({ type, bytes: data.length, sha256 });
    expect(readFileSync(path).equals(data)).toBe(true);
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });

  // So that a busy machine is not taken for a slow server, only servers that are slow meet these.
  const IMPATIENT = { gracePeriod: 1_000, bytesPerSecond: 500 };
  it.each<[string, Handler, string, Partial<DownloadLimits>?]>([
    ['a web page', body('<!doctype html><html>'), 'it is a web page'],
    ['a JSON error', body('{"error":"expired"}'), 'it is a text'],
    ['an SVG', body('<svg onload="x()"/>'), 'it is an SVG drawing, which may hold scripts'],
    ['a script', body('#!/bin/sh\nrm -rf ~\n', { 'content-type': 'video/mp4' }), 'it is of no known type'],
    ['a program', body(`\x7fELF${'\0'.repeat(99)}`), 'it is of no known type'],
    ['a zip', body(`PK\x03\x04${'\0'.repeat(99)}`), 'it is of no known type'],
    ['nothing', body(''), 'it is empty'],
    ['a gzip', body(gzipSync(film(MB)), { 'content-encoding': 'gzip' }), 'it is of no known type'],
    [
      'HTTP 404',
      (_, response) => void response.writeHead(404).end(head),
      'its link returned HTTP 404 and has probably expired',
    ],
    ['a part', (_, response) => void response.writeHead(206).end(head), 'its link returned HTTP 206'],
    ['less than announced', raw('content-length: 9999', film(200)), 'its download failed (UND_ERR_SOCKET)'],
    [
      'less than announced of a connection that is reset',
      (_, response) => {
        response.writeHead(200, { 'content-length': MB }).write(film(9_999));
        setTimeout(() => response.socket?.resetAndDestroy(), 50);
      },
      'its download failed (ECONNRESET)',
    ],
    [
      'chunks without the last',
      raw('transfer-encoding: chunked', chunk(film(200))),
      'its download failed (UND_ERR_SOCKET)',
    ],
    [
      'half a chunk',
      raw('transfer-encoding: chunked', chunk(film(200)).subarray(0, 150)),
      'its download failed (UND_ERR_SOCKET)',
    ],
    [
      'what ends with its connection',
      raw('connection: close', film(200)),
      'its server does not tell where it ends',
    ],
    [
      'what ends with it in other words',
      raw('transfer-encoding: gzip', film(200)),
      'its server does not tell where it ends',
    ],
    [
      'two lengths',
      raw('content-length: 200\r\ncontent-length: 100', film(200)),
      'its download failed (UND_ERR_RES_CONTENT_LENGTH_MISMATCH)',
    ],
    ['3 GiB as announced', body(film(200), { 'content-length': 3072 * MIB }), 'it is larger than 2048 MiB'],
    [
      '65 MiB of an image as announced',
      body(png, { 'content-length': 65 * MIB }),
      'it is larger than 64 MiB',
    ],
    ['more than may come', sending(9).handler, 'it is larger than 2 MiB', { bytes: 2 * MIB }],
    [
      'a byte every 20 ms',
      async (_, response) => {
        for (response.write(film(100)); !response.destroyed; await delay(20)) response.write('a');
      },
      'it comes too slowly',
      IMPATIENT,
    ],
    [
      'silence in the middle',
      (_, response) => void response.write(film(100)),
      'it comes too slowly',
      IMPATIENT,
    ],
    ['silence within the head', (_, response) => void response.write(head), 'it comes too slowly', IMPATIENT],
  ])('leaves nothing of %s', async (_, handler, reason, limits) => {
    const { path, run } = await start(handler, limits);
    expect(await run().catch((error) => error.reason)).toBe(reason);
    expect(readdirSync(dirname(path))).toEqual([]);
  });

  it('reads nothing of an error', async () => {
    const { sent, handler } = sending(60, 404);
    const { run } = await start(handler);
    await expect(run()).rejects.toMatchObject({
      reason: 'its link returned HTTP 404 and has probably expired',
    });
    await expect.poll(() => sent.isClosed).toBe(true);
    expect(sent.megabytes).toBeLessThan(60);
  });

  it('follows no redirect', async () => {
    const asked: unknown[] = [];
    const other = await startUpstream('', { '/secret': ({ url }) => void asked.push(url) });
    const { run } = await start(
      (_, response) => void response.writeHead(302, { location: `${other.origin}/secret` }).end(film(200)),
    );
    await expect(run()).rejects.toMatchObject({ reason: 'its link returned HTTP 302' });
    expect(asked).toEqual([]);
  });

  it('asks no foreign host', async () => {
    const path = inFreshDir();
    const asking = createFileDownloader(undefined)(
      { path, mode: 0o600 },
      'https://evil.example/a.mp4',
      never,
    );
    await expect(asking).rejects.toMatchObject({ reason: 'it is not on a RunComfy host' });
    expect(existsSync(path)).toBe(false);
  });

  it('asks for the bytes as they are, and with no key', async () => {
    let asked: Record<string, unknown> = {};
    const { run } = await start(({ headers }, response) => {
      asked = headers;
      response.end(film(200));
    });
    await run();
    expect(asked).toMatchObject({ 'accept-encoding': 'identity' });
    expect(asked).not.toHaveProperty('authorization');
  });

  it('gets no further than the head of what it does not know', async () => {
    let isClosed = false;
    const { run } = await start((_, response) => {
      response.on('close', () => {
        isClosed = true;
      });
      response.writeHead(200, { 'content-length': 500 * MB }).write('#'.repeat(64));
    });
    await expect(run()).rejects.toMatchObject({ reason: 'it is of no known type' });
    await expect.poll(() => isClosed).toBe(true);
  });

  it.each([
    ['a video', film(25 * MB), 'it takes longer than 1800 s', 31 * 60],
    ['an image', Buffer.concat([png, Buffer.alloc(MB)]), 'it takes longer than 60 s', 61],
  ])('gives %s its time, and no more', async (_, content, reason, seconds) => {
    const { path, run } = await start((_request, response) => void response.write(content));
    let isWriting = false;
    await replaceInFiles('writeFile', async (_file, write) => {
      isWriting = true;
      await write();
      isWriting = false;
    });
    const running = run().catch((error) => error.reason);
    // While it writes, time is the disk's.
    await expect
      .poll(() => !isWriting && statSync(path, { throwIfNoEntry: false })?.size)
      .toBe(content.length);
    const now = performance.now.bind(performance);
    vi.spyOn(performance, 'now').mockImplementation(() => now() + seconds * 1000);
    expect(await running.finally(() => vi.restoreAllMocks())).toBe(reason);
    expect(existsSync(path)).toBe(false);
  });

  it('ends when its call does, and leaves nothing', async () => {
    const { path, run } = await start((_, response) => void response.write(film(MB)));
    const call = new AbortController();
    const running = run(call.signal);
    await expect.poll(() => statSync(path, { throwIfNoEntry: false })?.size).toBe(MB);
    call.abort(new Error('user'));
    await expect(running).rejects.toThrow('user');
    expect(existsSync(path)).toBe(false);
  });

  it('takes no more than it can write', async () => {
    const { sent, handler } = sending(150);
    let sentMeanwhile: number | undefined;
    await replaceInFiles('writeFile', async (_, write) => {
      if (sentMeanwhile === undefined) {
        // A disk that stands still until the other side is stuck too, or has sent everything.
        sentMeanwhile = Number.POSITIVE_INFINITY;
        await expect.poll(() => sent.isStuck || sent.megabytes === 150).toBe(true);
        sentMeanwhile = sent.megabytes;
      }
      return write();
    });
    const { run } = await start(handler);
    expect(await run()).toMatchObject({ bytes: 150 * MB + head.length });
    expect(sentMeanwhile).toBeLessThan(100);
  });
});

describe('a file that cannot be written', () => {
  it.each(['writeFile', 'sync'] as const)('is removed: %s', async (method) => {
    const { sent, handler } = sending(3);
    let tries = 0;
    await replaceInFiles(method, async (_, original) => {
      tries += 1;
      if (method === 'writeFile' && tries < 3) return original();
      throw Object.assign(new Error('ENOSPC'), { code: 'ENOSPC' });
    });
    const { path, run } = await start(handler);
    await expect(run()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(existsSync(path)).toBe(false);
    await expect.poll(() => sent.isClosed).toBe(true);
  });

  it('is synced before it counts', async () => {
    const done: string[] = [];
    for (const method of ['writeFile', 'sync'] as const)
      await replaceInFiles(method, async (_, original) => {
        await original();
        done.push(method);
      });
    const { run } = await start(body(film(200)));
    await run();
    expect(done).toEqual(['writeFile', 'sync']);
  });

  it.skipIf(!canFillDisks())('is removed from a full disk (needs root on Linux)', async () => {
    const { dataDir } = smallDisk();
    mkdirSync(dataDir);
    const { sent, handler } = sending(200);
    const { run } = await start(handler, {}, join(dataDir, 'a.part'));
    await expect(run()).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(readdirSync(dataDir)).toEqual([]);
    await expect.poll(() => sent.isClosed).toBe(true);
    expect(sent.megabytes).toBeLessThan(200);
  });

  it.each([
    ['a file', (path: string) => writeFileSync(path, 'mine')],
    [
      'a link to a file',
      (path: string) => {
        writeFileSync(`${path}.other`, 'mine');
        symlinkSync(`${path}.other`, path);
      },
    ],
  ])('replaces no other: %s', async (_, make) => {
    const { path, run } = await start(body(film(200)));
    make(path);
    const before = readFileSync(path);
    await expect(run()).rejects.toMatchObject({ code: 'EEXIST' });
    expect(readFileSync(path)).toEqual(before);
  });
});

it('an image in memory gets no further than the head of a video', async () => {
  const { sent, handler } = sending(60);
  const { origin } = await startUpstream('', { '/file': handler });
  const running = createDownloader(origin)(`${origin}/file`, never);
  const outcome = await running.then(
    () => 'it came',
    (error) => error.reason,
  );
  expect(outcome).toBe('it is a video, not an image');
  await expect.poll(() => sent.isClosed).toBe(true);
  expect(sent.megabytes).toBeLessThan(60);
});
