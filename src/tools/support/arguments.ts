import type * as z from 'zod';
import { didYouMean } from '../../did-you-mean.ts';
import { ToolError } from '../../errors.ts';
import { shorten } from '../../runcomfy/sanitize.ts';
import type { Tool } from './define.ts';
import { jsonSchema } from './schema.ts';

// Gemini CLI adds this boolean to the arguments of every call (measured).
const ADDED_BY_HOSTS = new Set(['wait_for_previous']);

/**
 * The checked arguments of a call. A null stands for a field that is left out: strict function calling makes models
 * give every field. Throws `invalid_input` that names each field, what it was given and what it takes.
 */
export function readArguments(tool: Pick<Tool, 'name' | 'input'>, given: unknown): Record<string, unknown> {
  const refusal = (problems: string) =>
    new ToolError('invalid_input', `${tool.name}: ${problems}.`, { next: 'Correct that and call again.' });
  const misshapen = formProblem(given);
  if (misshapen !== undefined) throw refusal(misshapen);
  const fields: Record<string, z.ZodType> = tool.input.shape;
  const understood = Object.fromEntries(
    Object.entries((given ?? {}) as Record<string, unknown>)
      .filter(([name, value]) => (Object.hasOwn(fields, name) ? value !== null : !ADDED_BY_HOSTS.has(name)))
      .map(([name, value]) => [name, unquote(value, Object.hasOwn(fields, name) ? fields[name] : undefined)]),
  );
  const problems = formProblem(understood) ?? inputProblems(tool.input, understood).join('; ');
  if (problems !== '') throw refusal(problems);
  return tool.input.parse(understood);
}

// Deeper values break JSON.stringify from some 5,000 levels on; more of them froze the process for seconds.
const MAX_DEPTH = 64;
const MAX_VALUES = 50_000;

/** What no schema tells: too deep, too much to be worked on, or named so that zod would drop it in silence. */
function formProblem(given: unknown): string | undefined {
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

/** What does not fit a schema: a line a problem, each with the field, what it was given and what it takes. */
export function inputProblems(schema: z.ZodObject, given: Record<string, unknown>): string[] {
  const issues = firstOfEach(schema.safeParse(given).error?.issues ?? []);
  const told = issues.slice(0, MAX_PROBLEMS);
  const more = issues.length - told.length;
  return [
    ...told.map((issue) => describe(issue, given, Object.keys(schema.shape))),
    ...(more > 0 ? [`${more} more like these`] : []),
  ];
}

/** One issue a field: what else is wrong with it is often wrong for the same reason. */
function firstOfEach(issues: readonly z.core.$ZodIssue[]): z.core.$ZodIssue[] {
  const fields = new Map<string, z.core.$ZodIssue>();
  for (const issue of issues) {
    const field = issue.path.join('.');
    if (!fields.has(field)) fields.set(field, issue);
  }
  return [...fields.values()];
}

// How much of what a caller gave is told, in problems, names and characters.
const MAX_PROBLEMS = 10;
const MAX_NAMES = 10;
const MAX_SHOWN = 80;
const MAX_CHOICES = 1_000;

/** Some clients send an array or a number as a JSON string; a field that takes text is left alone. */
function unquote(value: unknown, field: z.ZodType | undefined): unknown {
  if (typeof value !== 'string' || !field) return value;
  let meant: unknown;
  try {
    meant = JSON.parse(value);
  } catch {
    return value;
  }
  return jsonSchema(field, 'input').type === 'string' ? value : meant;
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
  const was = value === undefined || Array.isArray(value) ? '' : `, was ${shown(value)}`;
  switch (issue.code) {
    case 'unrecognized_keys':
      return `unknown field ${named(issue.keys, fields)}; it takes ${fields.join(', ') || 'none'}`;
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

function named(keys: readonly string[], fields: readonly string[]): string {
  const told = keys.slice(0, MAX_NAMES).map((key) => shown(key) + didYouMean(key, fields));
  const more = keys.length - told.length;
  return `${told.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function shown(value: unknown): string {
  if (typeof value === 'object' && value !== null) return 'an object';
  return typeof value === 'string' ? JSON.stringify(shorten(value, MAX_SHOWN)) : String(value);
}
