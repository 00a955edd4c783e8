import type * as z from 'zod';
import { ToolError } from '../errors.ts';
import type { Tool } from './define.ts';
import { jsonSchema } from './schema.ts';

// Gemini CLI adds this boolean to the arguments of every call (measured).
const ADDED_BY_HOSTS = new Set(['wait_for_previous']);

/** The checked arguments of a call. Throws `invalid_input` that names each field, what it was given and what it takes. */
export function readArguments(tool: Pick<Tool, 'name' | 'input'>, given: unknown): Record<string, unknown> {
  const fields: Record<string, z.ZodType | undefined> = tool.input.shape;
  const understood = Object.fromEntries(
    Object.entries((given ?? {}) as Record<string, unknown>)
      .filter(([name]) => !ADDED_BY_HOSTS.has(name) || name in fields)
      .map(([name, value]) => [name, unquote(value, fields[name])]),
  );
  const problems = inputProblems(tool.input, understood);
  if (problems.length === 0) return tool.input.parse(understood);
  throw new ToolError('invalid_input', `${tool.name}: ${problems.join('; ')}.`, {
    next: 'Correct that and call again.',
  });
}

/** What does not fit a schema: a line a problem, each with the field, what it was given and what it takes. */
export function inputProblems(schema: z.ZodObject, given: Record<string, unknown>): string[] {
  const issues = schema.safeParse(given).error?.issues ?? [];
  return issues.map((issue) => describe(issue, given, Object.keys(schema.shape)));
}

/** Some clients send an array or a number as a JSON string; a field that takes text is left alone. */
function unquote(value: unknown, field: z.ZodType | undefined): unknown {
  if (typeof value !== 'string' || !field || jsonSchema(field, 'input').type === 'string') return value;
  try {
    return JSON.parse(value);
  } catch {
    return value;
  }
}

const TYPES: Record<string, string> = {
  string: 'a text',
  int: 'a whole number',
  number: 'a number',
  array: 'a list',
  boolean: 'true or false',
  object: 'an object',
  record: 'an object',
};

function describe(
  issue: z.core.$ZodIssue,
  given: Record<string, unknown>,
  fields: readonly string[],
): string {
  const path = issue.path
    .map((part, at) => (typeof part === 'number' ? `[${part}]` : `${at > 0 ? '.' : ''}${String(part)}`))
    .join('');
  const value = issue.path.reduce<unknown>(
    (inside, part) => (inside as Record<PropertyKey, unknown> | undefined)?.[part],
    given,
  );
  const was = value === undefined || Array.isArray(value) ? '' : `, was ${shorten(value)}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return `unknown field ${issue.keys.map((key) => JSON.stringify(key)).join(', ')}; it takes ${fields.join(', ')}`;
    case 'invalid_value':
      return `${path} must be one of ${issue.values.join(', ')}${was}`;
    case 'invalid_type':
      return value === undefined
        ? `${path} is required`
        : `${path} must be ${TYPES[issue.expected] ?? issue.expected}${was}`;
    case 'too_small':
      return `${path} must ${bound('at least', issue.minimum, value)}${was}`;
    case 'too_big':
      return `${path} must ${bound('at most', issue.maximum, value)}${was}`;
    default:
      return `${path} ${issue.message}${was}`;
  }
}

function bound(which: string, limit: number | bigint, value: unknown): string {
  return Array.isArray(value)
    ? `hold ${which} ${limit} item${limit === 1 ? '' : 's'}, not ${value.length}`
    : `be ${which} ${limit}`;
}

function shorten(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
