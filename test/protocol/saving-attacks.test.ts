import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { describe, expect, it } from 'vitest';
import { canFillDisks, smallDisk } from '../support/disk.ts';
import { handmadePng, noise, plain } from '../support/images.ts';
import { connect, eventually, freshDataDir, textOf } from '../support/program.ts';
import { connectWithRoots } from '../support/roots.ts';
import { CALL, connectTo, mp4, namesIn } from '../support/saving.ts';

const png = await plain(64, 48).png().toBuffer();
const noisy = await noise(200, 200).png().toBuffer();

/** An output folder, and one beside it that is not allowed. */
function places() {
  const base = dirname(freshDataDir());
  const [allowed, outside] = [join(base, 'allowed'), join(base, 'allowed-not')];
  for (const dir of [join(allowed, 'deep'), outside]) mkdirSync(dir, { recursive: true });
  writeFileSync(join(allowed, 'file.png'), 'something of the user');
  return { base, allowed, outside };
}
type Places = ReturnType<typeof places>;

/** All files and folders below a folder. */
const allIn = (dir: string) => readdirSync(dir, { recursive: true, encoding: 'utf8' }).sort();

describe('a folder that is refused', () => {
  const CASES: [what: string, folder: (places: Places) => string][] = [
    ['outside', ({ outside }) => outside],
    ['outside, and not there', ({ base }) => join(base, 'nothing')],
    ['by way of ..', ({ allowed }) => `${allowed}/../allowed-not`],
    ['relative, by way of ..', () => '../allowed-not'],
    ['above', ({ base }) => base],
    ['the root of the disk', () => '/'],
    ['the home folder', () => '~'],
    ['a file', ({ allowed }) => join(allowed, 'file.png')],
    ['below a file', ({ allowed }) => join(allowed, 'file.png', 'deep')],
    [
      'a link to a folder outside',
      ({ allowed, outside }) => {
        symlinkSync(outside, join(allowed, 'door'));
        return join(allowed, 'door');
      },
    ],
    [
      'below a link to a folder outside',
      ({ allowed, outside }) => {
        symlinkSync(outside, join(allowed, 'door'));
        return join(allowed, 'door', 'new');
      },
    ],
    [
      'a link that leads nowhere',
      ({ allowed, outside }) => {
        symlinkSync(join(outside, 'new'), join(allowed, 'door'));
        return join(allowed, 'door');
      },
    ],
    [
      'a pipe',
      ({ allowed }) => {
        execFileSync('mkfifo', [join(allowed, 'pipe')]);
        return join(allowed, 'pipe');
      },
    ],
    ['new and hidden', ({ allowed }) => join(allowed, '.git')],
    ['new and a device', ({ allowed }) => join(allowed, 'con')],
    ['new and of more than 120 bytes', ({ allowed }) => join(allowed, '図'.repeat(41))],
    ['a zero byte', ({ allowed }) => `${allowed}/a\0`],
    ['a file URL outside', ({ outside }) => pathToFileURL(outside).href],
    ['a file URL of another machine', () => 'file://server/share'],
    ['/proc', () => '/proc/self/cwd'],
  ];

  it.each(CASES)('%s', async (_, folder) => {
    const here = places();
    const { save } = await connectTo({ '/a.png': png }, { outputDir: here.allowed });
    const given = folder(here);
    const before = allIn(here.base);
    const { text, isError } = await save({ folder: given, names: ['a'] });
    expect(isError).toBe(true);
    expect(text.replaceAll(here.base, '/base')).toMatchSnapshot();
    expect(allIn(here.base)).toEqual(before);
  });

  it('in a root of the client, if it is hidden there; else such a root is allowed', async () => {
    const { base, allowed, outside } = places();
    mkdirSync(join(outside, '.git'));
    const { save } = await connectTo({ '/a.png': png }, { outputDir: allowed }, (options) =>
      connectWithRoots([outside], options),
    );
    expect((await save({ folder: join(outside, '.git'), names: ['a'] })).isError).toBe(true);
    expect((await save({ folder: join(outside, 'img'), names: ['a'] })).images).toMatchObject([
      { path: join(outside, 'img', 'a.png') },
    ]);
    expect(allIn(base).filter((name) => name.endsWith('a.png'))).toEqual(['allowed-not/img/a.png']);
  });
});

