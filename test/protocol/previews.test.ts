import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { cardFor } from '../../src/sandbox/format.ts';
import { drawCard } from '../../src/sandbox/picture.ts';
import { animation, noise, plain } from '../support/images.ts';
import { type Connected, connect, textOf } from '../support/program.ts';
import { type Handler, startUpstream } from '../support/upstream.ts';

const CALL = { name: 'gpt_4o_image_text_to_image', arguments: { prompt: 'a fox' } };

interface ImageBlock {
  type: string;
  data: string;
  mimeType: string;
}

/** The pictures of a result, decoded. */
async function shown(result: { content: unknown }) {
  const blocks = (result.content as ImageBlock[]).filter(({ type }) => type === 'image');
  return Promise.all(
    blocks.map(async ({ data, mimeType }) => {
      const bytes = Buffer.from(data, 'base64');
      const { width, height, format } = await sharp(bytes).metadata();
      const { channels } = await sharp(bytes).stats();
      const colour = channels.map(({ mean }) => Math.round(mean));
      return { mimeType, format, width, height, bytes: bytes.length, colour };
    }),
  );
}

const serve =
  (bytes: Buffer): Handler =>
  (_, response) =>
    void response.writeHead(200, { 'content-type': 'image/png' }).end(bytes);

/** Calls a tool whose job makes these files. */
async function make(files: Buffer[], given: Parameters<typeof connect>[0] = {}) {
  const paths = files.map((_, index) => `/file-${index}`);
  const upstream = await startUpstream(
    paths,
    Object.fromEntries(paths.map((path, index) => [path, serve(files[index] as Buffer)])),
  );
  const connected = await connect({ baseUrl: upstream.origin, preview: 'small', ...given });
  return { ...connected, result: await connected.client.callTool(CALL) };
}

const images = ({ structuredContent }: { structuredContent?: unknown }) =>
  (structuredContent as { images: Record<string, unknown>[] }).images;

