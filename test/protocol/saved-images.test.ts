import {
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { plain } from '../support/images.ts';
import { connect, freshDataDir, textOf } from '../support/program.ts';
import { startUpstream } from '../support/upstream.ts';

const CALL = { name: 'gpt_image_2_text_to_image', arguments: { prompt: 'A red fox, in snow' } };

const images = (result: { structuredContent?: unknown }) =>
  (result.structuredContent as { images: { url: string; path?: string; bytes?: number }[] }).images;

/** A connected program on an upstream whose every job makes these files. */
async function connectTo(files: Buffer[], given: Parameters<typeof connect>[0] = {}, fetched: string[] = []) {
  const paths = files.map((_, index) => `/made/..%2f..%2f${index}.gif`);
  const upstream = await startUpstream(
    paths,
    Object.fromEntries(
      paths.map((path, index) => [
        path,
        ({ url = '' }, response) => {
          fetched.push(url);
          response
            .writeHead(200, { 'content-disposition': 'attachment; filename="../../evil.sh"' })
            .end(files[index]);
        },
      ]),
    ),
  );
  return connect({ baseUrl: upstream.origin, ...given });
}

describe('with an output directory', () => {
  it('every success is saved under a name that tells what it is, with a sidecar', async () => {
    const { client, sandbox, config } = await connect({ autoSave: true, sidecar: true });
    const result = await client.callTool(CALL);
    const { id = '' } = sandbox.engine.jobs[0] ?? {};
    const [image] = images(result);
    const name = readdirSync(config.outputDir).find((entry) => entry.endsWith('.png')) ?? '';
    expect(name).toMatch(/^\d{4}-\d\d-\d\d-a-red-fox-in-snow\.png$/);
    expect(image?.path).toBe(join(config.outputDir, name));
    expect(textOf(result)).toContain(`Saved as ${image?.path}`);
    expect(textOf(result)).not.toContain('temporary');
    const original = Buffer.from(await (await fetch(image?.url ?? '')).arrayBuffer());
    expect(readFileSync(image?.path ?? '').equals(original)).toBe(true);
    expect(image?.bytes).toBe(original.length);
    expect(JSON.parse(readFileSync(`${image?.path}.json`, 'utf8'))).toMatchObject({
      request_id: id,
      model: 'openai/gpt-image-2/text-to-image',
      input: CALL.arguments,
      url: image?.url,
      type: 'image/png',
      width: 1024,
      height: 1024,
      sha256: expect.stringMatching(/^[0-9a-f]{64}$/),
    });
    expect(readdirSync(config.outputDir)).toHaveLength(2);
  });

  it('several images are numbered, get their true extension, and are fetched once for preview and file', async () => {
    const files = await Promise.all([
      plain(40, 30).png().toBuffer(),
      plain(40, 30).jpeg().toBuffer(),
      plain(40, 30).webp().toBuffer(),
    ]);
    const fetched: string[] = [];
    const { client, config } = await connectTo(files, { autoSave: true, preview: 'small' }, fetched);
    const result = await client.callTool(CALL);
    const names = images(result).map(({ path = '' }) => path.slice(config.outputDir.length + 1));
    expect(names.map((name) => name.slice('2026-01-01-'.length))).toEqual([
      'a-red-fox-in-snow-1.png',
      'a-red-fox-in-snow-2.jpg',
      'a-red-fox-in-snow-3.webp',
    ]);
    for (const [index, name] of names.entries())
      expect(readFileSync(join(config.outputDir, name)).equals(files[index] as Buffer)).toBe(true);
    expect(fetched).toHaveLength(3);
    expect((result.content as { type: string }[]).filter(({ type }) => type === 'image')).toHaveLength(3);
    expect(readdirSync(config.outputDir)).toHaveLength(3);
  });

  it('the same image again is the file that is there, and another of its name stands beside it', async () => {
    const { client, sandbox, config } = await connect({ autoSave: true });
    const first = await client.callTool(CALL);
    const request_id = sandbox.engine.jobs[0]?.id;
    const again = await client.callTool({ name: 'get_image_job', arguments: { request_id } });
    expect(images(again)).toMatchObject([{ path: images(first)[0]?.path }]);
    expect(readdirSync(config.outputDir)).toHaveLength(1);
    const path = images(first)[0]?.path ?? '';
    writeFileSync(path, 'something of the user');
    const third = await client.callTool({ name: 'get_image_job', arguments: { request_id } });
    expect(images(third)[0]?.path).toBe(path.replace('.png', '_2.png'));
    expect(readFileSync(path, 'utf8')).toBe('something of the user');
  });

  it('a folder that cannot be written fails no call', async () => {
    const { client } = await connect({ autoSave: true, outputDir: '/dev/null/images', preview: 'small' });
    const result = await client.callTool(CALL);
    expect(result.isError).toBeUndefined();
    expect(result.structuredContent).toMatchObject({
      status: 'succeeded',
      notes: ['The image is not saved, as the output folder /dev/null/images cannot be written (ENOTDIR).'],
    });
    expect(textOf(result)).toContain(images(result)[0]?.url);
    expect((result.content as { type: string }[]).map(({ type }) => type)).toContain('image');
  });

  it('that is a link is the folder where it leads, and what lies there is not fetched again', async () => {
    const outputDir = freshDataDir();
    mkdirSync(`${outputDir}-real`, { recursive: true });
    symlinkSync(`${outputDir}-real`, outputDir);
    const fetched: string[] = [];
    const file = await plain(40, 30).png().toBuffer();
    const { client } = await connectTo([file], { autoSave: true, outputDir }, fetched);
    const first = images(await client.callTool(CALL))[0]?.path ?? '';
    expect(dirname(first)).toBe(realpathSync(outputDir));
    const get = { name: 'get_image_job', arguments: { request_id: 'up_1' } };
    expect(images(await client.callTool(get))[0]?.path).toBe(first);
    expect(fetched).toHaveLength(1);
  });

  it('what a dead process left is swept away, and nothing else', async () => {
    const { client, config } = await connect({ autoSave: true });
    mkdirSync(config.outputDir, { recursive: true });
    const [old, fresh, foreign] = [
      '.00000000-0000-4000-8000-000000000000.part',
      '.00000000-0000-4000-8000-000000000001.part',
      '.mine.part',
    ].map((name) => join(config.outputDir, name)) as [string, string, string];
    for (const path of [old, fresh, foreign]) writeFileSync(path, '');
    for (const path of [old, foreign]) utimesSync(path, 0, 0);
    await client.callTool(CALL);
    const left = readdirSync(config.outputDir).filter((name) => name.endsWith('.part'));
    expect(left.map((name) => join(config.outputDir, name)).sort()).toEqual([fresh, foreign].sort());
  });
});
