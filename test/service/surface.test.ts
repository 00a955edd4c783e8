import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Config } from '../../src/config/config.ts';
import { CALL } from '../support/calls.ts';
import { expectPortable } from '../support/portable.ts';
import { freshDataDir, textOf } from '../support/program.ts';
import { CLIENTS, connectHttp, serve } from '../support/service.ts';
import { SHOWS_VIEWS } from '../support/view.ts';

const STDIO = join(import.meta.dirname, '../protocol/__snapshots__/tools');
const EDIT = 'gpt_image_1_5_image_to_image';

async function connected(given: Parameters<typeof serve>[0] = {}) {
  const service = await serve(given);
  return { ...service, client: await connectHttp(service.url) };
}

/** What an operator says to have pictures saved, and to let images of the server be sent. */
const disk = (): Pick<Config, 'autoSave' | 'outputDir' | 'inputDirs'> => ({
  autoSave: true,
  outputDir: freshDataDir(),
  inputDirs: [pictures()],
});

/** A folder with a picture. */
function pictures(): string {
  const dir = freshDataDir();
  mkdirSync(dir);
  writeFileSync(join(dir, 'fox.png'), PNG);
  return dir;
}

// A PNG of one pixel.
const PNG = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);

const lines = (json: unknown): string[] => JSON.stringify(json, null, 2).split('\n');

/** What a client is told that one over stdio is not. */
async function told({ client }: Awaited<ReturnType<typeof connected>>) {
  const { tools } = await client.listTools();
  const names = tools.map(({ name }) => name);
  for (const tool of tools) expectPortable(tool);
  const others = tools.flatMap((tool) => {
    const stdio = new Set(readFileSync(join(STDIO, `${tool.name}.json`), 'utf8').split('\n'));
    return lines(tool).flatMap((line) => (stdio.has(line) ? [] : `${tool.name}: ${line.trim()}`));
  });
  const left = readdirSync(STDIO).filter((file) => !names.includes(file.replace('.json', '')));
  const { prompts } = await client.listPrompts();
  const texts = await Promise.all(
    prompts.map(({ name }) => client.getPrompt({ name, arguments: { idea: 'a fox' } })),
  );
  const all = JSON.stringify([tools, client.getInstructions(), prompts, texts]);
  return { others, left, instructions: client.getInstructions(), prompts, all };
}

const SKILLS = join(import.meta.dirname, '../../skills');

/** The lines of the skills that a client over stdio is not given. */
async function skills(given: Parameters<typeof serve>[0] = {}): Promise<string[]> {
  const { client } = await connected(given);
  const found = [];
  for (const name of readdirSync(SKILLS)) {
    const stdio = new Set(readFileSync(join(SKILLS, name, 'SKILL.md'), 'utf8').split('\n'));
    const { messages } = await client.getPrompt({ name, arguments: { idea: 'a fox' } });
    const { text = '' } = (messages[0]?.content ?? {}) as { text?: string };
    const [skill = ''] = text.split('\n---\n');
    found.push(...skill.split('\n').filter((line) => !stdio.has(line)));
  }
  return found;
}

describe('the words over HTTP', () => {
  it('without a folder of the operator’s tell of no file, no `last` and no machine', async () => {
    const { others, left, instructions, prompts, all } = await told(await connected());
    expect({ left, instructions, others, prompts: lines(prompts) }).toMatchSnapshot();
    expect(await skills()).toMatchSnapshot('what the skills say otherwise');
    expect(all).not.toMatch(/\blast\b(?! resort)|this machine|save_images|\bpaths?\b|folder|local file/i);
  });

  it('with folders tell that these are the server’s', async () => {
    const { others, left, instructions, all } = await told(await connected(disk()));
    expect({ left, instructions, others }).toMatchSnapshot();
    expect(await skills(disk())).toMatchSnapshot('what the skills say otherwise');
    expect(all).not.toMatch(/\blast\b(?! resort)|this machine|local file/i);
    expect(all).toContain('save_images');
  });

  it('of a model of the catalogue tell no `last` either', async () => {
    const { client } = await connected({ models: ['bria/*'] });
    const found = await client.callTool({
      name: 'find_image_models',
      arguments: { model: 'bria/rmbg-2/background-removal' },
    });
    for (const text of [
      textOf(found),
      JSON.stringify(found.structuredContent),
      JSON.stringify(await client.listTools()),
    ]) {
      expect(text).toContain('A job:… handle or a public https URL.');
      expect(text).not.toMatch(/\blast\b/);
    }
  });

  it('of results tell to download rather than to save', async () => {
    const { client } = await connected();
    expect((await client.callTool(CALL)).structuredContent).toMatchObject({
      next: 'The links are temporary: download what is to stay.',
    });
    const batch = { name: 'make_images', arguments: { jobs: [{ model: CALL.name, input: CALL.arguments }] } };
    expect((await client.callTool(batch)).structuredContent).toMatchObject({
      next: 'The links are temporary: download what is to stay.',
    });
  });
});

