import { describe, expect, it } from 'vitest';
import { readRecords } from '../../support/books.ts';
import { openGallery, openGalleryOverJob } from '../../support/gallery.ts';
import { film, openOriginals, storage } from '../../support/originals.ts';
import { rawHttp, rawRequest } from '../../support/raw-connection.ts';
import { originalsIn } from '../../support/upstream-pictures.ts';

const ask = async (url: string, method: string, path: string) =>
  (await fetch(url + path, { method, headers: { origin: new URL(url).origin } })).status;
const list = async (url: string) => (await fetch(`${url}jobs`)).json();

describe('two galleries over the same records', () => {
  it('agree on a favourite that both change at once', async () => {
    const { url, id, config } = await openGalleryOverJob();
    const { url: other } = await openGallery(config);
    const favourite = `jobs/${id}/favourite`;
    for (const method of ['PUT', 'DELETE', 'PUT']) {
      const answers = [url, other].flatMap((one) => [
        ask(one, method, favourite),
        ask(one, method, favourite),
      ]);
      expect(await Promise.all(answers)).toEqual([204, 204, 204, 204]);
      expect(await list(url)).toEqual(await list(other));
      expect(readRecords(config.dataDir)[0]?.favourite).toBe(method === 'PUT' ? true : undefined);
    }
  });

  it('delete a job once, whatever is set at the same moment, and leave nothing of it', async () => {
    const { url, id, config } = await openGalleryOverJob();
    const { url: other } = await openGallery(config);
    const answers = await Promise.all(
      [url, other, url, other].flatMap((one, nth) => [
        ask(one, 'PUT', `jobs/${id}/favourite`),
        nth > 1 ? ask(one, 'DELETE', `jobs/${id}`) : ask(one, 'GET', `jobs/${id}`),
      ]),
    );
    for (const status of answers) expect([200, 204, 404]).toContain(status);
    expect(await list(url)).toEqual([]);
    expect(await list(other)).toEqual([]);
    expect(await ask(other, 'DELETE', `jobs/${id}`)).toBe(404);
    const [left] = readRecords(config.dataDir);
    expect(left).toMatchObject({ input: {} });
    expect(left?.favourite).toBeUndefined();
  });
});

it('a video of a job that is deleted while it plays goes on or ends, and is gone for the next', async () => {
  const large = Buffer.concat([film, Buffer.alloc(30 << 20, 7)]);
  const { url, id, config, get } = await openOriginals(
    { '/a.mp4': storage(large) },
    { keepImagesBytes: 1e9 },
  );
  await expect.poll(() => originalsIn(config)).toHaveLength(1);
  const { host, pathname } = new URL(url);
  const player = await rawHttp(url);
  player.socket.pause();
  player.send(rawRequest(`GET ${pathname}originals/${id}/0`, [`Host: ${host}`, 'Connection: close']));
  await expect.poll(() => player.socket.bytesWritten).toBeGreaterThan(0);
  expect(await ask(url, 'DELETE', `jobs/${id}`)).toBe(204);
  player.socket.resume();
  await player.ended;
  expect((await get()).status).toBe(404);
  expect(await list(url)).toEqual([]);
});
