import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CALL } from '../../support/calls.ts';
import { openGallery } from '../../support/gallery.ts';
import { plain } from '../../support/images.ts';
import { connect, eventually } from '../../support/program.ts';
import { connectTo } from '../../support/saving.ts';
import type { Handler } from '../../support/upstream.ts';
import { connectToPictures, libraryOf, originalsIn } from '../../support/upstream-pictures.ts';

const png = await plain(640, 480).png().toBuffer();

type Connected = Awaited<ReturnType<typeof connectToPictures>>;
const kept = ({ config }: Pick<Connected, 'config'>) =>
  eventually(() => originalsIn(config).flatMap((original) => original?.thumbnail ?? [])).toHaveLength(1);

/** What a gallery answers for the one picture that there is. */
async function picture(config: Connected['config']) {
  const { url } = await openGallery(config);
  const [row] = (await (await fetch(`${url}jobs`)).json()) as { id: string }[];
  const response = await fetch(`${url}pictures/${row?.id}/0`);
  const isJson = response.headers.get('content-type') === 'application/json';
  return { status: response.status, error: isJson ? (await response.json()).error : undefined };
}

describe('the gallery', () => {
  it('shows from the library what its link no longer leads to, and fetches nothing', async () => {
    const connected = await connectToPictures(1);
    await connected.make();
    await kept(connected);
    connected.kill();
    const fetched = connected.fetched.length;
    expect(await picture(connected.config)).toEqual({ status: 200 });
    expect(connected.fetched).toHaveLength(fetched);
  });

  it('keeps what it fetches', async () => {
    const connected = await connectToPictures(1, { keepImagesBytes: 0 });
    await connected.make();
    const config = { ...connected.config, keepImagesBytes: 1e9 };
    expect(await picture(config)).toEqual({ status: 200 });
    await kept(connected);
    connected.kill();
    expect(await picture(config)).toEqual({ status: 200 });
  });

  it('sees what was kept after it listed the jobs', async () => {
    const connected = await connectToPictures(1, { keepImagesBytes: 0 });
    await connected.make();
    const config = { ...connected.config, keepImagesBytes: 1e9 };
    const { url } = await openGallery(config);
    const [row] = (await (await fetch(`${url}jobs`)).json()) as { id: string }[];
    await picture(config);
    await kept(connected);
    connected.kill();
    expect((await fetch(`${url}pictures/${row?.id}/0`)).status).toBe(200);
  });

  it.each([
    ['once', 16 << 20, 1],
    ['each time, where it is more than is remembered,', 100, 3],
  ])('fetches a picture %s that is shown again and again, without a library', async (_, recent, times) => {
    const connected = await connectToPictures(1, { keepImagesBytes: 0 });
    await connected.make();
    const { url } = await openGallery(connected.config, { recent });
    const [row] = (await (await fetch(`${url}jobs`)).json()) as { id: string }[];
    const fetched = connected.fetched.length;
    for (let nth = 0; nth < 3; nth++) expect((await fetch(`${url}pictures/${row?.id}/0`)).status).toBe(200);
    expect(connected.fetched).toHaveLength(fetched + times);
  });

  it('keeps nothing without a library', async () => {
    const connected = await connectToPictures(1, { keepImagesBytes: 0 });
    await connected.make();
    expect(await picture(connected.config)).toEqual({ status: 200 });
    expect(originalsIn(connected.config)).toEqual([]);
    connected.kill();
    expect(await picture(connected.config)).toEqual({
      status: 410,
      error: 'This picture was not kept on this machine, and its link at RunComfy has expired.',
    });
  });

  it('says that the library has lost a picture whose link is dead', async () => {
    const connected = await connectToPictures(1);
    await connected.make();
    await kept(connected);
    connected.kill();
    rmSync(libraryOf(connected.config), { recursive: true });
    expect(await picture(connected.config)).toEqual({
      status: 410,
      error: 'This picture is no longer kept on this machine, and its link at RunComfy has expired.',
    });
  });

  it.each([
    [
      'a server that is away',
      (_, response) => void response.destroy(),
      502,
      'network',
      /^This picture could not be loaded from RunComfy just now\. It may work later\.$/,
    ],
    [
      'a server in trouble',
      (_, response) => void response.writeHead(503).end(),
      502,
      'network',
      /It may work later/,
    ],
    [
      'a picture that is damaged',
      (_, response) => void response.end(png.subarray(0, 200)),
      502,
      'other',
      /^This picture is damaged and cannot be shown\.$/,
    ],
    [
      'a web page',
      (_, response) => void response.end('<html>'.padEnd(100)),
      502,
      'other',
      /^This picture cannot be shown, as it is a web page\.$/,
    ],
    [
      'too many bytes',
      (_, response) => void response.writeHead(200, { 'content-length': 1e9 }).end(png),
      502,
      'other',
      /^This picture is too large to be shown here\.$/,
    ],
  ] satisfies [string, Handler, number, string, RegExp][])(
    'says in words what %s means, and lets no browser remember it',
    async (_, serve, status, reason, words) => {
      const { config } = await connectTo({ '/a.png': serve });
      const { url } = await openGallery(config);
      const [row] = (await (await fetch(`${url}jobs`)).json()) as { id: string }[];
      const answer = await fetch(`${url}pictures/${row?.id}/0`);
      expect([answer.status, answer.headers.get('cache-control')]).toEqual([status, 'no-store']);
      expect(await answer.json()).toEqual({ error: expect.stringMatching(words), reason });
    },
  );

  it('shows a thumbnail that is kept, also where the original is gone and its link dead', async () => {
    const connected = await connectToPictures(1);
    await connected.make();
    await kept(connected);
    connected.kill();
    const [original] = originalsIn(connected.config);
    rmSync(join(libraryOf(connected.config), `${original?.sha256}.png`));
    expect(await picture(connected.config)).toEqual({ status: 200 });
  });

  it('keeps the pictures of several sandboxes, each while it runs', async () => {
    const one = await connect({ sandbox: true });
    await one.client.callTool(CALL);
    const two = await connect({ sandbox: true, dataDir: one.config.dataDir });
    await two.client.callTool({ ...CALL, arguments: { prompt: 'an owl' } });
    const config = { ...one.config, keepImagesBytes: 1e9, baseUrl: 'https://model-api.runcomfy.net' };
    const { url } = await openGallery(config);
    const rows = (await (await fetch(`${url}jobs`)).json()) as { id: string }[];
    const statuses = () =>
      Promise.all(rows.map(async ({ id }) => (await fetch(`${url}pictures/${id}/0`)).status));
    expect(await statuses()).toEqual([200, 200]);
    await eventually(() => originalsIn(config)).toHaveLength(2);
    await Promise.all([one.sandbox.close(), two.sandbox.close()]);
    expect(await statuses()).toEqual([200, 200]);
  });
});
