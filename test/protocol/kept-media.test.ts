import { readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { sha256Of } from '../../src/images/library/library.ts';
import { plain } from '../support/images.ts';
import { connect, eventually, textOf } from '../support/program.ts';
import { connectTo, mp4, namesIn } from '../support/saving.ts';
import type { Handler } from '../support/upstream.ts';
import { libraryOf, originalsIn } from '../support/upstream-pictures.ts';

const KEEPING = { keepImagesBytes: 1e9 };
const MIB = 1 << 20;
/** In bytes; the whole of it, with its head. */
const film = (bytes: number) => mp4(bytes - mp4(0).length, 7);
const mp3 = Buffer.concat([Buffer.from('ID3\x03\0\0\0\0\0\x0a', 'latin1'), Buffer.alloc(3_000, 7)]);
const png = await plain(64, 48).png().toBuffer();

const LARGE = film(50 * MIB + 1);
const EXACT = LARGE.subarray(0, 50 * MIB);

type Saving = Awaited<ReturnType<typeof connectTo>>;
const kept = ({ config }: Pick<Saving, 'config'>) => namesIn(libraryOf(config));
const call = async ({ client }: Saving, name: string, args: Record<string, unknown> = {}) => {
  const { structuredContent, ...result } = await client.callTool({ name, arguments: args });
  return { data: structuredContent as Record<string, unknown>, text: textOf(result) };
};
const get = (connected: Saving) => call(connected, 'get_image_job', { request_id: 'up_1' });
const list = async (connected: Saving) => {
  const { data, text } = await call(connected, 'list_image_jobs');
  return { row: (data.jobs as Record<string, unknown>[])[0], line: text.split('\n')[0] };
};

describe('what is no image', () => {
  it.each([
    ['a video', '/a.mp4', film(3 * MIB), 'video/mp4', 'mp4'],
    ['a sound', '/a.mp3', mp3, 'audio/mpeg', 'mp3'],
    ['an image that is named a video', '/a.mp4', png, 'image/png', 'png'],
    ['a sound that is named a video', '/a.mp4', mp3, 'audio/mpeg', 'mp3'],
  ])(
    'is kept behind the answer, and saved when its link is dead: %s',
    async (_, path, file, type, extension) => {
      const connected = await connectTo({ [path]: file }, KEEPING);
      const { config, save, kill, fetched } = connected;
      const name = `${sha256Of(file)}.${extension}`;
      await eventually(() => originalsIn(config)).toEqual([
        { sha256: sha256Of(file), type, bytes: file.length },
      ]);
      expect(kept(connected)).toEqual([name]);
      expect(statSync(join(libraryOf(config), name)).mode & 0o777).toBe(0o600);
      kill();
      const { images, text } = await save({});
      expect(readFileSync(images[0]?.path ?? text).equals(file)).toBe(true);
      expect(fetched).toEqual([path]);
    },
  );

  it('is told to be kept, in the list and in answers', async () => {
    const connected = await connectTo({ '/a.png': png, '/a.mp4': film(5_000) }, KEEPING);
    await eventually(() => kept(connected).filter((name) => !name.endsWith('.jpg'))).toHaveLength(2);
    await eventually(() => originalsIn(connected.config).filter((one) => one)).toHaveLength(2);
    expect(await list(connected)).toMatchObject({
      row: { kept: true },
      line: expect.stringMatching(/ \| 1 image and 1 video$/),
    });
    const { data, text } = await get(connected);
    expect(data).toMatchObject({ images: [{ kept: true }, { kept: true, kind: 'video' }] });
    expect(data.next).toBe('Name each as job:… in later calls, to save it.');
    expect(text).toContain('job:up_1#2 | video | kept | http');
    rmSync(join(libraryOf(connected.config), `${sha256Of(film(5_000))}.mp4`));
    expect(await list(connected)).toMatchObject({
      row: { kept: false },
      line: expect.stringMatching(/ \| 1 image and 1 video \| #2 not kept$/),
    });
  });

  it('counts as not kept where the file is damaged, and is kept again', async () => {
    const file = film(3 * MIB);
    const connected = await connectTo({ '/a.mp4': file }, KEEPING);
    await eventually(() => originalsIn(connected.config)).toHaveLength(1);
    const path = join(libraryOf(connected.config), `${sha256Of(file)}.mp4`);
    for (const spoil of [
      () => writeFileSync(path, film(3 * MIB).fill(1, MIB)),
      () => truncateSync(path, MIB),
    ]) {
      spoil();
      expect((await list(connected)).row).toMatchObject({ kept: false });
      await get(connected);
      await eventually(() => readFileSync(path).equals(file)).toBe(true);
      expect((await list(connected)).row).toMatchObject({ kept: true });
    }
  });

  it('is not kept beyond 50 MiB, and not asked for again; save_images saves it', async () => {
    // Neither tells its length beforehand.
    const serve =
      (file: Buffer): Handler =>
      (_, response) => {
        response.writeHead(200).write(file.subarray(0, MIB));
        response.end(file.subarray(MIB));
      };
    const connected = await connectTo({ '/large.mp4': serve(LARGE), '/exact.mp4': serve(EXACT) }, KEEPING);
    const { config, log, fetched, save } = connected;
    await eventually(() => log.join('')).toContain('as it is larger than 50 MiB');
    await eventually(() => kept(connected)).toEqual([`${sha256Of(EXACT)}.mp4`]);
    expect(log.filter((line) => /warn|error/.test(line))).toEqual([]);
    expect((await list(connected)).line).toMatch(/ \| 2 videos \| #1 not kept$/);
    const { text } = await get(connected);
    expect(text).not.toContain('The library keeps nothing');
    const { images } = await save({ images: ['job:up_1#1'] });
    expect(images).toMatchObject([{ bytes: 50 * MIB + 1 }]);
    await eventually(() => originalsIn(config)).toHaveLength(2);
    expect((await list(connected)).line).toContain(' | 2 videos | #1 too large to keep | saved as ');
    expect(fetched).toHaveLength(3);

    // Another server learns from the record: of the two only the one that was lost is asked for.
    rmSync(join(libraryOf(config), `${sha256Of(EXACT)}.mp4`));
    const later = await connect({ ...KEEPING, dataDir: config.dataDir, baseUrl: config.baseUrl });
    await later.client.callTool({ name: 'get_image_job', arguments: { request_id: 'up_1' } });
    await eventually(() => fetched.slice(3)).toEqual(['/exact.mp4']);
  });

  it.each<[string, Handler]>([
    [
      'is cut',
      (_, response) => {
        response.writeHead(200, { 'content-length': 5_000_000 }).write(film(4_000_000));
        setTimeout(() => response.destroy(), 20);
      },
    ],
    [
      'is announced as too large',
      (_, response) => void response.writeHead(200, { 'content-length': 60 * MIB }).write(film(5_000)),
    ],
    ['is a web page', (_, response) => void response.writeHead(200).end(`<!doctype html>${'x'.repeat(500)}`)],
    ['has expired', (_, response) => void response.writeHead(404).end()],
    [
      'does not tell its end',
      ({ socket }) => void socket.end(Buffer.concat([Buffer.from('HTTP/1.1 200 OK\r\n\r\n'), film(5_000)])),
    ],
  ])('leaves nothing where it %s', async (_, handler) => {
    const connected = await connectTo({ '/a.mp4': handler }, KEEPING);
    await eventually(() => connected.log.join('')).toContain('is not kept: ');
    expect(kept(connected)).toEqual([]);
    expect(originalsIn(connected.config)).toEqual([]);
    expect((await list(connected)).line).toMatch(/ \| 1 video \| not kept$/);
    expect((await get(connected)).text).not.toContain('The library keeps nothing');
  });

  it('is not kept where all of the library is smaller', async () => {
    const connected = await connectTo({ '/a.mp4': film(3 * MIB) }, { keepImagesBytes: 2e6 });
    await eventually(() => connected.log.join('')).toContain('as it is larger than 1.9 MiB');
    expect(kept(connected)).toEqual([]);
  });

  it('is kept once by two servers at once', async () => {
    const file = film(8 * MIB);
    const connected = await connectTo({ '/a.mp4': file }, KEEPING);
    const { config } = connected;
    const others = await Promise.all(
      [1, 2].map(() => connect({ ...KEEPING, dataDir: config.dataDir, baseUrl: config.baseUrl })),
    );
    await Promise.all(
      others.map(({ client }) =>
        client.callTool({ name: 'get_image_job', arguments: { request_id: 'up_1' } }),
      ),
    );
    await eventually(() => originalsIn(config)).toMatchObject([{ bytes: file.length }]);
    await eventually(() => kept(connected)).toEqual([`${sha256Of(file)}.mp4`]);
  });

  it('does not hold up pictures, however slowly it comes', async () => {
    const silent: Handler = (_, response) =>
      void response.writeHead(200, { 'content-length': 9_000 }).write(film(5_000));
    const connected = await connectTo(
      { '/a.mp4': silent, '/b.mp4': silent, '/c.mp4': silent, '/d.png': png },
      { ...KEEPING, preview: 'off' },
    );
    await eventually(() => originalsIn(connected.config).filter((one) => one)).toMatchObject([
      { type: 'image/png' },
    ]);
  });
});

it('a sound that is named an image is not kept, and leaves nothing', async () => {
  const connected = await connectTo({ '/a.png': mp3 }, KEEPING);
  await eventually(() => connected.log.join('')).toContain('it is audio, not an image');
  expect(kept(connected)).toEqual([]);
});