describe('over HTTP', () => {
  it.each([
    '/etc/passwd',
    'fox.png',
    '~/fox.png',
    'file:///etc/passwd',
    'C:\\fox.png',
    'last',
    'data:image/png;base64,AAAA',
  ])('an image that is %s is refused in words that lead on, and nothing is paid', async (image) => {
    const { client, sandbox } = await connected();
    const input = { prompt: 'x', image_urls: [image] };
    for (const call of [
      { name: EDIT, arguments: input },
      { name: 'make_images', arguments: { jobs: [{ model: EDIT, input }] } },
    ]) {
      const result = await client.callTool(call);
      expect(result.isError).toBe(true);
      expect(textOf(result)).toMatch(/handle/);
      expect(textOf(result)).not.toMatch(/\/nonexistent|input-dir|no such file|ENOENT/i);
    }
    expect(sandbox.requests.filter(({ route }) => route === 'submit')).toEqual([]);
  });

  it('says what it reads instead of a file, and instead of last', async () => {
    const { client } = await connected();
    const edit = async (image: string) =>
      textOf(await client.callTool({ name: EDIT, arguments: { prompt: 'x', image_urls: [image] } }));
    expect(await edit('/etc/passwd')).toMatchInlineSnapshot(
      `"image_urls[0] is no URL, and this server reads no local files: "/etc/passwd". Give a public https URL, or the handle of an earlier picture (job:<request_id>#1). Nothing was charged for this call. [invalid_input]"`,
    );
    expect(await edit('last')).toMatchInlineSnapshot(
      `"image_urls[0] is last, which this server does not take. Give the handle of a picture, job:<request_id>#1: answers show them, and list_image_jobs finds earlier jobs. Nothing was charged for this call. [invalid_input]"`,
    );
  });

  it('nothing is saved, and there is no tool for it, unless the operator named a folder', async () => {
    const { client, config } = await connected();
    expect((await client.callTool(CALL)).structuredContent).not.toHaveProperty('images.0.path');
    const saving = client.callTool({ name: 'save_images', arguments: { images: ['job:a'] } });
    await expect(saving).rejects.toThrow('Tool save_images not found');
    expect(() => readdirSync(config.outputDir)).toThrow('ENOENT');
  });

  it('with folders of the operator’s, pictures are saved in one, and sent from both', async () => {
    const { client, config, sandbox } = await connected(disk());
    const made = (await client.callTool(CALL)).structuredContent as {
      images: { handle: string; path: string }[];
    };
    const path = made.images[0]?.path ?? '';
    expect(path.startsWith(config.outputDir)).toBe(true);
    const saved = await client.callTool({
      name: 'save_images',
      arguments: { images: [made.images[0]?.handle], folder: 'more', names: ['mine'] },
    });
    expect(saved.structuredContent).toMatchObject({
      images: [{ path: join(config.outputDir, 'more/mine.png') }],
    });
    for (const image of [path, 'fox.png'])
      expect(
        textOf(await client.callTool({ name: EDIT, arguments: { prompt: 'x', image_urls: [image] } })),
      ).toMatch(/^1 image/);
    const sent = sandbox.requests.flatMap(({ route, body }) =>
      route === 'submit' ? [JSON.stringify(body)] : [],
    );
    expect(sent.slice(-2).every((body) => body.includes('data:image/png;base64,'))).toBe(true);
  });

  it.each(CLIENTS)(
    'a client that shows pages gets the view, with RunComfy’s origins alone (%s)',
    async (kind) => {
      const { url } = await serve();
      const capabilities = SHOWS_VIEWS;
      const client = await connectHttp(url, kind, { capabilities });
      const { resources } = await client.listResources();
      expect(resources).toHaveLength(1);
      expect((await client.listTools()).tools.map(({ name }) => name)).toContain('peek_image_job');
      const { contents } = await client.readResource({ uri: resources[0]?.uri ?? '' });
      expect(contents[0]).toMatchObject({ mimeType: 'text/html;profile=mcp-app' });
      expect(JSON.stringify(contents[0]?._meta)).not.toContain(new URL(url).host);
      const plain = await connectHttp(url, kind);
      expect((await plain.listResources()).resources).toEqual([]);
      expect((await plain.listTools()).tools.map(({ name }) => name)).not.toContain('peek_image_job');
    },
  );

  it('a request id that is not on record here is unknown, and RunComfy is not asked', async () => {
    const { client, sandbox } = await connected();
    const { request_id } = (await client.callTool(CALL)).structuredContent as { request_id: string };
    const other = await connected({ sandbox });
    const before = sandbox.requests.length;
    for (const [name, args] of [
      ['get_image_job', { request_id }],
      ['cancel_image_job', { request_id }],
      [EDIT, { prompt: 'x', image_urls: [`job:${request_id}`] }],
    ] as const)
      expect(textOf(await other.client.callTool({ name, arguments: args }))).toMatch(/\[unknown_request\]$/);
    expect(sandbox.requests.length).toBe(before);
  });
});
