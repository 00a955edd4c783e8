import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { ASKS } from '../support/fixtures/asks.ts';
import { type Connected, connect, freshDataDir, textOf } from '../support/program.ts';

const DAY = 86_400_000;
const EDIT = 'google/nano-banana-2/edit';

interface Row {
  model: string;
  tool?: string;
  makes?: string;
  price?: string;
}

const find = ({ client }: Connected, args: Record<string, unknown>) =>
  client.callTool({ name: 'find_image_models', arguments: args });
const rows = async (connected: Connected, args: Record<string, unknown>) => {
  const { structuredContent } = await find(connected, args);
  return (structuredContent as { models: Row[] }).models;
};
const found = async (connected: Connected, args: Record<string, unknown>) =>
  (await rows(connected, args)).map(({ model }) => model);

describe('find_image_models', () => {
  it.each([
    ['edit a photo but keep the face', EDIT],
    ['nano banana 2 text to image', 'google/nano-banana-2/text-to-image'],
    ['logo with typography', 'ideogram/ideogram-3/text-to-image'],
    ['enlarge a photo and remove noise', 'topaz/upscale/image'],
    ['posters in Chinese', 'alibaba/qwen-image/text-to-image'],
    ['short film', 'alibaba/wan-2-6/text-to-video'],
    ['nanobanana', EDIT],
    ['uncrop', 'bria/expand/outpaint'],
    ['i2v kling', 'kling/kling-2-6/pro/image-to-video'],
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

  it('has a right model among the first three for at least 36 of forty asks', async () => {
    const connected = await connect();
    const ranks = new Map<string, number>();
    for (const [ask, ...ids] of ASKS) {
      const models = await found(connected, { query: ask });
      ranks.set(ask, models.findIndex((model) => ids.includes(model)) + 1);
    }
    const missed = [...ranks].filter(([, rank]) => rank === 0 || rank > 3);
    expect(ranks.size - missed.length, JSON.stringify(missed)).toBeGreaterThanOrEqual(36);
  });

  it('keeps to a task', async () => {
    const connected = await connect();
    const of = async (task: string) => [
      ...(await found(connected, { task })),
      ...(await found(connected, { task, page: 2 })),
    ];
    const [edit, toImage] = [await of('edit'), await of('image-to-image')];
    expect(edit).toContain('bria/eraser/inpaint');
    expect(toImage).not.toContain('bria/eraser/inpaint');
    expect(toImage).toContain('blackforestlabs/flux-1-depth/pro/controlnet');
    expect(edit).not.toContain('blackforestlabs/flux-1-depth/pro/controlnet');
    expect(edit).not.toContain('kling/kling-3/video-edit');
    expect(await of('text-to-image')).toHaveLength(20);
    expect(await of('background-removal')).toEqual([
      'bria/rmbg-2/background-removal',
      'bria/video-background-removal/video-to-video',
    ]);
    expect(await of('upscale')).toHaveLength(4);
    expect(await of('text-to-video')).toHaveLength(4);
    expect(await of('image-to-video')).toHaveLength(6);
    expect(await of('video-to-video')).toHaveLength(6);
  });

  it('keeps to what a model makes', async () => {
    const connected = await connect();
    const sounds = await rows(connected, { makes: 'audio' });
    expect(sounds.map(({ makes }) => makes)).toEqual(Array(5).fill('audio'));
    expect(await found(connected, { makes: 'image', query: 'video' })).not.toContain('topaz/upscale/video');
    expect(await found(connected, { makes: 'video', query: 'upscale' })).toEqual(['topaz/upscale/video']);
    expect(await rows(connected, { query: 'glb mesh' })).toMatchObject([{ makes: '3d' }]);
    expect(await found(connected, { query: 'glb mesh', makes: 'image' })).toEqual([]);
  });

  it('keeps to a price and sorts by it, and says what publishes none', async () => {
    const connected = await connect();
    const films = { makes: 'video', max_price: 0.5, sort: 'price' };
    expect(textOf(await find(connected, films))).toMatchSnapshot('films');
    const upscalers = await found(connected, { task: 'upscale', sort: 'price' });
    expect(upscalers[0]).toBe('topaz/upscale/image');
    expect(textOf(await find(connected, { task: 'upscale', max_price: 0.01 }))).toMatchSnapshot('too dear');
    const portrait = 'openai/gpt-image-1-5/image-to-image';
    expect(await found(connected, { query: 'gpt image 1.5', max_price: 0.132 })).not.toContain(portrait);
    expect(await found(connected, { query: 'gpt image 1.5', max_price: 0.133 })).toContain(portrait);
  });

  it('names the tool of a model that is one', async () => {
    const builtIn = 'openai/gpt-image-2/text-to-image';
    const usual = await connect();
    const tool = 'gpt_image_2_text_to_image';
    const rowOf = async (connected: Connected) =>
      (await rows(connected, { query: 'gpt image 2' })).find(({ model }) => model === builtIn);
    expect(await rowOf(usual)).toMatchObject({ tool });
    const { content, structuredContent } = await find(usual, { model: builtIn });
    expect(structuredContent).toMatchObject({ models: [{ tool }], next: `Call ${tool}.` });
    expect(textOf({ content })).toContain(`| tool ${tool} |`);
    const pinned = await connect({ models: ['openai/gpt-4o-image/*'] });
    expect(await rowOf(pinned)).not.toHaveProperty('tool');
    const next = `Call run_image_model with model "${builtIn}".`;
    expect((await find(pinned, { model: builtIn })).structuredContent).toMatchObject({ next });
  });

  it('says which words nothing fits, and how it read others', async () => {
    const connected = await connect();
    const half = await find(connected, { query: 'seedraem zebra' });
    expect(textOf(half)).toMatchSnapshot();
    expect(half.structuredContent).toMatchObject({
      notes: expect.arrayContaining(['Nothing fits "zebra".', '"seedraem" was read as "seedream".']),
    });
    expect(await found(connected, { query: 'constructor toString' })).toEqual([]);
    const any = await find(connected, { query: 'Can you make me any model, please?' });
    expect(any.structuredContent).toMatchObject({ total: 66 });
    expect(textOf(any)).not.toContain('Nothing fits');
  });

  it('puts images first, and leaves out what shares but a common word', async () => {
    const connected = await connect();
    expect((await rows(connected, { query: 'upscale' })).map(({ makes }) => makes)).toEqual([
      ...[undefined, undefined, 'video', undefined],
    ]);
    expect(await found(connected, { query: 'text to speech' })).toHaveLength(6);
  });

  it('reads no more of a query than a person would write', async () => {
    const connected = await connect();
    const long = await find(connected, { query: 'x'.repeat(100_000) });
    expect(textOf(long)).toContain('Nothing fits "x');
    expect(textOf(long).length).toBeLessThan(1_000);
    const words = Array.from({ length: 21 }, (_, at) => `x${at}`).join(' ');
    const { notes = [] } = (await find(connected, { query: words })).structuredContent as {
      notes?: string[];
    };
    expect(notes.join()).toContain('"x19"');
    expect(notes.join()).not.toContain('"x20"');
  });

  it.each([
    ['gogle/nanobanana2/edit', 'google/nano-banana-2/edit'],
    ['openai/gpt-image2/text-to-image', 'openai/gpt-image-2/text-to-image'],
    ['bytedance/seedream/4.5', 'bytedance/seedream-4-5/edit'],
    ['blackforest/flux-kontext', 'blackforestlabs/flux-1-kontext/pro/edit'],
  ])('knows what the wrong id %s is near', async (wrong, right) => {
    expect(textOf(await find(await connect(), { model: wrong }))).toContain(`Nearest ids: ${right}`);
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
