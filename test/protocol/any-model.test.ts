import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/sandbox/catalogue/index.ts';
import { type Connected, connect, freshDataDir, textOf } from '../helpers/program.ts';

const DAY = 86_400_000;
const EDIT = 'google/nano-banana-2/edit';
const CAT = 'https://example.com/cat.png';

const find = ({ client }: Connected, args: Record<string, unknown>) =>
  client.callTool({ name: 'find_image_models', arguments: args });
const run = ({ client }: Connected, model: string, input: unknown) =>
  client.callTool({ name: 'run_image_model', arguments: { model, input } });
const found = async (connected: Connected, args: Record<string, unknown>) => {
  const { structuredContent } = await find(connected, args);
  return (structuredContent as { models: { model: string }[] }).models.map(({ model }) => model);
};
const submits = ({ sandbox }: Connected) => sandbox.requests.filter(({ route }) => route === 'submit');

describe('find_image_models', () => {
  it.each([
    ['edit a photo but keep the face', EDIT],
    ['nano banana', 'google/nano-banana-2/text-to-image'],
    ['logo with typography', 'ideogram/ideogram-3/text-to-image'],
    ['enlarge a photo and remove noise', 'topaz/upscale/image'],
    ['posters in Chinese', 'alibaba/qwen-image/text-to-image'],
    ['short film', 'alibaba/wan-2-6/text-to-video'],
    ['music', 'elevenlabs/eleven-music/text-to-music'],
  ])('finds by "%s"', async (query, first) => {
    expect((await found(await connect(), { query }))[0]).toBe(first);
  });

  it('answers in short, and in full for one model', async () => {
    const connected = await connect();
    expect(textOf(await find(connected, { query: 'seedream' }))).toMatchSnapshot('two models');
    expect(textOf(await find(connected, {}))).toMatchSnapshot('the first page');
    expect(textOf(await find(connected, { query: 'zebra crossing' }))).toMatchSnapshot('nothing');
    const one = await find(connected, { model: EDIT });
    expect(textOf(one)).toMatchSnapshot('one model');
    expect(one.structuredContent).toMatchSnapshot('one model as data');
    expect(textOf(await find(connected, { model: 'google/nano-banana/edit' }))).toMatchSnapshot('unknown');
  });

  it('keeps to a task', async () => {
    const connected = await connect();
    const edits = await found(connected, { task: 'edit' });
    expect(edits.length).toBeGreaterThan(5);
    expect(edits).not.toContain('google/nano-banana-2/text-to-image');
    expect(await found(connected, { task: 'text-to-image', page: 2 })).toHaveLength(10);
    expect(await found(connected, { task: 'text-to-image', page: 3 })).toEqual([]);
  });

  it('reads the catalogue once, keeps it, and tells when it is old', async () => {
    const dataDir = freshDataDir();
    const first = await connect({ dataDir });
    await find(first, { query: 'flux' });
    await find(first, { query: 'qwen' });
    expect(first.sandbox.requests).toHaveLength(1);
    first.jumpClock(3 * DAY);
    first.sandbox.inject({ on: 'models', times: 9, what: { status: 500, body: { message: 'sorry' } } });
    const old = await find(first, { query: 'flux' });
    expect(textOf(old)).toContain('This catalogue is 3 days old');
    expect(textOf(old)).toContain('blackforestlabs/flux-2-pro/text-to-image');
  });

  it('is not misled by a damaged file', async () => {
    const dataDir = freshDataDir();
    const first = await connect({ dataDir });
    await find(first, { query: 'flux' });
    const file = join(dataDir, 'catalogue.jsonl');
    expect(readFileSync(file, 'utf8')).not.toContain('test-key');
    writeFileSync(file, '{"version":1,"api":');
    const second = await connect({ dataDir, baseUrl: first.sandbox.origin });
    expect(await found(second, { query: 'flux' })).toHaveLength(6);
  });

  it('says why there is nothing', async () => {
    const connected = await connect({ key: undefined });
    const result = await find(connected, { query: 'flux' });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toContain('[no_key]');
  });
});