describe('a preview', () => {
  it.each([
    ['small', '3:2', 512, 341],
    ['small', '2:3', 341, 512],
    ['large', '1:1', 768, 768],
  ] as const)(
    '%s of %s is a real picture with the true proportions, after the text',
    async (preview, size, width, height) => {
      const { client } = await connect({ preview });
      const result = await client.callTool({ ...CALL, arguments: { prompt: 'a red fox in snow', size } });
      expect(await shown(result)).toMatchObject([{ mimeType: 'image/jpeg', format: 'jpeg', width, height }]);
      expect((result.content as ImageBlock[]).map(({ type }) => type)).toEqual(['text', 'image']);
    },
  );

  it('tells the type, size and bytes of the original in data and text', async () => {
    const file = await plain(1200, 800).webp({ lossless: true }).toBuffer();
    const { result } = await make([file]);
    expect(images(result)).toMatchObject([
      { type: 'image/webp', width: 1200, height: 800, bytes: file.length },
    ]);
    expect(textOf(result)).toMatch(/^job:up_1#1 \| WebP, 1200 x 800, \d+ kB \| http\S+\/file-0$/m);
  });

  it('shows the picture that was made', async () => {
    const { result } = await make([await plain(900, 300, '#2060a0').png().toBuffer()]);
    const [picture] = await shown(result);
    for (const [index, channel] of [0x20, 0x60, 0xa0].entries())
      expect(Math.abs((picture?.colour[index] ?? 0) - channel)).toBeLessThan(4);
  });

  it.each([
    ['small', 60_000],
    ['large', 200_000],
  ] as const)('%s stays below its bytes, also for noise', async (preview, most) => {
    const { result } = await make([await noise(1600, 1600).png().toBuffer()], { preview });
    const [picture] = await shown(result);
    expect(picture?.bytes).toBeLessThanOrEqual(most);
    expect(picture?.width).toBeGreaterThan(200);
  });

  it('of each of many images keeps the whole answer far below 1 MiB, and ten are shown', async () => {
    const file = await noise(900, 900).jpeg({ quality: 95 }).toBuffer();
    const { result } = await make(
      Array.from({ length: 12 }, () => file),
      { preview: 'large' },
    );
    expect(await shown(result)).toHaveLength(10);
    expect(JSON.stringify(result).length).toBeLessThan(700_000);
    expect(textOf(result)).toContain('Images 11, 12 are not shown, as an answer shows at most 10.');
  });

  it.each([
    ['a picture turned by its EXIF', () => plain(600, 300).withMetadata({ orientation: 6 }).jpeg(), 300, 600],
    ['a CMYK JPEG', () => plain(600, 300).toColourspace('cmyk').jpeg(), 600, 300],
    ['16 bits a channel', () => plain(600, 300).toColourspace('rgb16').png(), 600, 300],
    ['one grey channel', () => plain(600, 300).toColourspace('b-w').png(), 600, 300],
    ['an animated GIF', async () => (await animation(600, 300)).gif(), 600, 300],
    ['an animated WebP', async () => (await animation(600, 300)).webp(), 600, 300],
    ['an AVIF', () => plain(600, 300).avif(), 600, 300],
    ['one pixel', () => plain(1, 1).png(), 1, 1],
    ['a line of 16,000 pixels', () => plain(16_000, 1).png(), 16_000, 1],
  ])('is made of %s', async (_, file, width, height) => {
    const { result } = await make([await (await file()).toBuffer()]);
    expect(images(result)).toMatchObject([{ width, height }]);
    const [picture] = await shown(result);
    const scale = Math.min(1, 512 / Math.max(width, height));
    expect(picture?.width).toBe(Math.max(1, Math.round(width * scale)));
    expect(picture?.height).toBe(Math.max(1, Math.round(height * scale)));
  });

  it('puts squares under what is transparent, and says so', async () => {
    const card = cardFor('m/m', { prompt: 'a fox', width: 512, height: 512, background: 'transparent' });
    const { data: file } = await drawCard(card);
    const { result } = await make([file]);
    expect(images(result)).toMatchObject([{ transparent: true }]);
    expect(textOf(result)).toContain('transparent: squares in the preview');
    const [block] = (result.content as ImageBlock[]).filter(({ type }) => type === 'image');
    const corner = await sharp(Buffer.from(block?.data ?? '', 'base64'))
      .extract({ left: 2, top: 2, width: 28, height: 12 })
      .greyscale()
      .raw()
      .toBuffer();
    expect(Math.max(...corner) - Math.min(...corner)).toBeGreaterThan(40);
  });

  it('takes an alpha that is a little below full for none', async () => {
    const almost = await plain(64, 64)
      .ensureAlpha(252 / 255)
      .png()
      .toBuffer();
    const { result } = await make([almost]);
    expect(images(result)[0]).not.toHaveProperty('transparent');
  });

  it('comes with get_image_job too, and not for a job that is not done', async () => {
    const { client, sandbox } = await connect({ preview: 'small', waitSeconds: 0 });
    sandbox.engine.planNext({ queueMs: 0, runMs: 3_600_000 });
    const handedOver = await client.callTool(CALL);
    expect(await shown(handedOver)).toEqual([]);
    const [job] = sandbox.engine.jobs;
    if (job) sandbox.engine.finish(job);
    const result = await client.callTool({ name: 'get_image_job', arguments: { request_id: job?.id } });
    expect(await shown(result)).toHaveLength(1);
  });

  it('is not fetched where it is off', async () => {
    const { result } = await make([await plain(20, 20).png().toBuffer()], { preview: 'off' });
    expect(await shown(result)).toEqual([]);
    expect(images(result)).toEqual([{ handle: 'job:up_1#1', url: expect.any(String) }]);
  });

  it('stands in no record', async () => {
    const { client } = await connect({ preview: 'large' });
    await client.callTool(CALL);
    const listed = await client.callTool({ name: 'list_image_jobs', arguments: {} });
    expect(JSON.stringify(listed).length).toBeLessThan(1_500);
  });
});

describe('a client that fails on images', () => {
  const answer = async (given: Parameters<typeof connect>[0]) => {
    const { client }: Connected = await connect({ preview: undefined, ...given });
    return shown(await client.callTool(CALL));
  };

  it('gets none', async () => expect(await answer({ clientName: '@langchain/mcp-adapters' })).toEqual([]));
  it('gets them where its user wants them', async () =>
    expect(await answer({ clientName: 'mcp', preview: 'small' })).toHaveLength(1));
  it('is no other client', async () => expect(await answer({ clientName: 'claude-ai' })).toHaveLength(1));
});
