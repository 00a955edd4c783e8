import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, readdirSync, readlinkSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { createFolderLibrary } from '../../src/images/library/folder/folder-library.ts';
import { createPictureServer } from '../../src/service/pictures.ts';
import { freshDataDir, testClock } from '../support/program.ts';
import { rawHttp, rawRequest } from '../support/raw-connection.ts';

const DIGEST = 'd'.repeat(32);
// In bytes: more than the buffers of a connection hold.
const LARGE = 24 << 20;

/** A server of one kept picture, which every link is for. */
async function started() {
  const content = randomBytes(LARGE);
  const sha256 = createHash('sha256').update(content).digest('hex');
  const dir = freshDataDir();
  mkdirSync(dir, { recursive: true });
  const file = join(dir, `${sha256}.png`);
  writeFileSync(file, content);
  const clock = testClock();
  const kept = { sha256, type: 'image/png' };
  const links = { read: () => ({ digest: DIGEST, kept, expires: clock.now() + 1000 }) };
  const openLibrary = () => createFolderLibrary({ dir, maxBytes: 0 });
  const answer = createPictureServer({ links, openLibrary, clock });
  const server = createServer((request, response) => void answer(request, response, ''));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(() => void server.close().closeAllConnections());
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  /** Asks for the picture, and reads nothing of it but the beginning. */
  const begin = async (method = 'GET') => {
    const connection = await rawHttp(url);
    connection.send(rawRequest(`${method} /`, ['Host: localhost']));
    await expect.poll(connection.received).toMatch(/^HTTP\/1\.1 200 /);
    connection.socket.pause();
    return connection;
  };
  return { url, file, begin };
}

/** How many times this process holds a file open. */
const opened = (file: string) =>
  readdirSync('/proc/self/fd').filter((fd) => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`).startsWith(file);
    } catch {
      return false;
    }
  }).length;

describe.skipIf(process.platform !== 'linux')('the file of a picture', () => {
  it('is closed when its readers are gone, however slowly they read', async () => {
    const { file, begin } = await started();
    const readers = await Promise.all(Array.from({ length: 5 }, () => begin()));
    expect(opened(file)).toBe(readers.length);
    for (const [index, { socket }] of readers.entries())
      if (index % 2) socket.destroy();
      else socket.resetAndDestroy();
    await expect.poll(() => opened(file)).toBe(0);
  });

  it('is closed for a client that went before it was opened, and after a HEAD', async () => {
    const { url, file } = await started();
    for (const method of ['GET', 'HEAD'])
      for (let count = 0; count < 10; count++) {
        const { socket, send } = await rawHttp(url);
        send(rawRequest(`${method} /`, ['Host: localhost']));
        socket.resetAndDestroy();
      }
    const head = await rawHttp(url);
    head.send(rawRequest('HEAD /', ['Host: localhost', 'Connection: close']));
    expect(await head.ended).toMatch(new RegExp(`^content-length: ${LARGE}\r\n[\\s\\S]*\r\n\r\n$`, 'im'));
    await expect.poll(() => opened(file)).toBe(0);
  });

  it('that is removed while it is sent arrives whole', async () => {
    const { file, begin } = await started();
    const { socket, received } = await begin();
    rmSync(file);
    socket.resume();
    await expect.poll(() => received().split('\r\n\r\n', 1)[0]?.length).toBeGreaterThan(0);
    const wanted = () => LARGE + received().indexOf('\r\n\r\n') + 4;
    await expect.poll(() => received().length === wanted(), { timeout: 5_000 }).toBe(true);
    await expect.poll(() => opened(file)).toBe(0);
  });

  it('that becomes shorter while it is sent ends the connection: the next answer would be read as its rest', async () => {
    const { file, begin } = await started();
    const { socket, send, ended } = await begin();
    truncateSync(file, LARGE / 2);
    send(rawRequest('HEAD /', ['Host: localhost']));
    socket.resume();
    expect((await ended).match(/HTTP\/1\.1 /g)).toHaveLength(1);
    await expect.poll(() => opened(file)).toBe(0);
  });
});