describe('run_image_model', () => {
  it('runs a model, whose job is like any other', async () => {
    const connected = await connect();
    const input = { prompt: 'a cat', image_urls: [CAT], resolution: '2K' };
    const result = await run(connected, EDIT, input);
    expect(result.structuredContent).toMatchObject({ model: EDIT, status: 'succeeded', cost_usd: 0.067 });
    expect(submits(connected)).toMatchObject([{ path: `/v1/models/${EDIT}`, body: input }]);
    const list = await connected.client.callTool({ name: 'list_image_jobs', arguments: {} });
    expect(list.structuredContent).toMatchObject({ jobs: [{ model: EDIT, status: 'succeeded' }] });
  });

  it.each([
    ['a value that is none', EDIT, { prompt: 'a', image_urls: [CAT], resolution: '2k' }],
    ['a field that is none', EDIT, { prompt: 'a', image_urls: [CAT], size: '1:1' }],
    ['nothing', EDIT, {}],
    ['a blank prompt', EDIT, { prompt: ' ', image_urls: [CAT] }],
    ['too many', EDIT, { prompt: 'a', image_urls: Array(15).fill(CAT) }],
    ['a number beyond', 'blackforestlabs/flux-2-pro/text-to-image', { prompt: 'a', guidance: 20 }],
    ['a number that is no choice', 'bytedance/seedream-4-5/text-to-image', { prompt: 'a', width: 512 }],
    ['a text for a switch', 'alibaba/qwen-image/text-to-image', { prompt: 'a', prompt_extend: 'maybe' }],
    ['a field inside', 'ideogram/ideogram-3/text-to-image', { prompt: 'a', palette: { name: 'blue' } }],
    ['a private URL', 'alibaba/qwen-image/edit', { prompt: 'a', image: 'http://10.0.0.1/a.png' }],
    ['an unknown id', 'google/nano-banana/edits', { prompt: 'a' }],
    ['what is no id', '../requests/1', { prompt: 'a' }],
  ])('refuses %s before anything is paid', async (_, model, input) => {
    const connected = await connect();
    const result = await run(connected, model, input);
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatchSnapshot();
    expect(submits(connected)).toEqual([]);
  });

  it('understands an input that is a JSON text', async () => {
    const connected = await connect();
    await run(connected, EDIT, JSON.stringify({ prompt: 'a', image_urls: JSON.stringify([CAT]) }));
    expect(submits(connected)).toMatchObject([{ body: { prompt: 'a', image_urls: [CAT] } }]);
  });

  it('checks by what it kept where the schema cannot be read, and submits nothing without any', async () => {
    const connected = await connect();
    connected.sandbox.inject({ on: 'model', times: 99, what: { status: 503, body: 'down' } });
    const input = { prompt: 'a', image_urls: [CAT] };
    const refused = await run(connected, EDIT, input);
    expect(textOf(refused)).toMatchSnapshot();
    expect(submits(connected)).toEqual([]);
    await find(connected, { query: 'banana' });
    expect((await run(connected, EDIT, input)).structuredContent).toMatchObject({ status: 'succeeded' });
    expect(textOf(await run(connected, EDIT, { ...input, n: 2 }))).toContain('unknown field "n"');
  });

  it('tells what the schema of now says where an older one let an input through', async () => {
    const connected = await connect();
    const entry = CATALOGUE.get(EDIT)?.published;
    const { resolution: _, ...properties } = entry?.input_schema.properties ?? {};
    const older = {
      ...entry,
      input_schema: { ...entry?.input_schema, properties: { ...properties, resolution: { type: 'string' } } },
    };
    connected.sandbox.inject({ on: 'model', what: { status: 200, body: older } });
    const result = await run(connected, EDIT, { prompt: 'a', image_urls: [CAT], resolution: '8K' });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatchSnapshot();
  });

  it('gives films and sounds as URLs with their kind', async () => {
    const connected = await connect({ preview: 'small' });
    for (const [model, kind] of [
      ['alibaba/wan-2-6/text-to-video', 'video'],
      ['stability/stable-audio-2/text-to-audio', 'audio'],
    ] as const) {
      const result = await run(connected, model, { prompt: 'rain on a roof' });
      expect(result.structuredContent).toMatchObject({ images: [{ kind }] });
      expect(result.content.map(({ type }) => type)).toEqual(['text', 'resource_link']);
      expect(textOf(result).replace(/[0-9a-f-]{36}|:\d{5}|after [\d.]+ s/g, '…')).toMatchSnapshot(kind);
    }
  });
});
