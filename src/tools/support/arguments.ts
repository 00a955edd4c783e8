import type * as z from 'zod';
import { didYouMean } from '../../did-you-mean.ts';
import { ToolError } from '../../errors.ts';
import { shorten } from '../../runcomfy/sanitize.ts';
import type { Tool } from './define.ts';
import { jsonSchema } from './schema.ts';

// Gemini CLI adds this boolean to the arguments of every call (measured).
const ADDED_BY_HOSTS = new Set(['wait_for_previous']);

const CORRECT = 'Correct that and call again.';

/**
 * The checked arguments of a call. A null counts as left out: strict function calling makes models give every field.
 * Throws `invalid_input` that names each field, what it was given and what it takes.
 */
export function readArguments(tool: Pick<Tool, 'name' | 'input'>, given: unknown): Record<string, unknown> {
  const refuse = (problems: string | undefined) => {
    if (!problems) return;
    throw new ToolError('invalid_input', `${tool.name}: ${problems}.`, { next: CORRECT });
  };
  refuse(shapeProblem(given));
  const fields = new Map<string, z.ZodType>(Object.entries(tool.input.shape));
  const args = Object.fromEntries(
    Object.entries((given ?? {}) as Record<string, unknown>)
      .filter(([name, value]) => (fields.has(name) ? value !== null : !ADDED_BY_HOSTS.has(name)))
      .map(([name, value]) => [name, parseQuoted(value, fields.get(name))]),
  );
  refuse(shapeProblem(args));
  refuse(inputProblems(tool.input, args).join('; '));
  return tool.input.parse(args);
}

/** RunComfy accepts the two together, and charges for an image that is not what was asked for. */
export function refuseTransparentJpeg(
  name: string,
  { background, output_format }: Record<string, unknown>,
): void {
  if (background !== 'transparent' || (output_format !== 'jpeg' && output_format !== 'jpg')) return;
  const why = `output_format must be png or webp where background is transparent, was "${output_format}"`;
  throw new ToolError('invalid_input', `${name}: ${why}.`, { next: CORRECT });
}

// Deeper values break JSON.stringify from some 5,000 levels on; more of them froze the process for seconds.
const MAX_DEPTH = 64;
const MAX_VALUES = 50_000;

/** What no schema catches: too deep, too much work, or a name that zod would silently drop. */
function shapeProblem(given: unknown): string | undefined {
  let values = 0;
  let level: unknown[] = [given];
  for (let depth = 0; level.length > 0; depth++) {
    values += level.length;
    if (depth > MAX_DEPTH) return `the arguments are nested more than ${MAX_DEPTH} levels deep`;
    if (values > MAX_VALUES) return `the arguments hold more than ${MAX_VALUES} values`;
    const objects = level.filter((value) => typeof value === 'object' && value !== null);
    if (objects.some((object) => Object.hasOwn(object, '__proto__'))) return 'unknown field "__proto__"';
    level = objects.flatMap((object) => Object.values(object));
  }
  return undefined;
}

/** Some clients send an array or a number as a JSON string; a field that takes text is left alone. */
function parseQuoted(value: unknown, field: z.ZodType | undefined): unknown {
  if (typeof value !== 'string' || !field) return value;
  try {
    const parsed: unknown = JSON.parse(value);
    return jsonSchema(field).type === 'string' ? value : parsed;
  } catch {
    return value;
  }
}

// How much an error says, in problems, names and characters.
const MAX_PROBLEMS = 10;
const MAX_NAMES = 10;
const MAX_SHOWN = 80;
const MAX_CHOICES = 1_000;

/** What does not fit a schema: for each field one problem, with what it was given and what it takes. */
export function inputProblems(schema: z.ZodObject, given: Record<string, unknown>): string[] {
  // What else is wrong with a field is often wrong for the same reason.
  const issues = new Map<string, z.core.$ZodIssue>();
  for (const issue of schema.safeParse(given, { reportInput: true }).error?.issues ?? []) {
    const field = issue.path.join('.');
    if (!issues.has(field)) issues.set(field, issue);
  }
  const problems = [...issues.values()]
    .slice(0, MAX_PROBLEMS)
    .map((issue) => problemOf(issue, Object.keys(schema.shape)));
  const more = issues.size - problems.length;
  return more > 0 ? [...problems, `${more} more like these`] : problems;
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

function problemOf(issue: z.core.$ZodIssue, fields: readonly string[]): string {
  const path = issue.path
    .map((part, index) => (typeof part === 'number' ? `[${part}]` : `${index > 0 ? '.' : ''}${String(part)}`))
    .join('');
  const value = issue.input;
  const was = value === undefined || Array.isArray(value) ? '' : `, was ${shown(value)}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return `unknown field ${unknownNames(issue.keys, fields)}; it takes ${fields.join(', ') || 'none'}`;
    case 'invalid_value':
      return `${path} must be one of ${shorten(issue.values.join(', '), MAX_CHOICES)}${was}`;
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

function unknownNames(names: readonly string[], fields: readonly string[]): string {
  const listed = names.slice(0, MAX_NAMES).map((name) => shown(name) + didYouMean(name, fields));
  const more = names.length - listed.length;
  return `${listed.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'string' ? JSON.stringify(shorten(value, MAX_SHOWN)) : String(value);
}
