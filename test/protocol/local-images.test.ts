import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { readRecords } from '../support/books.ts';
import { animation, noise, plain } from '../support/images.ts';
import { connect, eventually, freshDataDir, textOf } from '../support/program.ts';
import { connectWithRoots } from '../support/roots.ts';

const MIB = 1 << 20;
const SECRET = 'the secret of another folder';

/** A folder that is allowed and one that is not, with what a test puts there. */
async function folders() {
  const base = freshDataDir();
  const [allowed, outside, output] = ['allowed', 'allowed-not', 'output'].map((name) => join(base, name)) as [
    string,
    string,
    string,
  ];
  for (const dir of [join(allowed, 'deep'), outside]) mkdirSync(dir, { recursive: true });
  const cat = join(allowed, 'deep', 'a cat #1.png');
  writeFileSync(cat, await plain(64, 48).png().toBuffer());
  writeFileSync(join(outside, 'dog.png'), await plain(64, 48).png().toBuffer());
  writeFileSync(join(outside, 'secret.txt'), SECRET);
  return { base, allowed, outside, output, cat };
}

const call = (...image_urls: string[]) => ({
  name: 'gpt_image_1_5_image_to_image',
  arguments: { prompt: 'a fox', quality: 'low', image_urls },
});

/** The reference images that the first job of a sandbox was sent. */
const sentTo = ({ engine }: Sandbox): string[] => engine.jobs[0]?.input.image_urls as string[];
const decode = (uri = '') => Buffer.from(uri.slice(uri.indexOf(',') + 1), 'base64');

