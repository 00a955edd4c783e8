import { randomBytes } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accountOf, type Config } from '../../src/config/config.ts';
import { createPictureLinks, LINK_LIFE } from '../../src/service/picture-links.ts';
import { accountDir } from '../../src/stores/file/names.ts';
import { CALL } from '../support/calls.ts';
import { freshDataDir, testClock, textOf } from '../support/program.ts';
import { connectHttp, serve } from '../support/service.ts';

const KEEP = { keepImagesBytes: 2e9 };

const libraryOf = (config: Config) => join(accountDir(config.dataDir, accountOf(config)), 'library');
/** The library without the thumbnails. */
const originals = (config: Config) => readdirSync(libraryOf(config)).filter((name) => name.endsWith('.png'));

interface Image {
  handle: string;
  url: string;
  copy_url: string;
  copy_expires_at: string;
}

/** A server that keeps pictures, and the first of them as its answer tells of it. */
async function kept(given: Parameters<typeof serve>[0] = {}) {
  const service = await serve({ ...KEEP, ...given });
  const client = await connectHttp(service.url);
  const result = await client.callTool(CALL);
  const [image] = (result.structuredContent as { images: Image[] }).images as [Image];
  return { ...service, client, text: textOf(result), image, link: image.copy_url };
}

const NOT_VALID = [404, 'This link is not valid, or has ended.\n'];
const answer = async (url: string, init?: RequestInit) => {
  const response = await fetch(url, init);
  return [response.status, await response.text()];
};

