import { expect } from 'vitest';

type Json = Record<string, unknown>;

/** What some host refuses in a tool's input. */
const REFUSED = [
  'anyOf',
  'oneOf',
  'allOf',
  '$ref',
  'format',
  'pattern',
  'const',
  'exclusiveMinimum',
  '$schema',
];

/** Every choice that stands anywhere in a schema. */
function choices(schema: unknown): unknown[] {
  if (!schema || typeof schema !== 'object') return [];
  const { enum: values = [], ...rest } = schema as { enum?: unknown[] };
  return [...values, ...Object.values(rest).flatMap(choices)];
}

/** Every keyword that stands anywhere in a schema. */
function keywords(schema: unknown, inProperties = false): string[] {
  if (Array.isArray(schema)) return schema.flatMap((item) => keywords(item));
  if (!schema || typeof schema !== 'object') return [];
  return Object.entries(schema).flatMap(([key, value]) => [
    ...(inProperties ? [] : [key]),
    ...keywords(value, key === 'properties' && !inProperties),
  ]);
}

/** Whether an object stands anywhere in a schema that names no property: Gemini refuses all tools for it (cited). */
function hasBareObject(schema: unknown): boolean {
  if (!schema || typeof schema !== 'object') return false;
  const { properties } = schema as { properties?: Json };
  if (properties && Object.keys(properties).length === 0) return true;
  return Object.values(schema).some(hasBareObject);
}

/** Holds a tool to what every host takes: its name, title, hints and schemas. */
export function expectPortable(tool: {
  name: string;
  title?: string | undefined;
  description?: string | undefined;
  annotations?: object | undefined;
  inputSchema: object;
  outputSchema?: object | undefined;
}): void {
  const { name, title, description, annotations, inputSchema, outputSchema } = tool;
  expect(name).toMatch(/^[a-z0-9_]{1,45}$/);
  expect(title, name).toBeTruthy();
  expect(description, name).toBeTruthy();
  const hints = ['readOnlyHint', 'destructiveHint', 'idempotentHint', 'openWorldHint'];
  expect(Object.keys(annotations ?? {}), name).toEqual(expect.arrayContaining(hints));
  expect(outputSchema, name).toMatchObject({ type: 'object' });
  expect(inputSchema, name).toMatchObject({ type: 'object', additionalProperties: false });
  for (const keyword of REFUSED) expect(keywords(inputSchema), name).not.toContain(keyword);
  expect(choices(inputSchema), name).not.toContain('');
  const { properties = {} } = inputSchema as { properties?: Record<string, Json> };
  for (const [field, schema] of Object.entries(properties)) {
    expect(schema.description, `${name}.${field}`).toBeTruthy();
    expect(schema.type, `${name}.${field}`).toEqual(expect.any(String));
    expect(hasBareObject(schema), `${name}.${field}`).toBe(false);
    if (schema.type === 'array') expect(schema.items, `${name}.${field}`).toHaveProperty('type');
    // Some hosts strip defaults.
    if (schema.default !== undefined)
      expect(schema.description, `${name}.${field}`).toContain(String(schema.default));
  }
}
