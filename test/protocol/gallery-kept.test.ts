import { rmSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { CALL } from '../support/calls.ts';
import { openGallery } from '../support/gallery.ts';
import { connect, eventually } from '../support/program.ts';
import { connectToPictures, libraryOf, originalsIn } from '../support/upstream-pictures.ts';

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

  it('keeps nothing without a library', async () => {
    const connected = await connectToPictures(1, { keepImagesBytes: 0 });
    await connected.make();
    expect(await picture(connected.config)).toEqual({ status: 200 });
    expect(originalsIn(connected.config)).toEqual([]);
    connected.kill();
    expect(await picture(connected.config)).toEqual({
      status: 502,
      error: expect.stringMatching(/its link returned HTTP 404 and has probably expired\. /),
    });
  });

  it('says that the library has lost a picture whose link is dead', async () => {
    const connected = await connectToPictures(1);
    await connected.make();
    await kept(connected);
    connected.kill();
    rmSync(libraryOf(connected.config), { recursive: true });
    expect(await picture(connected.config)).toEqual({
      status: 502,
      error: expect.stringContaining('has probably expired, and the library no longer has it.'),
    });
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
