import { objectOf } from '../json.ts';
import { IMAGE_WORDS } from './image-words.ts';

/** The keywords that bound a value. */
export const BOUNDS = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'] as const;

/** The input of a model, or a field of one, as standard JSON Schema. */
export interface InputSchema extends Partial<Record<(typeof BOUNDS)[number], number | undefined>> {
  type?: string | undefined;
  description?: string | undefined;
  default?: unknown;
  enum?: unknown[] | undefined;
  format?: string | undefined;
  items?: InputSchema | undefined;
  required?: string[] | undefined;
  properties?: Record<string, InputSchema> | undefined;
}

/** A published schema: anything may stand anywhere in it. */
type Published = Readonly<Record<string, unknown>>;
/** Sanitizes a text and cuts it to `max` characters. */
export type Clean = (text: string, max?: number) => string;

// Published inputs have up to some 30 fields in 10 kB; one beyond these bounds is not worth the memory, the disk and the
// context that it would take.
const MAX_FIELDS = 100;
const MAX_CHOICES = 200;
const MAX_CHOICE = 120;
const MAX_DEFAULT = 24;
const MAX_RULES = 8;
const MAX_DEPTH = 4;

const MAX_INPUT = 64 << 10;

/** What is understood of a published input, sanitized; undefined if it is larger than 64 kB, as the service checks it too. */
export function cleanInput(published: Published, clean: Clean): InputSchema | undefined {
  if (Object.keys(objectOf(published.properties)).length > MAX_FIELDS) return undefined;
  const required = Array.isArray(published.required) ? published.required : [];
  const input = {
    type: 'object',
    required: fieldNames(required.filter((name) => typeof name === 'string')),
    properties: cleanFields(published.properties, clean, 1),
  };
  return JSON.stringify(input).length > MAX_INPUT ? undefined : input;
}

/** A name that every host takes as a key, and that means nothing to JavaScript. */
export const isFieldName = (name: string): boolean =>
  /^(?!__)[A-Za-z0-9_.-]{1,64}$/.test(name) && !(name in Object.prototype);

/** Those of some names that can be names of fields. */
export const fieldNames = (names: readonly string[]): string[] =>
  names.filter(isFieldName).slice(0, MAX_FIELDS);

/** Whether a field takes URLs of images, or one. The format is the reliable cue; names differ from model to model. */
export const holdsImages = ({ format, items }: InputSchema): boolean =>
  [format, items?.format].some((cue) => cue === 'image_uri' || cue === 'image_uris');

function cleanFields(properties: unknown, clean: Clean, depth: number): Record<string, InputSchema> {
  const fields = objectOf(properties);
  const names = fieldNames(Object.keys(fields));
  return Object.fromEntries(
    names.map((name) => [name, cleanField(objectOf(fields[name]), name, clean, depth)]),
  );
}

function cleanField(
  published: Published,
  name: string | undefined,
  clean: Clean,
  depth: number,
): InputSchema {
  const { format, items, properties } = published;
  // Null and a blank stand for leaving the field out, and Gemini refuses a blank choice.
  const choices = listOf(published.enum).filter((value) => value !== null && value !== '');
  const isListed =
    choices.length > 0 && choices.length <= MAX_CHOICES && choices.every((choice) => isClean(choice, clean));
  const field: InputSchema = {
    type: typeOf(published, clean) ?? (isListed ? typeof choices[0] : undefined),
    enum: isListed ? choices : undefined,
    ...rangeOf(published, 'minimum', 'maximum'),
    ...rangeOf(published, 'minLength', 'maxLength'),
    ...rangeOf(published, 'minItems', 'maxItems'),
    format: typeof format === 'string' ? clean(format) : undefined,
  };
  if (depth < MAX_DEPTH && items !== undefined)
    field.items = cleanField(objectOf(items), undefined, clean, depth + 1);
  if (depth < MAX_DEPTH && properties !== undefined)
    field.properties = cleanFields(properties, clean, depth + 1);
  if (name === undefined) return field;
  if (isClean(published.default, clean)) field.default = defaultOf(published.default, field);
  field.description = describe(published, field, isListed ? [] : choices, name, clean);
  return field;
}