describe('a name that is refused', () => {
  it.each([
    ['a path', '/etc/a.png'],
    ['a way out', '../a'],
    ['a way down', 'deep/a'],
    ['a backslash', '..\\a'],
    ['nothing', ''],
    ['dots', '..'],
    ['hidden', '.bashrc'],
    ['only an extension', '.png'],
    ['a zero byte', 'a\0.png'],
    ['a line break', 'a\nb'],
    ['an extension that reads backwards', 'gnp.\u202eexe'],
    ['half a character', 'a\ud83d'],
    ['a device', 'NUL.png'],
    ['a stream of a file', 'a.png:b'],
    ['a dot at its end', 'a.'],
    ['a blank at its end', 'a '],
    ['more than 120 bytes', '図'.repeat(41)],
    ['a megabyte', 'x'.repeat(1_000_000)],
  ])('%s', async (_, name) => {
    const here = places();
    const { save, fetched } = await connectTo({ '/a.png': png }, { outputDir: here.allowed });
    const before = allIn(here.base);
    const { text, isError } = await save({ names: [name] });
    expect(isError).toBe(true);
    expect(text).toMatchSnapshot();
    expect(allIn(here.base)).toEqual(before);
    expect(fetched).toEqual([]);
  });

  it.each([
    '夕陽の灯台',
    'ภาพที่ ๑',
    'صورة جميلة',
    'תמונה',
    'Ελλάδα',
    'हिन्दी चित्र',
    '👨‍👩‍👧 family',
    '한국어',
    "Dürer's (final) & more!",
    '-rf',
    '$(reboot)',
    '%2e%2e',
    'x'.repeat(116),
    '図'.repeat(40),
  ])('unlike %s, which stays as it is', async (name) => {
    const { save, config } = await connectTo({ '/a.png': png });
    const [image] = (await save({ names: [name] })).images;
    expect(image?.path).toBe(join(config.outputDir, `${name}.png`));
    expect(namesIn(config.outputDir)).toEqual([`${name}.png`]);
  });
});

describe('a call that is refused', () => {
  it.each([
    ['a plain request id', { images: ['up_1'] }],
    ['a URL', { images: ['https://example.com/a.png'] }],
    ['a path', { images: ['/etc/passwd'] }],
    ['a handle of number 0', { images: ['job:up_1#0'] }],
    ['no image', { images: [] }],
    ['too many images', { images: Array.from({ length: 21 }, () => 'job:up_1') }],
    ['fewer names than images', { images: ['job:up_1', 'job:up_1#2'], names: ['a'] }],
    ['more names than images', { names: ['a', 'b'] }],
    ['a name and a format that differ', { names: ['a.png'], format: 'webp' }],
    ['a format that is none', { format: 'gif' }],
    ['no width', { max_width: 0 }],
    ['the old way', { request_id: 'up_1', name: 'a' }],
  ])('for %s', async (_, args) => {
    const { save, fetched, config } = await connectTo({ '/a.png': png });
    const { text, isError } = await save(args);
    expect(isError).toBe(true);
    expect(text).toMatchSnapshot();
    expect(fetched).toEqual([]);
    expect(existsSync(config.outputDir)).toBe(false);
  });

  it.each([
    ['one that is not done', ['job:up_1#1']],
    ['one that nobody knows', ['job:never#1']],
    ['several that are not there', ['job:up_1#1', 'job:never#1', 'job:never#2']],
  ])('for a picture of %s', async (what, images) => {
    const { client, sandbox, config } = await connect({ waitSeconds: 0 });
    sandbox.engine.planNext({ queueMs: 3_600_000 });
    await client.callTool(CALL);
    const id = sandbox.engine.jobs[0]?.id ?? '';
    const given = images.map((image) => image.replace('up_1', id));
    const result = await client.callTool({ name: 'save_images', arguments: { images: given } });
    expect(result.isError, what).toBe(true);
    expect(textOf(result).replaceAll(id, 'ID')).toMatchSnapshot();
    expect(existsSync(config.outputDir)).toBe(false);
  });

  it('for a job that failed', async () => {
    const { client, sandbox } = await connect();
    sandbox.engine.planNext({ outcome: 'failed', error: 'not allowed' });
    await client.callTool(CALL);
    const id = sandbox.engine.jobs[0]?.id ?? '';
    const result = await client.callTool({ name: 'save_images', arguments: { images: [`job:${id}`] } });
    expect(textOf(result).replaceAll(id, 'ID')).toMatchSnapshot();
  });

  it.each([
    ['a number that the job has not', png, { images: ['job:up_1#2'] }],
    ['a web page', Buffer.from('<html>expired</html>'), {}],
    ['half a picture', noisy.subarray(0, noisy.length / 2), {}],
    ['a decompression bomb that is to be converted', handmadePng(30_000, 3_000), { format: 'jpeg' }],
    ['a line that is too wide', handmadePng(40_000, 1), {}],
    ['a name of another kind of file', png, { names: ['a.mp4'] }],
    ['a name of a type that nothing is converted to', png, { names: ['a.gif'] }],
  ])('for %s', async (_, file, args) => {
    const { save, config } = await connectTo({ '/a.png': file });
    const { text, isError } = await save(args);
    expect(isError).toBe(true);
    expect(text).toMatchSnapshot();
    expect(text).not.toContain('http://');
    expect(namesIn(config.outputDir)).toEqual([]);
  });

  it('for a link that is dead', async () => {
    const { save, kill, config } = await connectTo({ '/a.png': png });
    kill();
    expect((await save({})).text).toMatchSnapshot();
    expect(namesIn(config.outputDir)).toEqual([]);
  });

  it('not for one that is only too large to be decoded', async () => {
    const { save } = await connectTo({ '/a.png': handmadePng(9_000, 9_000) });
    const { images } = await save({});
    expect(images).toMatchObject([{ type: 'image/png' }]);
    expect(images[0]).not.toHaveProperty('width');
  });
});

