import * as z from 'zod';
import { quoteUntrusted } from '../runcomfy/sanitize.ts';

export type Published = Record<string, unknown>;

/** Names of types as published schemas write them, with our own. */
const TYPES = new Map<string, Kind>([
  ['string', 'string'],
  ['str', 'string'],
  ['integer', 'integer'],
  ['int', 'integer'],
  ['number', 'number'],
  ['float', 'number'],
  ['boolean', 'boolean'],
  ['bool', 'boolean'],
  ['array', 'array'],
  ['list', 'array'],
  ['object', 'object'],
  ['dict', 'object'],
]);
type Kind = 'string' | 'integer' | 'number' | 'boolean' | 'array' | 'object';

// Objects within objects are shown so deep.
const DEEPEST = 3;
const MAX_DEFAULT = 24;

/** A key that every host takes, and that means nothing to JavaScript. */
export const isFieldName = (name: string): boolean =>
  /^(?!__)[A-Za-z0-9_.-]{1,64}$/.test(name) && !(name in Object.prototype);

/** The object that a value is, or an empty one. */
export const objectOf = (value: unknown): Published =>
  value && typeof value === 'object' && !Array.isArray(value) ? (value as Published) : {};

/**
 * A published field as one that can be shown everywhere and checked. It refuses only what the service would surely
 * refuse; what is not understood is let through.
 */
export function fieldOf(published: Published, name: string, isRequired = false, depth = 0): z.ZodType {
  const check = checkOf(published, depth);
  const field =
    isRequired && check instanceof z.ZodString ? check.refine(isSaid, 'must not be empty') : check;
  const fallback = defaultOf(published);
  const description = describe(published, name);
  // Told to the registry, as meta() would make each field anew, half of a start's time for it.
  z.globalRegistry.add(field, {
    ...z.globalRegistry.get(check),
    description: fallback === undefined ? description : `${description} Default: ${fallback}.`,
    ...(fallback !== undefined && { default: fallback }),
  });
  return isRequired ? field : field.optional();
}

/** A blank text would be paid for. */
const isSaid = (text: string): boolean => text.trim() !== '';

function checkOf(published: Published, depth: number): z.ZodType {
  const kind = kindOf(published);
  const values = valuesOf(published.enum);
  if (values.length > 0) return choiceOf(values);
  switch (kind) {
    case 'string':
      return z.string();
    case 'integer':
      return bounded(z.int(), published);
    case 'number':
      return bounded(z.number(), published);
    case 'boolean':
      return z.boolean();
    case 'array':
      return listOf(published, depth);
    case 'object':
      return depth < DEEPEST ? openObject(published, depth) : z.looseObject({});
    default:
      return anything();
  }
}

/** Taken as it is, but shown as a text: some hosts refuse fields without a type. */
const anything = () => z.unknown().meta({ type: 'string' });

/** The type, or what the values tell of it. Unions are not looked into. */
function kindOf({ type, enum: values, properties }: Published): Kind | undefined {
  const named = Array.isArray(type) ? type.find((one) => one !== 'null') : type;
  if (typeof named === 'string') return TYPES.get(named.toLowerCase());
  if (properties) return 'object';
  const [first] = valuesOf(values);
  return TYPES.get(typeof first);
}

/** The values of a choice. Null and a blank stand for leaving it out, and Gemini refuses a blank one. */
const valuesOf = (values: unknown): unknown[] =>
  Array.isArray(values) ? values.filter((value) => value !== null && value !== '') : [];

function choiceOf(values: readonly unknown[]): z.ZodType {
  if (values.every((value) => typeof value === 'string'))
    return z.enum([...new Set(values)] as [string, ...string[]]);
  // Some hosts take choices of texts only.
  const message = `must be one of ${values.map(String).join(', ')}`;
  if (!values.every((value) => typeof value === 'number')) return anything();
  const number = values.every(Number.isInteger) ? z.int() : z.number();
  return number.refine((value) => values.includes(value), message);
}

