import { mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../support/books.ts';
import { animation, plain } from '../support/images.ts';
import { connect, eventually, freshDataDir, textOf } from '../support/program.ts';
import { connectTo, namesIn } from '../support/saving.ts';
import type { Handler } from '../support/upstream.ts';

const KEEPING = { keepImagesBytes: 1e9 };
const png = await plain(640, 480).png().toBuffer();
const other = await plain(640, 480, '#204060').png().toBuffer();
const webp = await plain(64, 48).webp().toBuffer();
const transparent = await sharp({
  create: { width: 200, height: 100, channels: 4, background: '#00000000' },
})
  .png()
  .toBuffer();

const savedIn = (dataDir: string) =>
  readRecords(dataDir).flatMap(({ originals }) => originals?.map((original) => original?.saved) ?? []);

describe('save_images', () => {
  it('saves a picture as it is, says where and what it is, and records it', async () => {
    const { save, config } = await connectTo({ '/a.png': png });
    const { text, images } = await save({});
    const [{ path: actual = '', ...facts } = {}] = images;
    expect(basename(actual)).toMatch(/^\d{4}-\d\d-\d\d-a-red-fox-in-snow\.png$/);
    expect(join(config.outputDir, basename(actual))).toBe(actual);
    expect(facts).toEqual({
      image: 'job:up_1#1',
      type: 'image/png',
      bytes: png.length,
      width: 640,
      height: 480,
    });
    expect(text).toBe(`Saved job:up_1#1 as ${actual} (PNG, 640 x 480, ${Math.round(png.length / 1e3)} kB)`);
    expect(readFileSync(actual).equals(png)).toBe(true);
    expect(namesIn(config.outputDir)).toEqual([basename(actual)]);
    expect(savedIn(config.dataDir)).toEqual([[actual]]);
  });

  it('names the pictures of a job by their numbers, and those that are given by their names', async () => {
    const { save, config } = await connectTo({ '/a.png': png, '/b.png': other });
    const both = ['job:up_1#1', 'job:up_1#2'];
    const { images } = await save({ images: both });
    expect(images.map(({ image, path }) => [image, basename(path).slice(11)])).toEqual([
      ['job:up_1#1', 'a-red-fox-in-snow-1.png'],
      ['job:up_1#2', 'a-red-fox-in-snow-2.png'],
    ]);
    const named = await save({ images: both, names: ['Héro  (final)', '図_1.png'] });
    expect(named.images.map(({ path }) => path)).toEqual(
      ['Héro  (final).png', '図_1.png'].map((name) => join(config.outputDir, name)),
    );
  });

  it('takes last for the newest picture', async () => {
    const { save } = await connectTo({ '/a.png': png });
    expect((await save({ images: ['last'] })).images).toMatchObject([{ image: 'job:up_1#1', width: 640 }]);
  });

  it('answers with the file that is there, and never overwrites another', async () => {
    const { save, config } = await connectTo({ '/a.png': png });
    const first = await save({ names: ['fox'] });
    expect((await save({ names: ['fox'] })).images).toEqual(first.images);
    const path = join(config.outputDir, 'fox.png');
    // As large, but another.
    const changed = Buffer.from(png);
    changed.writeUInt8(changed.readUInt8(changed.length - 1) ^ 1, changed.length - 1);
    writeFileSync(path, changed);
    expect((await save({ names: ['fox'] })).images).toMatchObject([
      { path: join(config.outputDir, 'fox_2.png') },
    ]);
    expect(readFileSync(path).equals(changed)).toBe(true);
    expect((await save({ names: ['fox'] })).images[0]?.path).toBe(join(config.outputDir, 'fox_2.png'));
    expect(namesIn(config.outputDir)).toEqual(['fox.png', 'fox_2.png']);
  });

  it('writes nothing through a link that stands where the file would', async () => {
    const { save, config } = await connectTo({ '/a.png': png });
    const target = join(freshDataDir(), 'target');
    mkdirSync(config.outputDir, { recursive: true });
    symlinkSync(target, join(config.outputDir, 'fox.png'));
    expect((await save({ names: ['fox'] })).images[0]?.path).toBe(join(config.outputDir, 'fox_2.png'));
    expect(() => readFileSync(target)).toThrow();
  });

  it('saves into a folder below the output folder, which it makes', async () => {
    const { save, config } = await connectTo({ '/a.png': png });
    for (const folder of ['web/img', join(config.outputDir, 'web/img')])
      expect((await save({ folder, names: ['a'] })).images[0]?.path).toBe(
        join(config.outputDir, 'web/img/a.png'),
      );
    expect(namesIn(join(config.outputDir, 'web/img'))).toEqual(['a.png']);
  });

  it.each([true, false])('writes sidecars with --sidecar only (%s)', async (sidecar) => {
    const { save, config } = await connectTo({ '/a.webp': webp }, { sidecar });
    await save({ names: ['a.png'] });
    expect(namesIn(config.outputDir)).toEqual(sidecar ? ['a.png', 'a.png.json'] : ['a.png']);
    if (sidecar)
      expect(JSON.parse(readFileSync(join(config.outputDir, 'a.png.json'), 'utf8'))).toMatchObject({
        request_id: 'up_1',
        input: { prompt: 'A red fox, in snow' },
        type: 'image/png',
        width: 64,
        sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
      });
  });

  it('works from the library when the links are dead, without asking them', async () => {
    const { save, kill, config, fetched } = await connectTo({ '/a.png': png }, KEEPING);
    await eventually(() => readRecords(config.dataDir)[0]?.originals).toHaveLength(1);
    kill();
    const asked = fetched.length;
    expect((await save({ names: ['a'] })).images).toMatchObject([{ width: 640, height: 480 }]);
    expect(readFileSync(join(config.outputDir, 'a.png')).equals(png)).toBe(true);
    expect(fetched).toHaveLength(asked);
  });

  it('keeps what it had to fetch', async () => {
    let asked = 0;
    const file: Handler = (_, response) => {
      asked += 1;
      // What is fetched behind the answer of the job fails.
      response.writeHead(asked === 1 ? 500 : 200).end(png);
    };
    const { save, kill, config } = await connectTo({ '/a.png': file }, KEEPING);
    await eventually(() => asked).toBe(1);
    const first = (await save({})).images[0]?.path ?? '';
    await eventually(() => readRecords(config.dataDir)[0]?.originals?.[0]?.thumbnail).toBeDefined();
    kill();
    rmSync(first);
    expect((await save({ names: ['b'] })).images).toMatchObject([{ width: 640 }]);
  });

  it('saves the others where one cannot be had, and says why it cannot', async () => {
    const { save } = await connectTo({ '/a.png': png, '/b.html': Buffer.from('<html>expired</html>') });
    const { text, images, notSaved, isError } = await save({
      images: ['job:up_1#2', 'job:up_1', 'job:up_1#3'],
    });
    expect(isError).toBe(false);
    expect(images).toMatchObject([{ image: 'job:up_1#1' }]);
    expect(notSaved).toMatchInlineSnapshot(`
      [
        {
          "image": "job:up_1#2",
          "reason": "job:up_1#2, as it is a web page",
        },
        {
          "image": "job:up_1#3",
          "reason": "images[2] is job:up_1#3, but that job has 2 outputs",
        },
      ]
    `);
    for (const { reason } of notSaved) expect(text).toContain(`Not saved: ${reason}.`);
  });

  it('of two calls that save the same at once both answer with one file', async () => {
    const { save, config } = await connectTo({ '/a.png': png });
    const answers = await Promise.all(Array.from({ length: 4 }, () => save({ names: ['a'] })));
    for (const { images } of answers) expect(images[0]?.path).toBe(join(config.outputDir, 'a.png'));
    expect(namesIn(config.outputDir)).toEqual(['a.png']);
  });

  it('of two calls that save different pictures under one name both have theirs', async () => {
    const { save, config } = await connectTo({ '/a.png': png, '/b.png': other });
    await Promise.all([
      save({ names: ['a'] }),
      save({ images: ['job:up_1#2'], names: ['a'] }),
      save({ images: ['job:up_1#2', 'job:up_1'], names: ['a', 'a'] }),
    ]);
    expect(namesIn(config.outputDir)).toEqual(['a.png', 'a_2.png']);
    const contents = namesIn(config.outputDir).map((name) => readFileSync(join(config.outputDir, name)));
    expect(contents.filter((data) => data.equals(png))).toHaveLength(1);
    expect(contents.filter((data) => data.equals(other))).toHaveLength(1);
  });

  it('is free, and submits nothing', async () => {
    const { client, sandbox } = await connect();
    await client.callTool({ name: 'gpt_image_2_text_to_image', arguments: { prompt: 'a fox' } });
    const handle = `job:${sandbox.engine.jobs[0]?.id}`;
    const result = await client.callTool({ name: 'save_images', arguments: { images: [handle] } });
    expect(textOf(result)).toContain(`Saved ${handle}#1 as `);
    expect(sandbox.requests.filter(({ route }) => route === 'submit')).toHaveLength(1);
  });
});

describe('a picture that is saved in another form', () => {
  const saved = async (path: string) => sharp(path).metadata();
  it.each([
    ['a format', { format: 'png' }, 'png', '.png'],
    ['a name', { names: ['logo.PNG'] }, 'png', 'logo.PNG'],
    ['both', { names: ['logo.jpeg'], format: 'jpeg' }, 'jpeg', 'logo.jpeg'],
    ['a format that it has', { format: 'webp' }, 'webp', '.webp'],
  ])('has the one that was asked for by %s', async (_, args, format, end) => {
    const { save } = await connectTo({ '/a.webp': webp });
    const [{ path, type, bytes, width } = { path: '' }] = (await save(args)).images;
    expect(path).toMatch(new RegExp(`${end}$`));
    expect(await saved(path)).toMatchObject({ format, width: 64, height: 48 });
    expect({ type, bytes, width }).toEqual({
      type: `image/${format}`,
      bytes: readFileSync(path).length,
      width: 64,
    });
    if (format === 'webp') expect(readFileSync(path).equals(webp)).toBe(true);
  });

  it.each([
    [100, 100, 75],
    [640, 640, 480],
    [5_000, 640, 480],
  ])('is at most %i wide, and never larger than it was', async (max_width, width, height) => {
    const { save } = await connectTo({ '/a.png': png });
    const [image] = (await save({ max_width })).images;
    expect(image).toMatchObject({ width, height, type: 'image/png' });
    expect(await saved(image?.path ?? '')).toMatchObject({ width, height, format: 'png' });
    if (width === 640) expect(readFileSync(image?.path ?? '').equals(png)).toBe(true);
  });

  it('is not made wider where it is converted', async () => {
    const { save } = await connectTo({ '/a.webp': webp });
    expect((await save({ format: 'png', max_width: 5_000 })).images).toMatchObject([{ width: 64 }]);
  });

  it('stands upright, as its EXIF says', async () => {
    const turned = await plain(60, 20).jpeg().withMetadata({ orientation: 6 }).toBuffer();
    const { save } = await connectTo({ '/a.jpg': turned });
    const [image] = (await save({ max_width: 10, names: ['a'] })).images;
    expect(image).toMatchObject({ width: 10, height: 30 });
    const converted = (await save({ format: 'webp' })).images[0]?.path ?? '';
    const { orientation, width, height } = await saved(converted);
    expect({ orientation, width, height }).toEqual({ orientation: undefined, width: 20, height: 60 });
    const same = (await save({ format: 'jpeg', max_width: 20, names: ['b'] })).images[0]?.path ?? '';
    expect(readFileSync(same).equals(turned)).toBe(true);
  });

  it('is white where it was transparent, as JPEG; else it stays so', async () => {
    const { save } = await connectTo({ '/a.png': transparent });
    const jpeg = (await save({ format: 'jpeg' })).images[0]?.path ?? '';
    const { channels } = await sharp(jpeg).stats();
    expect(channels.map(({ min }) => min)).toEqual([255, 255, 255]);
    const other = (await save({ format: 'webp' })).images[0];
    expect(await saved(other?.path ?? '')).toMatchObject({ hasAlpha: true });
    expect(other).toMatchObject({ transparent: true });
  });

  it('is no animation, and of GIF and AVIF only with a format', async () => {
    const animated = await (await animation(40, 30)).gif().toBuffer();
    const still = await plain(40, 30).gif().toBuffer();
    const { save, config } = await connectTo({ '/a.gif': animated, '/b.gif': still });
    expect((await save({ format: 'png' })).text).toMatchInlineSnapshot(
      `"Nothing was saved: job:up_1#1, as it is an animation, of which only the first frame would be left. Leave format and max_width out, and the extension out of its name. [not_saved]"`,
    );
    expect((await save({ images: ['job:up_1#2'], max_width: 10 })).text).toMatchInlineSnapshot(
      `"Nothing was saved: job:up_1#2, as it is GIF, which only changes its size with another format. Give a format as well: png, jpeg, webp. [not_saved]"`,
    );
    expect(namesIn(config.outputDir)).toEqual([]);
    const { images } = await save({ images: ['job:up_1#2'], format: 'webp', max_width: 20, names: ['a'] });
    expect(images).toMatchObject([{ type: 'image/webp', width: 20, height: 15 }]);
    await save({ max_width: 40, names: ['b'] });
    expect(readFileSync(join(config.outputDir, 'b.gif')).equals(animated)).toBe(true);
  });

  it('leaves the record with the original', async () => {
    const { save, config } = await connectTo({ '/a.png': png });
    const [image] = (await save({ format: 'jpeg', max_width: 64 })).images;
    expect(readRecords(config.dataDir)[0]?.originals).toMatchObject([
      { type: 'image/png', bytes: png.length, width: 640, saved: [image?.path] },
    ]);
  });

  it('is not taken for a copy of the original', async () => {
    const { save, client, config } = await connectTo({ '/a.png': png }, { autoSave: true });
    await save({ format: 'jpeg', names: ['a'] });
    const again = await client.callTool({ name: 'get_image_job', arguments: { request_id: 'up_1' } });
    expect(JSON.stringify(again.structuredContent)).not.toContain('a.jpg"');
    expect(namesIn(config.outputDir)).toHaveLength(2);
  });
});
