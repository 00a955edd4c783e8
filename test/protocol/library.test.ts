import { mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { accountOf, type Config } from '../../src/config/config.ts';
import { accountDir } from '../../src/stores/file/names.ts';
import { readRecords } from '../support/books.ts';
import { plain } from '../support/images.ts';
import { connect, eventually, textOf } from '../support/program.ts';
import { startUpstream } from '../support/upstream.ts';

const CALL = { name: 'gpt_image_2_text_to_image', arguments: { prompt: 'a red fox' } };
const KEEPING = { keepImagesBytes: 1e9 };
const png = await plain(640, 480).png().toBuffer();

const libraryOf = (config: Config) => join(accountDir(config.dataDir, accountOf(config)), 'library');
const filesIn = (dir: string) => {
  try {
    return readdirSync(dir).sort();
  } catch {
    return [];
  }
};
const originalsIn = (config: Config) =>
  readRecords(config.dataDir).flatMap(({ originals }) => originals ?? []);

/** A server on an upstream whose one picture is there until its link dies. */
async function withPicture(given: Parameters<typeof connect>[0] = {}, picture = png) {
  let status = 200;
  const fetched: string[] = [];
  const upstream = await startUpstream(['/a.png'], {
    '/a.png': ({ url = '' }, response) => {
      fetched.push(url);
      response.writeHead(status).end(status === 200 ? picture : '');
    },
  });
  const connected = await connect({ baseUrl: upstream.origin, preview: 'small', ...KEEPING, ...given });
  const kill = () => {
    status = 404;
  };
  const get = () =>
    connected.client.callTool({ name: 'get_image_job', arguments: { request_id: 'up_1', preview: true } });
  return { ...connected, fetched, kill, get };
}

describe('the original of a finished picture', () => {
  it('is kept from the bytes of its preview, with a thumbnail, for its owner alone', async () => {
    const { client, config, fetched } = await withPicture();
    await client.callTool(CALL);
    await eventually(() => originalsIn(config)).toMatchObject([
      { type: 'image/png', bytes: png.length, width: 640, height: 480, sha256: expect.any(String) },
    ]);
    const [original] = originalsIn(config);
    const dir = libraryOf(config);
    expect(filesIn(dir)).toEqual([`${original?.sha256}.png`, `${original?.thumbnail}.jpg`].sort());
    expect(readFileSync(join(dir, `${original?.sha256}.png`)).equals(png)).toBe(true);
    expect(statSync(dir).mode & 0o777).toBe(0o700);
    for (const name of filesIn(dir)) expect(statSync(join(dir, name)).mode & 0o777).toBe(0o600);
    expect(fetched).toHaveLength(1);
  });

  it('has a small thumbnail where previews are large', async () => {
    const large = await plain(900, 600).png().toBuffer();
    const { client, config } = await withPicture({ preview: 'large' }, large);
    await client.callTool(CALL);
    await eventually(() => originalsIn(config)).toHaveLength(1);
    const thumbnail = join(libraryOf(config), `${originalsIn(config)[0]?.thumbnail}.jpg`);
    expect(await sharp(thumbnail).metadata()).toMatchObject({ width: 512, height: 341 });
  });

  it('is fetched behind the answer where no preview is shown', async () => {
    const { client, config } = await withPicture({ preview: 'off' });
    await client.callTool(CALL);
    await eventually(() => originalsIn(config)).toMatchObject([{ bytes: png.length }]);
    expect(filesIn(libraryOf(config))).toHaveLength(2);
  });

  it('is shown when its link is dead', async () => {
    const { client, config, kill, get } = await withPicture();
    await client.callTool(CALL);
    await eventually(() => originalsIn(config)).toHaveLength(1);
    kill();
    const result = await get();
    expect(result.structuredContent).toMatchObject({
      images: [{ kept: true, width: 640, height: 480, bytes: png.length }],
    });
    expect((result.content as { type: string }[]).map(({ type }) => type)).toEqual(['text', 'image']);
  });

  it.each([
    ['damaged', (path: string) => writeFileSync(path, Buffer.alloc(png.length))],
    ['cut', (path: string) => writeFileSync(path, png.subarray(0, 100))],
  ])('is fetched again where the kept file is %s', async (_, spoil) => {
    const { client, config, get, fetched } = await withPicture();
    await client.callTool(CALL);
    await eventually(() => originalsIn(config)).toHaveLength(1);
    const path = join(libraryOf(config), `${originalsIn(config)[0]?.sha256}.png`);
    spoil(path);
    await get();
    expect(fetched).toHaveLength(2);
    await eventually(() => readFileSync(path).equals(png)).toBe(true);
  });

  it('is not kept where the library cannot be written, and the answer says so', async () => {
    const { client, config } = await withPicture({ preview: 'off' });
    mkdirSync(accountDir(config.dataDir, accountOf(config)), { recursive: true });
    writeFileSync(libraryOf(config), '');
    const result = await client.callTool(CALL);
    expect(result.isError).toBeUndefined();
    expect(textOf(result)).toContain(
      `The library keeps nothing, as nothing can be written to ${libraryOf(config)} (EEXIST).`,
    );
  });
});