function bounded(number: z.ZodNumber, { minimum, maximum }: Published): z.ZodType {
  const [least, most] = [finite(minimum), finite(maximum)];
  if (least !== undefined && most !== undefined && least > most) return number;
  const above = least === undefined ? number : number.min(least);
  return most === undefined ? above : above.max(most);
}

function listOf({ items, minItems, maxItems }: Published, depth: number): z.ZodType {
  const item =
    depth < DEEPEST && Object.keys(objectOf(items)).length > 0
      ? checkOf(objectOf(items), depth + 1)
      : anything();
  const [least, most] = [finite(minItems), finite(maxItems)];
  const list = z.array(item);
  if (least !== undefined && most !== undefined && least > most) return list;
  const above = least === undefined ? list : list.min(least);
  return most === undefined ? above : above.max(most);
}

function openObject({ properties }: Published, depth: number): z.ZodType {
  const fields = Object.entries(objectOf(properties)).filter(([name]) => isFieldName(name));
  return z.looseObject(
    Object.fromEntries(
      fields.map(([name, inner]) => [name, fieldOf(objectOf(inner), name, false, depth + 1)]),
    ),
  );
}

const finite = (value: unknown): number | undefined =>
  typeof value === 'number' && Number.isFinite(value) ? value : undefined;

/** Whether a number is one that its field takes; not asked of zod, whose first check of a field costs a start 1 ms. */
function fits(
  number: number,
  kind: Kind | undefined,
  { enum: values, minimum, maximum }: Published,
): boolean {
  const isOfKind = kind === 'number' || (kind === 'integer' && Number.isInteger(number));
  const isInside = number >= (finite(minimum) ?? number) && number <= (finite(maximum) ?? number);
  return isOfKind && isInside && (!Array.isArray(values) || values.includes(number));
}

/** The published default, unless it is a sample: a text that is no choice and reads like one, a URL, a list. */
function defaultOf(published: Published): string | number | boolean | undefined {
  const { default: given, enum: values, format } = published;
  const kind = kindOf(published);
  if (typeof given === 'boolean') return kind === 'boolean' ? given : undefined;
  if (typeof given === 'number') return fits(given, kind, published) ? given : undefined;
  if (typeof given !== 'string' || given === '' || format !== undefined) return undefined;
  const isChoice = Array.isArray(values) && values.includes(given);
  const isWord = values === undefined && given.length <= MAX_DEFAULT && /^[\w.:-]+$/.test(given);
  return isChoice || isWord ? given : undefined;
}

/** Whether a field takes URLs of images, or one. The format is the reliable cue; names differ from model to model. */
export const holdsImages = ({ format, items }: Published): boolean =>
  [format, objectOf(items).format].some((cue) => cue === 'image_uri' || cue === 'image_uris');

/** What a field is, in the publisher's words where there are any, with the rules that it names. */
function describe(published: Published, name: string): string {
  const { description, title, enum: values, validations } = published;
  const said = [description, title].find((text) => typeof text === 'string' && text.trim() !== '');
  const choices = valuesOf(values);
  return [
    sentence(typeof said === 'string' ? said : name.replace(/[_-]+/g, ' ')),
    ...(holdsImages(published)
      ? [`${published.type === 'array' ? 'Public https URLs' : 'A public https URL'}.`]
      : []),
    ...(choices.some((value) => typeof value !== 'string')
      ? [`One of ${quoteUntrusted(choices.join(', '))}.`]
      : []),
    ...(Array.isArray(validations) ? validations.map((rule) => ruleWords(objectOf(rule))) : []),
  ]
    .filter(Boolean)
    .join(' ');
}

function ruleWords({
  validation_rule: rule,
  validation_value: value,
  validation_error: error,
}: Published): string {
  if (typeof error === 'string' && error.trim() !== '') return sentence(error);
  return typeof rule === 'string'
    ? sentence(`${rule.replace(/_/g, ' ')} ${JSON.stringify(value) ?? ''}`)
    : '';
}

function sentence(text: string): string {
  const line = quoteUntrusted(text);
  return /[.!?…]$/.test(line) ? line : `${line}.`;
}