const listOf = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** What published schemas call some types. */
const ALIASES = new Map([
  ['str', 'string'],
  ['int', 'integer'],
  ['float', 'number'],
  ['bool', 'boolean'],
  ['list', 'array'],
  ['dict', 'object'],
]);

/** The type that a field names. Unions are not looked into. */
function typeOf({ type, properties }: Published, clean: Clean): string | undefined {
  const names = [type].flat().filter((each) => typeof each === 'string');
  const name = names.find((each) => each !== 'null');
  if (name === undefined) return properties ? 'object' : undefined;
  return ALIASES.get(name.toLowerCase()) ?? clean(name.toLowerCase());
}

/** Whether a value can be shown and sent as it is. */
function isClean(value: unknown, clean: Clean): boolean {
  if (typeof value === 'string') return value === clean(value, MAX_CHOICE);
  return typeof value === 'number' || typeof value === 'boolean';
}

/** Two bounds of a field, unless they contradict each other. */
function rangeOf(published: Published, lower: string, upper: string): InputSchema {
  const [min, max] = [published[lower], published[upper]].map((bound) =>
    Number.isFinite(bound) ? (bound as number) : undefined,
  );
  return min !== undefined && max !== undefined && min > max ? {} : { [lower]: min, [upper]: max };
}

/** The published default, unless it is a sample: a text that is no choice and reads like one, a URL, a list. */
function defaultOf(value: unknown, { type, enum: choices, format, minimum, maximum }: InputSchema): unknown {
  const isChoice = choices?.includes(value);
  if (typeof value === 'boolean') return type === 'boolean' ? value : undefined;
  if (typeof value === 'number') {
    const isOfType = type === 'number' || (type === 'integer' && Number.isInteger(value));
    const isInRange = value >= (minimum ?? value) && value <= (maximum ?? value);
    return (isChoice ?? true) && isOfType && isInRange ? value : undefined;
  }
  if (typeof value !== 'string' || value === '' || format !== undefined) return undefined;
  return (isChoice ?? (value.length <= MAX_DEFAULT && /^[\w.:-]+$/.test(value))) ? value : undefined;
}

/** What a field is, in the publisher's words if there are any, with its choices, rules and default. */
function describe(
  { description, title, validations }: Published,
  field: InputSchema,
  unlisted: unknown[],
  name: string,
  clean: Clean,
): string {
  const sentence = (text: string) => clean(text).replace(/[^.!?…]$/, '$&.');
  const words = [description, title].find((text) => typeof text === 'string' && text.trim() !== '') ?? '';
  const examples = unlisted
    .slice(0, 3)
    .flatMap((choice) => (typeof choice === 'string' ? clean(choice, 40) : []));
  const such = examples.length > 0 ? `, such as ${examples.join(', ')}` : '';
  const parts = [
    unlisted.length > 0
      ? sentence(`One of ${unlisted.length} values${such}. ${words}`)
      : sentence(String(words || name.replace(/[_-]+/g, ' '))),
    holdsImages(field) ? IMAGE_WORDS[field.type === 'array' ? 'many' : 'one'] : '',
    field.enum?.some((choice) => typeof choice !== 'string') ? `One of ${clean(field.enum.join(', '))}.` : '',
    ...listOf(validations)
      .slice(0, MAX_RULES)
      .map((rule) => sentence(ruleText(objectOf(rule), clean))),
    field.default === undefined ? '' : `Default: ${field.default}.`,
  ];
  return parts.filter(Boolean).join(' ');
}

function ruleText(rule: Published, clean: Clean): string {
  const { validation_rule: name, validation_value: value, validation_error: error } = rule;
  if (typeof error === 'string' && error.trim() !== '') return error;
  if (typeof name !== 'string') return '';
  return `${name.replace(/_/g, ' ')} ${isClean(value, clean) ? JSON.stringify(value) : ''}`;
}
