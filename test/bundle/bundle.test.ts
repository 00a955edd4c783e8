import { cpSync, mkdirSync, readdirSync, readFileSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { NAME } from '../../src/version.ts';
import type { Answered } from '../support/host.ts';
import { plain } from '../support/images.ts';
import { TOOL_COUNT } from '../support/tools.ts';
import {
  type Desktop,
  filesIn,
  hasRegistry,
  installDesktop,
  makeBundle,
  scratch,
  unpack,
} from './desktop.ts';

const ROOT = join(import.meta.dirname, '../..');
const BUNDLE = join(ROOT, 'build', `${NAME}.mcpb`);
const TOOL = 'gpt_image_1_5_text_to_image';
const PICTURE = { prompt: 'a fox', quality: 'low' };

type Session = Awaited<ReturnType<Desktop['start']>>;

/** That a job made a picture which the model sees; on a busy machine the first answer does not wait for that. */
async function expectShown(call: Session['call'], { isError, text, data }: Answered): Promise<void> {
  expect(isError, text).toBe(false);
  const { request_id } = data;
  await expect
    .poll(async () => (await call('get_image_job', { request_id, preview: true })).types)
    .toEqual(['text', 'image']);
}

describe.skipIf(!hasRegistry())('the bundle for Claude Desktop', () => {
  let printed: string;
  let folder: string;
  let desktop: Desktop;
  beforeAll(async () => {
    printed = makeBundle(ROOT);
    folder = unpack(BUNDLE);
    desktop = await installDesktop();
  });

  it('is valid', () => {
    const { status, stdout, stderr } = desktop.validate(folder);
    expect(`${stdout}${stderr}`).toContain('Manifest schema validation passes');
    expect(status).toBe(0);
  });

  it('holds one sharp for all platforms, its licences, and nothing that only builds read', () => {
    const names = filesIn(folder);
    expect(readdirSync(join(folder, 'server/node_modules/@img')).sort()).toEqual([
      'colour',
      'sharp-wasm32',
      'sharp-webcontainers-wasm32',
    ]);
    expect(names.filter((name) => /\.(node|dll|dylib|so)(\.\d+)*$/.test(name))).toEqual([]);
    expect(
      names.filter((name) => /\.(map|[cm]?ts|cc|h|mjs)$|\/\.|\.es6\.|\.esm-|\.iife\./.test(name)),
    ).toEqual([]);
    const packages = names.filter((name) => /node_modules\/(@[\w-]+\/)?[\w.-]+\/package\.json$/.test(name));
    expect(packages.length).toBeGreaterThan(6);
    for (const path of packages) {
      const inside = readdirSync(join(folder, path, '..')).join('\n');
      expect(inside, path).toMatch(/^licen[cs]e/im);
    }
    expect(readFileSync(join(folder, 'server/node_modules/@img/sharp-wasm32/README.md'), 'utf8')).toContain(
      'LGPLv3',
    );
    for (const name of ['LICENSE', 'icon.png', 'server/LICENCES.txt']) expect(names).toContain(name);
  });

  it('holds no code of ours that starts a process', () => {
    const ours = filesIn(folder).filter((name) => /^server\/[^/]+\.js$/.test(name));
    expect(ours).toContain('server/app.js');
    const holds = (name: string) => readFileSync(join(folder, name), 'utf8').includes('child_process');
    expect(ours.filter(holds)).toEqual([]);
  });

  it('is at most 4.5 MB', () => {
    const { size } = statSync(BUNDLE);
    expect(size).toBeLessThanOrEqual(4_500_000);
    expect(printed).toContain(`${size} bytes`);
  });

  it.skipIf(process.platform === 'win32')('has the same hash from another folder, mask and time zone', () => {
    const copy = join(scratch('another'), 'rübe');
    mkdirSync(copy);
    for (const name of [
      'src',
      'scripts',
      'skills',
      'package.json',
      'package-lock.json',
      'tsconfig.json',
      'LICENSE',
    ])
      cpSync(join(ROOT, name), join(copy, name), { recursive: true });
    cpSync(join(ROOT, 'docs/icon.png'), join(copy, 'docs/icon.png'));
    symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
    expect(makeBundle(copy, { UMASK: '077', TZ: 'Pacific/Kiritimati', LC_ALL: 'C' })).toBe(printed);
  });

  it('works with every option set', async () => {
    const [output_dir, input_dir] = [join(scratch('output'), 'Bilder 图'), scratch('input')];
    writeFileSync(join(input_dir, 'mine.png'), await plain(30, 20).png().toBuffer());
    const { client, call, said } = await desktop.start(folder, {
      api_key: 'a-key-0123456789',
      output_dir,
      input_dir,
      budget_usd: 0.5,
      sandbox: true,
      models: 'openai/gpt-image-1-5/*',
    });
    const names = (await client.listTools()).tools.map(({ name }) => name);
    expect(names).toContain('gpt_image_1_5_image_to_image');
    expect(names).not.toContain('gpt_4o_image_text_to_image');
    await expectShown(call, await call(TOOL, PICTURE));
    expect(readdirSync(output_dir)).toHaveLength(1);
    await expectShown(
      call,
      await call('gpt_image_1_5_image_to_image', { ...PICTURE, image_urls: ['mine.png'] }),
    );
    const refused = await call(TOOL, { ...PICTURE, prompt: 'a hen' });
    expect(refused).toMatchObject({ isError: true, text: expect.stringContaining('budget') });
    expect(said()).toBe('');
  });

  it('makes and shows a picture with the sandbox alone, and writes nowhere but into the data folder', async () => {
    const { call, home, env } = await desktop.start(folder, { sandbox: true });
    expect(env.RUNCOMFY_OUTPUT_DIR).toBe('${user_config.output_dir}');
    await expectShown(call, await call(TOOL, PICTURE));
    expect(filesIn(home).filter((name) => /\$|user_config|Pictures/.test(name))).toEqual([]);
  });

  it('starts and lists its tools with no option set, and says what a call lacks', async () => {
    const { client, call, env, said } = await desktop.start(folder, {});
    const unset = Object.values(env).filter((value) => value.includes('${user_config.'));
    expect(unset).toHaveLength(5);
    const manifest = JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'));
    const { tools } = await client.listTools();
    expect(tools.map(({ name, title }) => ({ name, description: title }))).toEqual(manifest.tools);
    expect((await client.listPrompts()).prompts).not.toEqual([]);
    const { text, isError } = await call(TOOL, PICTURE);
    expect(isError).toBe(true);
    expect(text).toContain('RUNCOMFY_API_KEY holds a literal ${…} that the client did not expand');
    expect(said()).toContain('treated as not set');
  });

  it('starts when options were cleared again', async () => {
    const cleared = { api_key: '', output_dir: null, budget_usd: null, models: undefined };
    const { client, env } = await desktop.start(folder, cleared);
    expect([env.RUNCOMFY_BUDGET_USD, env.RUNCOMFY_MODELS]).toEqual(['null', 'undefined']);
    expect((await client.listTools()).tools).toHaveLength(TOOL_COUNT);
  });
});
