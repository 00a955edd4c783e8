import { describe, expect, it } from 'vitest';
import { cleanEntry } from '../../src/models/clean-entry.ts';
import { modelFromSchema, requiredInputs } from '../../src/models/from-schema.ts';
import { callPrice, priceText } from '../../src/models/price.ts';
import { mediaKindOf } from '../../src/models/tasks.ts';
import { readEntry } from '../../src/runcomfy/catalogue-entry.ts';
import { MODEL_ID } from '../../src/runcomfy/replies.ts';
import type { RunServices } from '../../src/tools/model-tool.ts';
import { modelTool } from '../../src/tools/model-tool.ts';
import { inputProblems } from '../../src/tools/support/arguments.ts';
import { jsonSchema } from '../../src/tools/support/schema.ts';
import { toolNames } from '../../src/tools/support/tool-names.ts';
import { expectPortable } from '../support/portable.ts';

const entryOf = (properties: unknown, required: unknown = []) => {
  const entry = readEntry({ model_id: 'a/b', input_schema: { type: 'object', required, properties } });
  if (!entry) throw new Error('no entry');
  return cleanEntry(entry, String);
};
const shown = (properties: unknown, required?: unknown) => {
  const model = modelFromSchema(entryOf(properties, required));
  const inputSchema = jsonSchema(model.input);
  if (!model.input.shape || Object.keys(model.input.shape).length === 0) return inputSchema;
  const tool = modelTool(model, 'b', {} as RunServices);
  expectPortable({ ...tool, inputSchema, outputSchema: jsonSchema(tool.output) });
  return inputSchema;
};
const problems = (properties: unknown, input: Record<string, unknown>, required?: unknown) =>
  inputProblems(modelFromSchema(entryOf(properties, required)).input, input);

describe('a published input', () => {
  it.each([
    ['no fields', {}],
    ['fields that are none', { a: null, b: 7, c: 'text', d: [] }],
    [
      'names that mean something to JavaScript',
      JSON.parse('{"__proto__":{"type":"string"},"constructor":{}}'),
    ],
    ['names that hosts refuse', { 'a b': { type: 'string' }, ok: { type: 'string' } }],
    [
      'unions and references',
      { a: { anyOf: [{ type: 'string' }] }, b: { $ref: '#/x' }, c: { type: ['null', 'float'] } },
    ],
    ['bounds that exclude each other', { a: { type: 'integer', minimum: 9, maximum: 1 } }],
    ['bounds that are none', { a: { type: 'float', minimum: '1', maximum: null, minItems: -1 } }],
    ['mixed choices', { a: { enum: [1, 'two', null, true] }, b: { enum: [] }, c: { enum: [null] } }],
    [
      'defaults that do not fit',
      { a: { type: 'integer', default: 1.5, maximum: 1 }, b: { enum: ['x'], default: 'y' } },
    ],
    [
      'lists in lists',
      { a: { type: 'array', items: { type: 'array', items: { type: 'array', items: {} } } } },
    ],
    [
      'rules of any form',
      {
        a: { type: 'string', validations: [null, 7, { validation_rule: 'width_px<', validation_value: 9 }] },
      },
    ],
    ['words that are markup', { a: { type: 'string', description: '<html><b>x</b>\u0000\n"y"' } }],
  ])('with %s is shown', (_, properties) => {
    expect(shown(properties)).toMatchSnapshot();
  });

  it('takes its type from the first text in a list of types', () => {
    expect(shown({ a: { type: [null, 'null', 'integer'] } })).toMatchObject({
      properties: { a: { type: 'integer' } },
    });
  });

  it('refuses only what the service surely would', () => {
    const anything = {
      a: { anyOf: [] },
      b: { type: 'array' },
      c: { type: 'object' },
      d: { type: 'array', minItems: 'x' },
    };
    expect(problems(anything, { a: 7, b: [{}, 1], c: { x: 1 }, d: [] })).toEqual([]);
    expect(problems({}, { whatever: 1 })).toEqual([]);
    expect(problems({ seed: { type: 'integer', default: null } }, { seed: 5 })).toEqual([]);
    expect(problems({ a: { type: 'string' } }, {}, ['ghost', 7])).toEqual([]);
    expect(problems({ a: { type: 'string' } }, { ghost: ['x'] }, ['ghost'])).toEqual([]);
    expect(problems({ a: { type: 'float' } }, { a: 'x', b: 1 })).toEqual([
      'a must be a number, was "x"',
      'unknown field "b"; it takes a',
    ]);
  });

  it('is left out where it is too large, rather than closed without some of its fields', () => {
    const fields = (count: number, field: object) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`f${index}`, field]));
    const choices = { enum: Array.from({ length: 200 }, (_, index) => `${index} of many values`) };
    const inputOf = (properties: unknown) => entryOf(properties).input_schema;
    expect(Object.keys(inputOf(fields(100, {}))?.properties ?? {})).toHaveLength(100);
    expect(inputOf(fields(101, {}))).toBeUndefined();
    expect(inputOf(fields(10, choices))).toBeDefined();
    expect(inputOf(fields(30, choices))).toBeUndefined();
  });

  it('names eight rules of a field', () => {
    const validations = Array.from({ length: 9 }, (_, index) => ({ validation_error: `rule ${index}` }));
    const description = entryOf({ a: { validations } }).input_schema?.properties?.a?.description;
    expect(description).toMatch(/rule 7\.$/);
  });

  it('keeps no default, choice, type or rule that holds the key', () => {
    const key = 'key-123456';
    const rule = { validation_rule: key, validation_value: key };
    const field = { type: 'string', description: key, default: key, format: key, validations: [rule] };
    const entry = readEntry({
      model_id: 'a/b',
      input_schema: {
        properties: { a: field, b: { ...field, format: undefined }, c: { enum: [key] }, d: { type: key } },
      },
    });
    const cleaned = entry && cleanEntry(entry, (text) => text.replaceAll(key, '[key]'));
    expect(JSON.stringify(cleaned)).toContain('[key]');
    expect(JSON.stringify(cleaned)).not.toContain(key);
  });

  it('finds fields that take images by their format', () => {
    const fields = {
      one: { type: 'string', format: 'image_uri' },
      many: { type: 'array', format: 'image_uris' },
      inside: { type: 'array', items: { format: 'image_uri' } },
      film: { type: 'string', format: 'video_uri' },
      image: { type: 'string' },
    };
    expect(modelFromSchema(entryOf(fields)).imageFields).toEqual(['one', 'many', 'inside']);
  });
});

