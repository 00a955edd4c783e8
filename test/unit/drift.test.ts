import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { checkModels } from '../../src/cli/doctor/models.ts';
import { MODELS } from '../../src/models/built-in/index.ts';
import { cleanInput, type InputSchema } from '../../src/models/clean-input.ts';
import { schemaChanges } from '../../src/models/schema-changes.ts';
import { jsonSchema } from '../../src/tools/support/schema.ts';

const PUBLISHED = join(import.meta.dirname, '../support/fixtures/published');

const KNOWN: InputSchema = {
  type: 'object',
  required: ['prompt', 'images'],
  properties: {
    prompt: { type: 'string', description: 'ours' },
    images: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 10 },
    quality: { type: 'string', enum: ['low', 'high'], default: 'high' },
    strength: { type: 'number', minimum: 0, maximum: 1 },
    seed: { type: 'integer', default: 0 },
  },
};
const properties = KNOWN.properties as Record<string, InputSchema>;

type Published = Record<string, unknown>;
const changes = (known: InputSchema, published: Published) =>
  schemaChanges(known, cleanInput(published, (text) => text) ?? {});

/** The known input as published with other fields; undefined takes one away. */
const published = (fields: Record<string, unknown>, required: unknown = KNOWN.required): Published => ({
  ...KNOWN,
  required,
  properties: Object.fromEntries(
    Object.entries({ ...properties, ...fields }).filter(([, field]) => field !== undefined),
  ),
});

describe('the drift of an input', () => {
  it.each(readdirSync(PUBLISHED))('is none for %s as it was published', (file) => {
    const { model_id, input_schema } = JSON.parse(readFileSync(join(PUBLISHED, file), 'utf8'));
    const model = MODELS.find(({ id }) => id === model_id);
    if (!model) throw new Error(`${model_id} is gone`);
    expect(changes(jsonSchema(model.input), input_schema)).toEqual([]);
  });

  const field = (name: string, change: Published) =>
    published({ [name]: { ...properties[name], ...change } });
  const ROWS: [what: string, published: Published, lines: string[]][] = [
    ['a field that is new', published({ style: { type: 'string' } }), ['style: new field']],
    [
      'a new field that is required',
      published({ style: {} }, ['prompt', 'images', 'style']),
      ['style: new field, required'],
    ],
    ['a field that is gone', published({ seed: undefined }), ['seed: field is gone']],
    ['a required field that is gone', published({ images: undefined }), ['images: field is gone']],
    ['a field that became required', published({}, ['prompt', 'images', 'seed']), ['seed: required now']],
    ['one that is not any more', published({}, ['prompt']), ['images: not required any more']],
    [
      'values',
      field('quality', { enum: ['high', 'ultra'] }),
      ['quality: new value "ultra"', 'quality: value "low" is gone'],
    ],
    [
      'letter case',
      field('quality', { enum: ['low', 'High'], default: 'High' }),
      [
        'quality: new value "High"',
        'quality: value "high" is gone',
        'quality: default was "high", is "High"',
      ],
    ],
    [
      'values that are not named any more',
      field('quality', { enum: undefined }),
      ['quality: does not list its values any more'],
    ],
    ['values that are named now', field('seed', { enum: [0, 1] }), ['seed: takes only 0, 1 now']],
    [
      'bounds',
      published({
        images: { ...properties.images, minItems: undefined, maxItems: 4 },
        strength: { ...properties.strength, minimum: 0.1 },
      }),
      ['images: minItems was 1, is none', 'images: maxItems was 10, is 4', 'strength: minimum was 0, is 0.1'],
    ],
    ['a type', field('seed', { type: 'string' }), ['seed: type was integer, is string']],
    [
      'the type of items',
      field('images', { items: { type: 'object' } }),
      ['images: items: type was string, is object'],
    ],
    ['a default', field('quality', { default: 'low' }), ['quality: default was "high", is "low"']],
    ['a default that is gone', field('seed', { default: null }), ['seed: default was 0, is none']],
  ];
  it.each(ROWS)('tells %s', (_, live, lines) => {
    expect(changes(KNOWN, live)).toEqual(lines);
  });

  it('says nothing of orders, words, samples, names for types, and what is left out', () => {
    const live = {
      required: ['images', 'prompt', 'no_such_field'],
      properties: {
        seed: { title: 'Seed', type: 'integer', default: 0 },
        strength: { type: 'float', minimum: 0, maximum: 1 },
        quality: { enum: ['high', 'low'], default: 'high', description: '' },
        images: { type: 'array', minItems: 1, maxItems: 10, format: 'image_uris', default: ['a sample'] },
        prompt: { type: 'string', default: 'a sample', validations: [{ validation_rule: 'length<' }] },
      },
    };
    expect(changes(KNOWN, live)).toEqual([]);
  });

  it('survives values that are nested deeper than JSON can be written', () => {
    const deep = JSON.parse(`${'['.repeat(9_000)}${']'.repeat(9_000)}`);
    const odd = { enum: ['low', 'high', deep], default: deep, minimum: deep, items: deep };
    expect(changes(KNOWN, field('quality', odd))).toEqual([
      'quality: does not list its values any more',
      'quality: default was "high", is none',
    ]);
  });

  it('survives what is no schema', () => {
    const gone = Object.keys(properties).map((name) => `${name}: field is gone`);
    for (const live of [
      {},
      { properties: null },
      { properties: [], required: 'all' },
      { required: [7, null] },
    ])
      expect(changes(KNOWN, live as Published)).toEqual(gone);
    expect(changes(KNOWN, published({ seed: null, strength: { type: 4, enum: 'x', items: [] } }))).toEqual([
      'strength: minimum was 0, is none',
      'strength: maximum was 1, is none',
      'seed: default was 0, is none',
    ]);
  });
});

it('is found in an input with descriptions of any length', async () => {
  const files = readdirSync(PUBLISHED).map((file) => JSON.parse(readFileSync(join(PUBLISHED, file), 'utf8')));
  const model = async (modelId: string) => {
    const entry = structuredClone(files.find(({ model_id }) => model_id === modelId));
    entry.input_schema.properties.prompt.description = 'long '.repeat(20_000);
    return entry;
  };
  const printed = vi.spyOn(process.stdout, 'write').mockReturnValue(true);
  await checkModels({ model }, String);
  const lines = printed.mock.calls.join('');
  printed.mockRestore();
  expect(lines).toContain('5 of 5 built-in ones are what RunComfy publishes now');
});