describe('a disk', () => {
  it.skipIf(!canFillDisks())('that is full (needs root on Linux)', async () => {
    const { dataDir: outputDir, fill, free } = smallDisk();
    const { save } = await connectTo({ '/a.png': noisy }, { outputDir });
    mkdirSync(outputDir);
    fill();
    const { text, isError } = await save({ names: ['a'] });
    expect(isError).toBe(true);
    expect(text.replaceAll(outputDir, '/base')).toMatchSnapshot();
    expect(namesIn(outputDir)).toEqual([]);
    free();
    expect(namesIn(outputDir)).toEqual([]);
  });

  it.skipIf(!canFillDisks())('that is read-only (needs root on Linux)', async () => {
    const { dataDir: outputDir } = smallDisk();
    const { save } = await connectTo({ '/a.png': png }, { outputDir });
    mkdirSync(outputDir);
    execFileSync('mount', ['-o', 'remount,ro', dirname(outputDir)]);
    for (const args of [{}, { folder: outputDir }, { folder: 'new' }]) {
      const { text, isError } = await save({ names: ['a'], ...args });
      expect(isError).toBe(true);
      expect(text.replaceAll(outputDir, '/base')).toMatchSnapshot();
    }
  });
});

describe('a call that is given up', () => {
  const forever =
    (first: Buffer) =>
    (_: unknown, response: import('node:http').ServerResponse): void =>
      void response.writeHead(200, { 'content-length': 1_000_000 }).write(first);
  it.each([
    ['a picture', '/a.png', noisy.subarray(0, 5_000)],
    ['a video', '/a.mp4', mp4(5_000)],
  ])('while %s arrives leaves nothing', async (_, path, first) => {
    const { client, config, fetched } = await connectTo({ [path]: forever(first) });
    const stop = new AbortController();
    const saving = client.callTool(
      { name: 'save_images', arguments: { images: ['job:up_1'] } },
      { signal: stop.signal },
    );
    await eventually(() => fetched).toHaveLength(1);
    if (path === '/a.mp4') await eventually(() => namesIn(config.outputDir)).toHaveLength(1);
    stop.abort();
    await expect(saving).rejects.toThrow();
    await eventually(() => namesIn(config.outputDir)).toEqual([]);
  });
});

it('a sidecar is written through no link either', async () => {
  const { save, config } = await connectTo({ '/a.png': png }, { sidecar: true });
  const target = join(dirname(config.outputDir), 'target');
  mkdirSync(config.outputDir, { recursive: true });
  symlinkSync(target, join(config.outputDir, 'a.png.json'));
  expect((await save({ names: ['a'] })).isError).toBe(false);
  expect(() => readFileSync(target)).toThrow();
});