describe('a local image', () => {
  it.each([
    ['its path', (path: string) => path],
    ['a file URL', (path: string) => pathToFileURL(path).href],
    ['a roundabout path', (path: string) => path.replace('/deep/', '/deep/../deep/./')],
  ])('goes out by %s, byte for byte, beside URLs', async (_, name) => {
    const { allowed, cat } = await folders();
    const { client, sandbox, config } = await connect({ inputDirs: ['/nonexistent', allowed] });
    const url = 'https://example.com/dog.png';
    const result = await client.callTool(call(name(cat), url));
    expect(result.structuredContent).toMatchObject({ status: 'succeeded' });
    const [sent = '', second] = sentTo(sandbox);
    expect(sent).toMatch(/^data:image\/png;base64,/);
    expect(decode(sent).equals(readFileSync(cat))).toBe(true);
    expect(second).toBe(url);
    const [record] = readRecords(config.dataDir);
    expect(record?.input.image_urls).toEqual([
      expect.stringMatching(/^file:\/\/.*a%20cat%20%231\.png#sha256=[0-9a-f]{64}&bytes=\d+$/),
      url,
    ]);
    expect(JSON.stringify(record)).not.toContain('base64');
  });

  it('is known again in a repeated call, unless its content changed', async () => {
    const { allowed, cat } = await folders();
    const { client, sandbox } = await connect({ inputDirs: [allowed], waitSeconds: 0 });
    const first = await client.callTool(call(cat));
    const again = await client.callTool(call(cat));
    expect(again.structuredContent).toMatchObject({ resumed: true });
    expect(textOf(again)).toContain((first.structuredContent as { request_id: string }).request_id);
    expect(sandbox.engine.jobs).toHaveLength(1);
    writeFileSync(cat, await plain(64, 48, '#000').png().toBuffer());
    await client.callTool(call(cat));
    expect(sandbox.engine.jobs).toHaveLength(2);
  });

  it('may be named as the records name it', async () => {
    const { allowed, cat } = await folders();
    const { client, sandbox, config } = await connect({ inputDirs: [allowed] });
    await client.callTool(call(cat));
    await eventually(() => readRecords(config.dataDir)[0]?.delivered_at).toBeDefined();
    const [recorded = ''] = readRecords(config.dataDir).flatMap(({ input }) => input.image_urls as string[]);
    await client.callTool(call(recorded));
    expect(sandbox.engine.jobs).toHaveLength(2);
    expect(sandbox.engine.jobs[1]?.input).toEqual(sandbox.engine.jobs[0]?.input);
  });

  it.each([
    ['a PNG', () => noise(1_700, 1_700).png({ compressionLevel: 0 }), 'jpeg'],
    ['a transparent PNG', () => noise(1_500, 1_500).ensureAlpha(0.5).png({ compressionLevel: 0 }), 'webp'],
  ])('of more than 6 MiB is encoded anew: %s', async (_, make, format) => {
    const { allowed } = await folders();
    const path = join(allowed, 'large.png');
    writeFileSync(path, await make().toBuffer());
    expect(readFileSync(path).length).toBeGreaterThan(6 * MIB);
    const { client, sandbox } = await connect({ inputDirs: [allowed] });
    await client.callTool(call(path));
    const sent = decode(sentTo(sandbox)[0]);
    expect(sent.length).toBeLessThanOrEqual(6 * MIB);
    expect((await sharp(sent).metadata()).format).toBe(format);
  });

  it.each([
    ['gif', async () => (await animation(60, 40)).gif()],
    ['avif', async () => plain(60, 40).avif()],
  ])('of a type that models do not take is converted: %s', async (extension, make) => {
    const { allowed } = await folders();
    const path = join(allowed, `picture.${extension}`);
    writeFileSync(path, await (await make()).toBuffer());
    const { client, sandbox } = await connect({ inputDirs: [allowed] });
    await client.callTool(call(path));
    const sent = decode(sentTo(sandbox)[0]);
    expect(await sharp(sent).metadata()).toMatchObject({ format: 'jpeg', width: 60, height: 40 });
  });

  it('may come back whole in the result', async () => {
    const { allowed, cat } = await folders();
    const { client, sandbox } = await connect({ inputDirs: [allowed] });
    const url = `${sandbox.origin}/outputs/1/a.png`;
    const echo = { image_urls: [`data:image/png;base64,${'A'.repeat(20 * MIB)}`] };
    sandbox.inject({
      on: 'result',
      what: { status: 200, body: { status: 'succeeded', output: { image: url }, input: echo } },
    });
    const result = await client.callTool(call(cat));
    expect(result.structuredContent).toMatchObject({ status: 'succeeded', images: [{ url }] });
  });

  it('may take its time to go out', async () => {
    const { allowed } = await folders();
    const path = join(allowed, 'noise.png');
    writeFileSync(path, await noise(800, 800).png().toBuffer());
    const { client, sandbox } = await connect({ inputDirs: [allowed], httpLimits: { headers: 300 } });
    // undici looks at its clocks about once a second.
    const slow = new Promise((resolve) => setTimeout(resolve, 2_500));
    sandbox.inject({ on: 'submit', what: { hold: slow } });
    const result = await client.callTool(call(path));
    expect(result.structuredContent).toMatchObject({ status: 'succeeded' });
  });
});

describe('a path that cannot go out', () => {
  const OUTSIDE = 'is outside of the allowed folders ';
  const LINK = 'is a link that leads out of the allowed folders';
  const WHY: Record<string, string> = {
    'outside of the folder': OUTSIDE,
    'outside, and not there': OUTSIDE,
    'by way of ..': OUTSIDE,
    'the folder itself': 'is not a file',
    'a folder below': 'is not a file',
    'that is not there': 'does not exist',
    'a link to a file outside': LINK,
    'through a folder that is a link': LINK,
    'a text with the name of an image': 'cannot be sent, as it is not a PNG, JPEG, WebP, GIF or AVIF',
    'an SVG': 'cannot be sent, as it is an SVG drawing, which may hold scripts',
    'an empty file': 'cannot be sent, as it is empty',
    'a pipe, which nobody writes to': 'is not a file',
    'a large image that is damaged': 'cannot be sent, as it is damaged and cannot be decoded',
    'a zero byte': 'cannot be read (ERR_INVALID_ARG_VALUE)',
  };
  type Places = Awaited<ReturnType<typeof folders>>;
  const CASES: [what: string, path: (places: Places) => string | Promise<string>][] = [
    ['outside of the folder', ({ outside }) => join(outside, 'dog.png')],
    ['outside, and not there', ({ outside }) => join(outside, 'nothing.png')],
    ['by way of ..', ({ allowed }) => `${allowed}/../allowed-not/dog.png`],
    ['the folder itself', ({ allowed }) => allowed],
    ['a folder below', ({ allowed }) => join(allowed, 'deep')],
    ['that is not there', ({ allowed }) => join(allowed, 'nothing.png')],
    [
      'a link to a file outside',
      ({ allowed, outside }) => {
        symlinkSync(join(outside, 'dog.png'), join(allowed, 'link.png'));
        return join(allowed, 'link.png');
      },
    ],
    [
      'through a folder that is a link',
      ({ allowed, outside }) => {
        symlinkSync(outside, join(allowed, 'door'));
        return join(allowed, 'door', 'dog.png');
      },
    ],
    [
      'a text with the name of an image',
      ({ allowed }) => {
        writeFileSync(join(allowed, 'text.png'), SECRET);
        return join(allowed, 'text.png');
      },
    ],
    [
      'an SVG',
      ({ allowed }) => {
        writeFileSync(join(allowed, 'a.svg'), '<svg xmlns="http://www.w3.org/2000/svg"/>');
        return join(allowed, 'a.svg');
      },
    ],
    [
      'an empty file',
      ({ allowed }) => {
        writeFileSync(join(allowed, 'empty.png'), '');
        return join(allowed, 'empty.png');
      },
    ],
    [
      'a pipe, which nobody writes to',
      ({ allowed }) => {
        execFileSync('mkfifo', [join(allowed, 'pipe.png')]);
        return join(allowed, 'pipe.png');
      },
    ],
    [
      'a large image that is damaged',
      ({ allowed }) => {
        writeFileSync(
          join(allowed, 'broken.png'),
          Buffer.concat([Buffer.from('\x89PNG\r\n\x1a\n', 'latin1'), Buffer.alloc(7 * MIB)]),
        );
        return join(allowed, 'broken.png');
      },
    ],
    ['a zero byte', ({ allowed }) => `${allowed}/a\0.png`],
    ['a file URL of another machine', () => 'file://server/share/cat.png'],
    ['a relative path', () => 'pictures/cat.png'],
    ['a data: URI', () => `data:image/png;base64,${'A'.repeat(500)}`],
  ];

  const told = (result: Parameters<typeof textOf>[0], { base }: Places) =>
    textOf(result).replaceAll(`${base}/`, '/base/');

  it.each(CASES)('%s', async (_, path) => {
    const places = await folders();
    const { client, sandbox, log } = await connect({ inputDirs: [places.allowed], outputDir: places.output });
    const result = await client.callTool(call(await path(places)));
    expect(result.isError).toBe(true);
    expect(told(result, places)).toMatchSnapshot();
    expect(textOf(result) + log.join('')).not.toContain(SECRET);
    expect(sandbox.requests).toEqual([]);
  });

  const ALLOWING: [how: string, allow: (places: Places) => ReturnType<typeof connect>][] = [
    ['--input-dir', ({ allowed, base }) => connect({ inputDirs: [allowed], homeDir: base })],
    ['the output folder', ({ allowed, base }) => connect({ outputDir: allowed, homeDir: base })],
    ['a root of the client', ({ allowed, base }) => connectWithRoots([allowed], { homeDir: base })],
  ];
  const NAMES: [how: string, name: (path: string, places: Places) => string][] = [
    ['its path', (path) => path],
    ['from the home folder', (path, { base }) => path.replace(base, '~')],
    [
      'relative to the folder',
      (path, { allowed, base }) =>
        path === allowed ? '.' : path.replace(`${allowed}/`, '').replace(base, '..'),
    ],
  ];

  it.each(ALLOWING.flatMap(([where, allow]) => NAMES.map(([how, name]) => ({ where, allow, how, name }))))(
    'in $where, named by $how',
    async ({ allow, name }) => {
      for (const [what, path] of CASES) {
        const places = await folders();
        const given = await path(places);
        if (!given.startsWith(places.base)) continue;
        const { client, sandbox, log } = await allow(places);
        const result = await client.callTool(call(name(given, places)));
        expect(result.isError, what).toBe(true);
        expect(textOf(result), what).toContain(`image_urls[0] ${WHY[what]}`);
        expect(textOf(result) + log.join('')).not.toContain(SECRET);
        expect(sandbox.requests).toEqual([]);
      }
    },
  );

  it('any, without --input-dir', async () => {
    const { cat, base, output } = await folders();
    const { client } = await connect({ outputDir: output });
    const result = await client.callTool(call(cat));
    expect(textOf(result).replaceAll(base, '/base')).toMatchSnapshot();
  });

  it('too many large ones for one request', async () => {
    const { allowed } = await folders();
    const path = join(allowed, 'noise.png');
    writeFileSync(path, await noise(1_420, 1_420).png({ compressionLevel: 0 }).toBuffer());
    const { client, sandbox } = await connect({ inputDirs: [allowed] });
    const result = await client.callTool(call(...Array.from({ length: 9 }, () => path)));
    expect(textOf(result)).toMatchSnapshot();
    expect(sandbox.requests).toEqual([]);
  });
});
