import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/built-in/index.ts';
import { CATALOGUE } from '../../src/sandbox/models/index.ts';
import type { PublishedField } from '../../src/sandbox/models/published.ts';
import type { SandboxOptions } from '../../src/sandbox/server.ts';
import { promised } from '../support/calls.ts';
import { expectPortable } from '../support/portable.ts';
import { type Connected, connect, freshDataDir } from '../support/program.ts';

const NOT_MODELS = 8;
const pinned = async ({ client }: Connected) => (await client.listTools()).tools.slice(0, -NOT_MODELS);
const names = async (connected: Connected) => (await pinned(connected)).map(({ name }) => name);

/** A server with pinned models that finds a catalogue on disk: only a first start has to hurry. */
async function withCatalogue(models: string[], sandboxOptions?: SandboxOptions): Promise<Connected> {
  const dataDir = freshDataDir();
  const first = await connect({ dataDir, ...(sandboxOptions && { sandboxOptions }) });
  await first.client.callTool({ name: 'find_image_models', arguments: {} });
  const { sandbox } = first;
  return { ...(await connect({ dataDir, baseUrl: sandbox.origin, models })), sandbox };
}

/** The least that a field takes. */
function least({ type, enum: values, minimum, format }: PublishedField): unknown {
  if (values) return values[0];
  if (type === 'integer' || type === 'float') return minimum ?? 1;
  if (type === 'array') return ['https://example.com/cat.png'];
  if (type === 'object') return {};
  return format ? 'https://example.com/cat.png' : 'a cat';
}

describe('pinned models', () => {
  it('become tools that every host takes, however odd their schemas are', async () => {
    const tools = await pinned(await withCatalogue(['*']));
    expect(tools).toHaveLength(CATALOGUE.size);
    expect(tools.map(({ name }) => name)).toMatchSnapshot();
    for (const tool of tools) expectPortable(tool);
    for (const tool of tools.slice(5))
      expect([tool.description, tool.inputSchema]).toMatchSnapshot(tool.name);
  });

  it('run with the least input, each of them', async () => {
    const connected = await withCatalogue(['*'], { pace: 0.1, slots: 10 });
    const tools = await pinned(connected);
    for (const [index, { published }] of [...CATALOGUE.values()].entries()) {
      const { required, properties } = published.input_schema;
      const args = Object.fromEntries(
        required.flatMap((name) => (properties[name] ? [[name, least(properties[name])]] : [])),
      );
      const name = tools[index]?.name ?? '';
      // All of them together cost more than the sandbox's balance.
      connected.sandbox.engine.planNext({ costUsd: 0 });
      const result = await connected.client.callTool({ name, arguments: args });
      expect(result.structuredContent, name).toMatchObject({
        model: published.model_id,
        status: 'succeeded',
        images: [{ url: expect.any(String) }],
      });
    }
  });

  it('are chosen by ids and patterns, in their order', async () => {
    const connected = await withCatalogue([EDIT, 'openai/gpt-image-2/*', 'nothing/*']);
    expect(await names(connected)).toEqual([
      'nano_banana_2_edit',
      'gpt_image_2_text_to_image',
      'gpt_image_2_edit',
    ]);
    expect(connected.log.join('')).toContain('--models: "nothing/*" matches no model');
  });

  it('need no catalogue where they are built in', async () => {
    const connected = await connect({ models: ['openai/gpt-4o-image/text-to-image'] });
    expect(await names(connected)).toEqual(['gpt_4o_image_text_to_image']);
    expect(connected.sandbox.requests).toEqual([]);
  });

  it('come from what was kept, at any age and without the service', async () => {
    const dataDir = freshDataDir();
    const first = await connect({ dataDir, models: [EDIT] });
    expect(await names(first)).toEqual(['nano_banana_2_edit']);
    const { origin } = first.sandbox;
    await first.sandbox.close();
    const second = await connect({ dataDir, baseUrl: origin, models: [EDIT] });
    second.jumpClock(90 * 86_400_000);
    expect(await names(second)).toEqual(['nano_banana_2_edit']);
    expect(second.log.join('')).not.toContain('--models');
  });

  it('are the built-in ones where there is no catalogue, and the log says why', async () => {
    const connected = await connect({ models: [EDIT, 'openai/gpt-image-2/*'], key: undefined });
    expect(await names(connected)).toEqual(['gpt_image_2_text_to_image']);
    expect(connected.log.join('')).toContain('only built-in models are tools: No RunComfy API key is set.');
  });

  it('do not wait long for a catalogue that does not come', async () => {
    const { promise: stall, resolve: release } = promised();
    const dataDir = freshDataDir();
    const connected = await connect({
      dataDir,
      models: [EDIT],
      beforeClient: ({ inject }) => inject({ on: 'models', what: { stall } }),
    });
    expect(await names(connected)).toHaveLength(MODELS.length);
    expect(connected.log.join('')).toContain('no answer within 4 s');
    release();
  });
});

const EDIT = 'google/nano-banana-2/edit';
