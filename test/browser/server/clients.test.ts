import { describe, expect, it } from 'vitest';
import type { Config } from '../../../src/config/config.ts';
import { CALL, promised } from '../../support/calls.ts';
import { createFastClock } from '../../support/clock.ts';
import { listenTo } from '../../support/events.ts';
import { openGallery, openGalleryOverJob } from '../../support/gallery.ts';
import { plain } from '../../support/images.ts';
import { connect } from '../../support/program.ts';
import { type RawConnection, rawHttp, rawRequest } from '../../support/raw-connection.ts';
import { putRecord } from '../../support/records.ts';
import { startUpstream } from '../../support/upstream.ts';

/** Records whose rows take 12 kB each. */
function putLarge(config: Config, count: number, revision = 1): void {
  for (let nth = 0; nth < count; nth++) {
    const submitted_at = new Date(nth).toISOString();
    const [prompt, error] = ['狐'.repeat(2_000), '雪'.repeat(2_000)];
    const job = { model: 'm/m', input: { prompt }, state: 'failed', error, submitted_at } as const;
    putRecord(config, job, { call: 'large', revision });
  }
}

/** Whether a client that does not read has been left: what it sends then is refused. */
function isCut({ socket, send }: RawConnection): boolean {
  if (!socket.destroyed) send('\r\n');
  return socket.destroyed;
}

describe('a client of the gallery', () => {
  it.each([
    ['nothing', () => ''],
    ['half of a head', (path: string) => `GET ${path} HTTP/1.1\r\nHost: `],
    ['a head without end', (path: string) => `GET ${path} HTTP/1.1\r\nA: 1\r\n`],
  ])('that sends %s is left', async (_, begin) => {
    const { url, path } = await openGalleryOverJob({ request: 200 });
    const connection = await rawHttp(url);
    connection.send(begin(path));
    expect(await connection.ended).not.toMatch(/ 200 /);
  });

  it('has no more connections than so many: others end at once', async () => {
    const { url } = await openGalleryOverJob({ connections: 4, request: 600_000 });
    const held = await Promise.all(Array.from({ length: 8 }, () => rawHttp(url)));
    await expect.poll(() => held.filter(({ socket }) => socket.destroyed).length).toBeGreaterThanOrEqual(4);
    for (const { socket } of held) socket.destroy();
    await expect
      .poll(() =>
        fetch(url).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200);
  });

  it('is told no events beyond so many pages, until one of them leaves', async () => {
    const { url } = await openGalleryOverJob({ streams: 2 });
    const pages = [await listenTo(url), await listenTo(url)];
    const refused = await fetch(`${url}events`);
    expect([refused.status, await refused.json()]).toEqual([
      503,
      { error: 'The gallery is open in too many windows. Close some.' },
    ]);
    pages[0]?.leave();
    await expect
      .poll(async () => {
        const left = new AbortController();
        const { status } = await fetch(`${url}events`, { signal: left.signal });
        left.abort();
        return status;
      })
      .toBe(200);
  });

  it('that does not read its events is cut off, and others go on', async () => {
    const { url, path, host_, config } = await openGalleryOverJob({
      clock: createFastClock(50),
    });
    const deaf = await rawHttp(url);
    deaf.socket.pause();
    deaf.send(rawRequest(`GET ${path}events`, host_));
    const seen = await listenTo(url);
    // More than the buffers of the system hold.
    for (let revision = 1; revision < 50 && !isCut(deaf); revision++) {
      const before = seen.text().length;
      putLarge(config, 100, revision);
      await expect.poll(() => seen.text().length).toBeGreaterThan(before + 1_000_000 / 3);
    }
    expect(isCut(deaf)).toBe(true);
  });

  it('that does not read a large answer is cut off', async () => {
    const { url, path, host_, config } = await openGalleryOverJob({ stalled: 200 });
    putLarge(config, 1_000);
    const deaf = await rawHttp(url);
    deaf.socket.pause();
    deaf.send(rawRequest(`GET ${path}jobs`, host_));
    await expect.poll(() => isCut(deaf)).toBe(true);
  });

  it('that leaves gives its place for a picture to the next; only so many are fetched at once', async () => {
    const { promise, resolve } = promised();
    const picture = await plain(64, 48).png().toBuffer();
    const asked: string[] = [];
    const names = Array.from({ length: 6 }, (_, nth) => `/${nth}.png`);
    const upstream = await startUpstream(
      names,
      Object.fromEntries(
        names.map((name) => [
          name,
          async ({ url = '' }, response) => {
            asked.push(url);
            await promise;
            response.end(picture);
          },
        ]),
      ),
    );
    const connected = await connect({ baseUrl: upstream.origin });
    await connected.client.callTool(CALL);
    const { url } = await openGallery(connected.config, { decodes: 2 });
    const [row] = (await (await fetch(`${url}jobs`)).json()) as { id: string }[];
    const left = new AbortController();
    const get = (index: number, signal?: AbortSignal) =>
      fetch(`${url}pictures/${row?.id}/${index}`, signal ? { signal } : {}).then(
        ({ status }) => status,
        () => 'left',
      );
    const gone = [0, 1, 2].map((index) => get(index, left.signal));
    await expect.poll(() => asked.length).toBe(2);
    const waiting = [3, 4, 5].map((index) => get(index));
    await fetch(`${url}jobs`);
    expect(asked).toHaveLength(2);
    left.abort();
    expect(await Promise.all(gone)).toEqual(['left', 'left', 'left']);
    await expect.poll(() => asked.length).toBe(4);
    resolve();
    expect(await Promise.all(waiting)).toEqual([200, 200, 200]);
    expect(asked).not.toContain('/2.png');
  });
});
