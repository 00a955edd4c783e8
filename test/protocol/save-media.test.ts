import { readFileSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../support/books.ts';
import { plain } from '../support/images.ts';
import { connectTo, mp4, namesIn } from '../support/saving.ts';

const png = await plain(64, 48).png().toBuffer();
const mp3 = Buffer.concat([Buffer.from('ID3\x03\0\0\0\0\0\x0a', 'latin1'), Buffer.alloc(3_000, 7)]);
const MIB = 1 << 20;

describe('a video, sound or 3D model', () => {
  it.each([
    ['/a.mp4', mp4(5_000), 'video/mp4', 'mp4', 'MP4, 5 kB'],
    ['/a.mp3', mp3, 'audio/mpeg', 'mp3', 'MP3, 3 kB'],
  ])('is saved as it is: %s', async (path, file, type, extension, words) => {
    const { save, config } = await connectTo({ [path]: file });
    const { images, text } = await save({});
    expect(images).toEqual([
      { image: 'job:up_1#1', path: expect.stringMatching(/.*/), type, bytes: file.length },
    ]);
    const [{ path: saved } = { path: '' }] = images;
    expect(basename(saved).slice(10)).toBe(`-a-red-fox-in-snow.${extension}`);
    expect(readFileSync(saved).equals(file)).toBe(true);
    expect(text).toBe(`Saved job:up_1#1 as ${saved} (${words})`);
    expect(readRecords(config.dataDir)[0]?.originals).toMatchObject([
      { type, bytes: file.length, saved: [saved] },
    ]);
    expect(namesIn(config.outputDir)).toHaveLength(1);
  });

  it('is saved beside pictures of its job, under names of all scripts', async () => {
    const { save, config } = await connectTo({ '/a.png': png, '/a.mp4': mp4(5_000) });
    const { images } = await save({ images: ['job:up_1', 'job:up_1#2'], names: ['図', '図.mp4'] });
    expect(images.map(({ type }) => type)).toEqual(['image/png', 'video/mp4']);
    expect(namesIn(config.outputDir)).toEqual(['図.mp4', '図.png']);
  });

  it('is compared with what lies there, piece by piece', async () => {
    const file = mp4(3 * MIB, 1);
    const { save, config } = await connectTo({ '/a.mp4': file });
    const changed = Buffer.from(file);
    changed.writeUInt8(2, changed.length - 1);
    const path = join(config.outputDir, 'a.mp4');
    expect((await save({ names: ['a'] })).images[0]?.path).toBe(path);
    expect((await save({ names: ['a.mp4'] })).images[0]?.path).toBe(path);
    writeFileSync(path, changed);
    expect((await save({ names: ['a'] })).images[0]?.path).toBe(join(config.outputDir, 'a_2.mp4'));
  });

  it('is saved from another copy once its link is dead, if that is still the same', async () => {
    const { save, kill } = await connectTo({ '/a.mp4': mp4(3_000) });
    const first = (await save({ names: ['a'] })).images[0]?.path ?? '';
    kill();
    const second = await save({ folder: 'other', names: ['b'] });
    expect(readFileSync(second.images[0]?.path ?? '').equals(readFileSync(first))).toBe(true);
    for (const path of [first, second.images[0]?.path ?? '']) writeFileSync(path, mp4(3_000, 1));
    const third = await save({ names: ['c'] });
    expect(third.text).toContain('HTTP 404');
    expect(third.isError).toBe(true);
  });

  it.each([
    ['a format', { format: 'png' }],
    ['a width', { max_width: 100 }],
    ['a name of a picture', { names: ['a.png'] }],
    ['a name of another video', { names: ['a.mov'] }],
  ])('is refused with %s, and leaves nothing', async (_, args) => {
    const { save, config } = await connectTo({ '/a.mp4': mp4(5_000) });
    const { text, isError } = await save(args);
    expect(isError).toBe(true);
    expect(text).toMatchSnapshot();
    expect(namesIn(config.outputDir)).toEqual([]);
  });

  it('is refused where it is a web page, too large or cut, and leaves nothing', async () => {
    const { save, config } = await connectTo(
      {
        '/page.mp4': Buffer.from(`<!doctype html>${'x'.repeat(500)}`),
        '/large.mp4': mp4(2 * MIB),
        '/cut.mp4': (_, response) => {
          response.writeHead(200, { 'content-length': 10_000 }).write(mp4(5_000));
          setTimeout(() => response.destroy(), 20);
        },
      },
      { downloadLimits: { bytes: MIB } },
    );
    const { text } = await save({ images: ['job:up_1#1', 'job:up_1#2', 'job:up_1#3'] });
    expect(text).toMatchSnapshot();
    expect(namesIn(config.outputDir)).toEqual([]);
  });

  it('gets a sidecar with --sidecar', async () => {
    const { save, config } = await connectTo({ '/a.mp4': mp4(5_000) }, { sidecar: true });
    await save({ names: ['a'] });
    expect(JSON.parse(readFileSync(join(config.outputDir, 'a.mp4.json'), 'utf8'))).toMatchObject({
      request_id: 'up_1',
      type: 'video/mp4',
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
  });
});