describe('a kept picture', () => {
  it.each(['off', 'small'] as const)(
    'is linked beside RunComfy’s URL in the first answer (previews: %s)',
    async (preview) => {
      const { image, text, clock, config, url } = await kept({ preview });
      expect(image.copy_url.startsWith(`${new URL(url).origin}/pictures/`)).toBe(true);
      expect(text).toContain(image.url);
      const end = image.copy_expires_at.slice(0, 16).replace('T', ' ');
      expect(text).toContain(`Copy here, until ${end} UTC, for whoever has the link: ${image.copy_url}`);
      const left = Date.parse(image.copy_expires_at) - clock.now();
      expect(left).toBeLessThanOrEqual(LINK_LIFE);
      expect(left).toBeGreaterThan(LINK_LIFE - 60_000);

      const response = await fetch(image.copy_url);
      const [name = ''] = originals(config);
      expect(Buffer.from(await response.arrayBuffer())).toEqual(readFileSync(join(libraryOf(config), name)));
      expect(Object.fromEntries(response.headers)).toMatchObject({
        'content-type': 'image/png',
        'content-disposition': `inline; filename="${name.slice(0, 16)}.png"`,
        'x-content-type-options': 'nosniff',
        'content-security-policy': "default-src 'none'; sandbox",
        'referrer-policy': 'no-referrer',
        'cache-control': expect.stringMatching(/^private, max-age=86\d\d\d, immutable$/),
      });
      const head = await fetch(image.copy_url, { method: 'HEAD' });
      expect(head.headers.get('content-length')).toBe(response.headers.get('content-length'));
    },
  );

  it('of a batch is linked too, and a note says how long', async () => {
    const { url } = await serve(KEEP);
    const client = await connectHttp(url);
    const jobs = [{ model: CALL.name, input: CALL.arguments, count: 2 }];
    const result = await client.callTool({ name: 'make_images', arguments: { jobs } });
    const { images } = result.structuredContent as { images: Image[] };
    for (const { copy_url } of images) {
      expect(textOf(result)).toContain(` copy ${copy_url}`);
      expect((await fetch(copy_url)).status).toBe(200);
    }
    expect(textOf(result)).toMatch(
      /^Copies: until \d{4}-\d\d-\d\d \d\d:\d\d UTC, for whoever has the link\.$/m,
    );
  });

  it('is not linked unless the operator asked for a library', async () => {
    const { image, text, config } = await kept({ keepImagesBytes: 0 });
    expect(image).not.toHaveProperty('copy_url');
    expect(text).not.toContain('/pictures/');
    expect(() => readdirSync(libraryOf(config))).toThrow('ENOENT');
  });

  it('begins with the public URL', async () => {
    const { link } = await kept({ http: { publicUrl: 'https://pictures.example.com' } });
    expect(link).toMatch(/^https:\/\/pictures\.example\.com\/pictures\//);
  });

  it('is sent to RunComfy itself when its link there has died', async () => {
    const { client, image, sandbox } = await kept();
    sandbox.inject({ on: 'output', times: Number.POSITIVE_INFINITY, what: { status: 404, body: '' } });
    const edit = { prompt: 'in snow', image_urls: [image.handle] };
    await client.callTool({ name: 'gpt_image_1_5_image_to_image', arguments: edit });
    const [, second] = sandbox.requests.filter(({ route }) => route === 'submit');
    expect(JSON.stringify(second?.body)).toContain('data:image/png;base64,');
  });
});

describe('a link', () => {
  it('ends', async () => {
    const { link, clock, client, image } = await kept();
    await clock.sleep(Date.parse(image.copy_expires_at) - clock.now() - 1);
    expect((await fetch(link)).status).toBe(200);
    await clock.sleep(1);
    expect(await answer(link)).toEqual(NOT_VALID);
    const again = await client.callTool({
      name: 'get_image_job',
      arguments: { request_id: image.handle.slice(4, -2) },
    });
    const [renewed] = (again.structuredContent as { images: Image[] }).images;
    expect((await fetch(renewed?.copy_url ?? '')).status).toBe(200);
  });

  it('counts only as it was signed', async () => {
    const { link, config } = await kept();
    const { origin, pathname } = new URL(link);
    const [, token = '', extension = ''] = /^\/pictures\/(.*)\.(.*)$/.exec(pathname) ?? [];
    for (let bit = 0; bit < Buffer.from(token, 'base64url').length; bit++) {
      const bytes = Buffer.from(token, 'base64url');
      bytes[bit] = (bytes[bit] as number) ^ 1;
      expect(
        await answer(`${origin}/pictures/${bytes.toString('base64url')}.${extension}`),
        `byte ${bit}`,
      ).toEqual(NOT_VALID);
    }
    const [name = ''] = originals(config);
    for (const path of [
      `${token}.jpg`,
      `${token}.PNG`,
      `${token}.exe`,
      token,
      `${token}=.png`,
      `${token}A.png`,
      `x/../${token}.png/`,
      `%2e%2e%2f${token}.png`,
      '..%2f..%2fetc%2fpasswd',
      name,
      '',
    ])
      expect(await answer(`${origin}/pictures/${path}`), path).toEqual(NOT_VALID);
  });

  it('counts after a restart with the same keys, and no longer with others', async () => {
    const sessionKeyFile = join(freshDataDir(), '../keys');
    const old = randomBytes(32).toString('base64');
    writeFileSync(sessionKeyFile, old, { mode: 0o600 });
    chmodSync(sessionKeyFile, 0o600);
    const { link, config, sandbox, close } = await kept({ http: { sessionKeyFile } });
    await close();
    const again = { ...KEEP, dataDir: config.dataDir, sandbox };
    const at = (url: string) => link.replace(new URL(link).origin, new URL(url).origin);
    const next = await serve({ ...again, http: { sessionKeyFile } });
    expect((await fetch(at(next.url))).status).toBe(200);
    writeFileSync(sessionKeyFile, `${randomBytes(32).toString('base64')}\n${old}`);
    const rotated = await serve({ ...again, http: { sessionKeyFile } });
    expect((await fetch(at(rotated.url))).status).toBe(200);
    const other = await serve(again);
    expect(await answer(at(other.url))).toEqual(NOT_VALID);
  });

  it.each([
    ['gone', (path: string) => rmSync(path)],
    ['damaged', (path: string) => writeFileSync(path, 'something else')],
    [
      'a folder',
      (path: string) => {
        rmSync(path);
        mkdirSync(path);
      },
    ],
  ])('to a file that is %s says so', async (_, spoil) => {
    const { link, config } = await kept();
    const [name = ''] = originals(config);
    spoil(join(libraryOf(config), name));
    expect(await answer(link)).toEqual([410, 'This picture is no longer kept.\n']);
  });

  it('is for fetching only, under a name of the server’s', async () => {
    const { link } = await kept();
    for (const method of ['POST', 'PUT', 'DELETE']) expect((await answer(link, { method }))[0]).toBe(405);
    const { port, pathname: path } = new URL(link);
    const status = await new Promise((resolve) =>
      request({ port, path, headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end(),
    );
    expect(status).toBe(403);
  });
});

describe('what a link says', () => {
  it('is none of another account’s, and no session id', () => {
    const clock = testClock();
    const links = createPictureLinks({ keys: [randomBytes(32)], clock });
    const picture = { sha256: 'ab'.repeat(32), type: 'image/png' };
    const paths = ['blue', 'red'].map((tenant) => {
      const { url } = links.linkTo({ tenant, api: 'https://api.example' }, 'https://a.example')(picture);
      return new URL(url).pathname;
    });
    const [blue, red] = paths.map((path) => links.read(path));
    expect(blue?.kept).toEqual(picture);
    expect(blue?.digest).not.toBe(red?.digest);
    expect(JSON.stringify(paths)).not.toContain('blue');
  });
});
