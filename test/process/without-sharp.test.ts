import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../src/sandbox/server.ts';
import { readRecords } from '../support/books.ts';
import { startHost } from '../support/host.ts';
import { noise, plain } from '../support/images.ts';
import { MAIN } from '../support/process.ts';
import { freshDataDir, KEY } from '../support/program.ts';

/** A copy of the bundle in a folder whose packages are all there, but for sharp. */
function bundleWithoutSharp(): string {
  const folder = mkdtempSync(join(process.env.TEST_SCRATCH ?? tmpdir(), 'without-sharp-'));
  cpSync(dirname(MAIN), join(folder, 'dist'), { recursive: true });
  writeFileSync(join(folder, 'package.json'), '{"type":"module"}');
  const packages = join(import.meta.dirname, '../../node_modules');
  mkdirSync(join(folder, 'node_modules'));
  for (const name of readdirSync(packages).filter((entry) => entry !== 'sharp' && entry !== '@img'))
    symlinkSync(join(packages, name), join(folder, 'node_modules', name));
  return join(folder, 'dist/main.js');
}

async function startWithoutSharp(args: string[] = []) {
  const sandbox = await startSandbox({ key: KEY, pace: 0.1 });
  onTestFinished(() => sandbox.close());
  const dataDir = freshDataDir();
  const host = await startHost({
    baseUrl: sandbox.origin,
    dataDir,
    main: bundleWithoutSharp(),
    args: ['--preview', 'small', ...args],
  });
  return { sandbox, host, dataDir };
}

const TOOL = 'gpt_4o_image_text_to_image';

describe('without sharp', () => {
  it('everything but previews works, and the result says what to install', async () => {
    const outputDir = freshDataDir();
    const { host } = await startWithoutSharp(['--output-dir', outputDir]);
    const { text, isError, data } = await host.call(TOOL, { prompt: 'a fox' });
    expect(isError).toBe(false);
    expect(data.notes).toMatchInlineSnapshot(`
      [
        "The image is not shown, as sharp is not installed: "npm install sharp" in the folder of runcomfy-image-mcp adds it, --preview off ends this note.",
      ]
    `);
    expect(text).toContain((data.notes as string[])[0]);
    const [image] = data.images as { path: string; type: string; bytes: number; width?: number }[];
    expect(image).toMatchObject({ type: 'image/png', bytes: readFileSync(image?.path ?? '').length });
    expect(image).not.toHaveProperty('width');
    const fox = { model: TOOL, input: { prompt: 'a fox' }, count: 2 };
    const several = await host.call('make_images', { jobs: [fox] });
    expect(several.data).toMatchObject({
      images: [{ path: expect.any(String) }, { path: expect.any(String) }],
      notes: [expect.stringMatching(/^Not shown, as sharp is not installed: .*: 1-2\.$/)],
    });
  });

  it('originals are kept, without a thumbnail', async () => {
    const { host, sandbox, dataDir } = await startWithoutSharp();
    const { data } = await host.call(TOOL, { prompt: 'a fox' });
    const recorded = () => readRecords(dataDir)[0]?.originals;
    await expect.poll(recorded).toMatchObject([{ type: 'image/png' }]);
    expect(recorded()?.[0]).not.toHaveProperty('thumbnail');
    await sandbox.close();
    const got = await host.call('get_image_job', { request_id: data.request_id });
    expect(got.data).toMatchObject({ images: [{ kept: true, type: 'image/png' }] });
  });

  it('a picture is saved as it is, and what would convert it is named', async () => {
    const { host } = await startWithoutSharp(['--output-dir', freshDataDir()]);
    const { data } = await host.call(TOOL, { prompt: 'a fox' });
    const images = [`job:${data.request_id}`];
    const asItIs = await host.call('save_images', { images, format: 'png' });
    expect(asItIs.data.images).toMatchObject([{ type: 'image/png' }]);
    const { text, isError } = await host.call('save_images', { images, names: ['a.jpg'] });
    expect(isError).toBe(true);
    expect(text.replaceAll(data.request_id as string, 'ID')).toMatchInlineSnapshot(
      `"Nothing was saved: job:ID#1, as it would have to be converted, and sharp is not installed: "npm install sharp" in the folder of runcomfy-image-mcp adds it. Leave format and max_width out, and the extension out of its name. [not_saved]"`,
    );
    expect((await host.call('save_images', { images, max_width: 9 })).isError).toBe(true);
  });

  it('a local image goes out as it is, or is refused with what to install', async () => {
    const inputDir = mkdtempSync(join(process.env.TEST_SCRATCH ?? tmpdir(), 'input-'));
    const [small, large] = [join(inputDir, 'small.png'), join(inputDir, 'large.png')];
    writeFileSync(small, await plain(30, 20).png().toBuffer());
    writeFileSync(large, await noise(1_700, 1_700).png({ compressionLevel: 0 }).toBuffer());
    const { host, sandbox } = await startWithoutSharp(['--input-dir', inputDir]);
    const edit = (path: string) =>
      host.call('gpt_image_1_5_image_to_image', { prompt: 'a fox', quality: 'low', image_urls: [path] });
    expect((await edit(small)).data).toMatchObject({ status: 'succeeded' });
    const sent = (sandbox.engine.jobs[0]?.input.image_urls ?? []) as string[];
    expect(sent).toEqual([`data:image/png;base64,${readFileSync(small, 'base64')}`]);
    const refused = await edit(large);
    expect(refused.isError).toBe(true);
    expect(refused.text.replace(inputDir, '/base')).toMatchInlineSnapshot(
      `"image_urls[0] cannot be sent, as it is not a PNG, JPEG or WebP of at most 6 MiB, and sharp, which would convert it, is not installed ("npm install sharp"): "/base/large.png". Give another image. Nothing was charged for this call. [invalid_input]"`,
    );
  });
});