describe('an entry of the catalogue', () => {
  it('is read whatever is missing, but not without an id', () => {
    expect(readEntry({ model_id: 'a/b', categories: 'x', base_price_usd: '1', inputs: 3 })).toEqual({
      model_id: 'a/b',
      description: '',
      categories: [],
      required_inputs: [],
    });
    for (const model_id of [
      undefined,
      '',
      'a',
      'a/../b',
      './a',
      'a//b',
      '/a/b',
      'a/b c',
      `a/${'b'.repeat(300)}`,
    ])
      expect(readEntry({ model_id }), model_id).toBeUndefined();
    expect(MODEL_ID.test('imagineart/imagineart-1.5-preview/text-to-image')).toBe(true);
  });

  it('tells its price with the unit', () => {
    const entry = entryOf({});
    expect(priceText(entry)).toBeUndefined();
    expect(priceText({ ...entry, base_price_usd: 0 })).toBe('$0 per call');
    expect(priceText({ ...entry, base_price_usd: 0.1, price_unit: 'second' })).toBe('$0.1 per second');
    expect(priceText({ ...entry, pricing_note: 'ask us' })).toBe('ask us');
    const film = { ...entryOf({ duration: { default: '8s' } }), base_price_usd: 0.15, price_unit: 'second' };
    expect(priceText(film)).toBe('$0.15 per second, $1.2 for the default 8 s');
  });

  it('costs what a call without settings does', () => {
    const entry = entryOf({});
    expect(callPrice(entry)).toBeUndefined();
    expect(callPrice({ ...entry, base_price_usd: 0.1, price_unit: 'image' })).toBe(0.1);
    const perSecond = { base_price_usd: 0.07, price_unit: 'second' };
    expect(callPrice({ ...entry, ...perSecond })).toBeUndefined();
    for (const duration of [
      { default: 5 },
      { default: '5' },
      { default: '5s' },
      { default: 5, enum: ['5', '10'] },
    ])
      expect(callPrice({ ...entryOf({ duration }), ...perSecond })).toBe(0.35);
  });

  it('has the prices by quality of a built-in model, until the catalogue tells another', () => {
    const builtIn = { ...entryOf({}), model_id: 'openai/gpt-image-1-5/image-to-image' };
    expect(priceText(builtIn)).toBe('$0.009 low, $0.034 medium, $0.133 high (default) per image');
    expect(callPrice({ ...builtIn, base_price_usd: 0.009 })).toBe(0.133);
    expect(callPrice({ ...builtIn, base_price_usd: 0.02 })).toBe(0.02);
    expect(priceText({ ...builtIn, base_price_usd: 0.02 })).toBe('$0.02 per call');
  });

  it('tells what it needs and makes', () => {
    expect(requiredInputs(entryOf({ a: {} }, ['a', 'a', 'ghost']))).toEqual(['a']);
    expect(requiredInputs({ ...entryOf({}), input_schema: undefined, required_inputs: ['x'] })).toEqual([
      'x',
    ]);
    expect(mediaKindOf({ ...entryOf({}), categories: ['image-to-video'] })).toBe('video');
    expect(mediaKindOf({ ...entryOf({}), categories: ['video-to-image'] })).toBe('image');
    expect(mediaKindOf({ ...entryOf({}), model_id: 'x/text-to-speech' })).toBe('audio');
    expect(mediaKindOf({ ...entryOf({}), categories: ['video-to-audio'] })).toBe('audio');
    expect(mediaKindOf({ ...entryOf({}), categories: ['video-to-video', 'background-removal'] })).toBe(
      'video',
    );
    expect(mediaKindOf({ ...entryOf({}), categories: ['image-to-3d'] })).toBe('3d');
  });
});

describe('names of tools', () => {
  it('are short, apart from each other and from our own', () => {
    const long = 'a-very-long-name-of-a-model-that-goes-on-and-on';
    const ids = ['x/get_image_job', `x/${long}/one`, `x/${long}/two`, 'y/日本', 'z/a.b', 'z/a-b'];
    const names = [...toolNames(ids, ['get_image_job']).values()];
    expect(new Set(names).size).toBe(ids.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9_]{1,45}$/);
    expect(names).toMatchSnapshot();
  });
});
