import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../../src/sandbox/models/index.ts';
import { type Connected, connect, textOf } from '../support/program.ts';

const EDIT = 'google/nano-banana-2/edit';
const CAT = 'https://example.com/cat.png';

const find = ({ client }: Connected, args: Record<string, unknown>) =>
  client.callTool({ name: 'find_image_models', arguments: args });
const run = ({ client }: Connected, model: string, input: unknown) =>
  client.callTool({ name: 'run_image_model', arguments: { model, input } });
const submits = ({ sandbox }: Connected) => sandbox.requests.filter(({ route }) => route === 'submit');

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

  it('understands null for what is left out', async () => {
    const connected = await connect();
    await run(connected, EDIT, { prompt: 'a', image_urls: [CAT], resolution: null });
    expect(submits(connected)).toMatchObject([{ body: { prompt: 'a', image_urls: [CAT] } }]);
    expect(submits(connected)[0]?.body as object).not.toHaveProperty('resolution');
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

  it('gives films, sounds and 3D models as URLs with their kind', async () => {
    const connected = await connect({ preview: 'small' });
    for (const [model, kind, input] of [
      ['alibaba/wan-2-6/text-to-video', 'video', { prompt: 'rain on a roof' }],
      ['stability/stable-audio-2/text-to-audio', 'audio', { prompt: 'rain on a roof' }],
      ['tencent/hunyuan3d-2-1/image-to-3d', '3d', { input_image_url: CAT }],
    ] as const) {
      const result = await run(connected, model, input);
      expect(result.structuredContent).toMatchObject({ images: [{ kind }] });
      expect(result.content.map(({ type }) => type)).toEqual(['text']);
      expect(textOf(result)).toMatchSnapshot(kind);
    }
  });
});
