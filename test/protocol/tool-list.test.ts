import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { expectPortable } from '../support/portable.ts';
import { connect } from '../support/program.ts';
import { SHOWS_VIEWS } from '../support/view.ts';

const PUBLISHED = join(import.meta.dirname, '../support/fixtures/published');

type Json = Record<string, unknown>;
interface Schema extends Json {
  properties: Record<string, Json>;
  required?: string[];
}

/** One file a tool, so that a change shows which tools it is about. */
const TOOLS = join(import.meta.dirname, '__snapshots__/tools');

const listTools = async () => (await (await connect()).client.listTools()).tools;

describe('the tool list', () => {
  it('shows every tool as it is (accept a change with: npm run accept)', async () => {
    const tools = await listTools();
    const names = new Set(tools.map(({ name }) => name));
    const { client } = await connect({ clientCapabilities: SHOWS_VIEWS });
    for (const tool of (await client.listTools()).tools) if (!names.has(tool.name)) tools.push(tool);
    for (const tool of tools)
      await expect(`${JSON.stringify(tool, null, 2)}\n`).toMatchFileSnapshot(
        join(TOOLS, `${tool.name}.json`),
      );
    expect(readdirSync(TOOLS).sort()).toEqual(tools.map(({ name }) => `${name}.json`).sort());
  });

  it('has names, titles, hints and schemas that every host takes', async () => {
    const tools = await listTools();
    expect(new Set(tools.map(({ name }) => name)).size).toBe(tools.length);
    for (const tool of tools) expectPortable(tool);
  });

  it('has at most 19 kB, of which a model gets at most 11', async () => {
    const tools = await listTools();
    expect(Buffer.byteLength(JSON.stringify(tools))).toBeLessThanOrEqual(19_000);
    const shown = tools.map(({ name, description, inputSchema }) => ({ name, description, inputSchema }));
    expect(Buffer.byteLength(JSON.stringify(shown))).toBeLessThanOrEqual(11_000);
  });

  it('comes with instructions of at most 600 characters, and a hint to find each tool by', async () => {
    const { client } = await connect();
    const instructions = client.getInstructions() ?? '';
    expect(instructions).toMatchSnapshot('instructions');
    expect(instructions.length).toBeLessThanOrEqual(600);
    for (const { name, _meta } of (await client.listTools()).tools)
      expect(_meta?.['anthropic/searchHint'], name).toMatch(/^.{10,80}$/);
  });

  it('does not announce a list that changes', async () => {
    expect((await connect()).client.getServerCapabilities()?.tools).toEqual({ listChanged: false });
  });
});

describe.each(readdirSync(PUBLISHED))('the published input of %s', (file) => {
  const { model_id, input_schema } = JSON.parse(readFileSync(join(PUBLISHED, file), 'utf8')) as {
    model_id: string;
    input_schema: Schema;
  };
  const toolName = model_id.slice(model_id.indexOf('/') + 1).replace(/[^a-z0-9]+/g, '_');

  it('is the input of its tool, field by field', async () => {
    const tool = (await listTools()).find(({ name }) => name === toolName);
    const shown = tool?.inputSchema as unknown as Schema;
    expect(shown.required).toEqual(input_schema.required);
    expect(Object.keys(shown.properties)).toEqual(Object.keys(input_schema.properties));
    for (const [field, published] of Object.entries(input_schema.properties)) {
      const { title: _, description: __, items, default: published_default, ...checked } = published;
      const isSample = field === 'prompt' || field === 'image_urls';
      expect(shown.properties[field], field).toEqual({
        ...checked,
        ...(items !== undefined && { items: { type: (items as Json).type } }),
        ...(!isSample && { default: published_default }),
        description: expect.any(String),
      });
    }
  });
});
