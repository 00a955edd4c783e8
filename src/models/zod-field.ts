import * as z from 'zod';
import { objectOf } from '../json.ts';
import { quoteUntrusted } from '../runcomfy/sanitize.ts';
import {
  choicesOf,
  fieldsOf,
  holdsImages,
  type PublishedSchema,
  rangeOf,
  typeOf,
} from './published-schema.ts';

// Objects inside objects are shown this deep.
const MAX_DEPTH = 3;
const MAX_DEFAULT = 24;

/**
 * A published field as one that can be shown everywhere and checked. It refuses only what the service surely would; what
 * is not understood is let through.
 */
export function zodField(published: PublishedSchema, name: string, isRequired = false, depth = 0): z.ZodType {
  const type = zodType(published, depth);
  // A blank text would be paid for.
  const field =
    isRequired && type instanceof z.ZodString
      ? type.refine((text) => text.trim() !== '', 'must not be empty')
      : type;
  const fallback = defaultOf(published);
  const description = describe(published, name);
  // Registered directly, as meta() would clone each field, half of the time that a start takes for it.
  z.globalRegistry.add(field, {
    ...z.globalRegistry.get(type),
    description: fallback === undefined ? description : `${description} Default: ${fallback}.`,
    ...(fallback !== undefined && { default: fallback }),
  });
  return isRequired ? field : field.optional();
}

function zodType(published: PublishedSchema, depth: number): z.ZodType {
  const { enum: values, minimum, maximum, items, minItems, maxItems } = published;
  const choices = choicesOf(values);
  if (choices.length > 0) return choice(choices);
  switch (typeOf(published)) {
    case 'string':
      return z.string();
    case 'integer':
      return bounded(z.int(), minimum, maximum);
    case 'number':
      return bounded(z.number(), minimum, maximum);
    case 'boolean':
      return z.boolean();
    case 'array':
      return bounded(
        z.array(depth < MAX_DEPTH ? zodType(objectOf(items), depth + 1) : anything()),
        minItems,
        maxItems,
      );
    case 'object': {
      const fields = depth < MAX_DEPTH ? [...fieldsOf(published)] : [];
      return z.looseObject(
        Object.fromEntries(fields.map(([name, field]) => [name, zodField(field, name, false, depth + 1)])),
      );
    }
    default:
      return anything();
  }
}

/** Accepts everything, but is shown as a text: some hosts refuse fields without a type. */
const anything = () => z.unknown().meta({ type: 'string' });

function choice(values: readonly unknown[]): z.ZodType {
  if (values.every((value) => typeof value === 'string'))
    return z.enum([...new Set(values)] as [string, ...string[]]);
  // Some hosts take enums of texts only.
  if (!values.every((value) => typeof value === 'number')) return anything();
  const number = values.every(Number.isInteger) ? z.int() : z.number();
  return number.refine((value) => values.includes(value), `must be one of ${values.join(', ')}`);
}

function bounded<Type extends { min(value: number): Type; max(value: number): Type }>(
  type: Type,
  lower: unknown,
  upper: unknown,
): Type {
  const { min, max } = rangeOf(lower, upper);
  const above = min === undefined ? type : type.min(min);
  return max === undefined ? above : above.max(max);
}

/** The published default, unless it is a sample: a text that is no choice and reads like one, a URL, a list. */
function defaultOf(published: PublishedSchema): string | number | boolean | undefined {
  const { default: value, enum: choices, format } = published;
  const isChoice = Array.isArray(choices) && choices.includes(value);
  if (typeof value === 'boolean') return typeOf(published) === 'boolean' ? value : undefined;
  if (typeof value === 'number')
    return (isChoice || !Array.isArray(choices)) && fits(value, published) ? value : undefined;
  if (typeof value !== 'string' || value === '' || format !== undefined) return undefined;
  const isWord = choices === undefined && value.length <= MAX_DEFAULT && /^[\w.:-]+$/.test(value);
  return isChoice || isWord ? value : undefined;
}

/** Whether a field takes a number; zod is not asked, as its first check of a field costs a start 1 ms. */
function fits(number: number, published: PublishedSchema): boolean {
  const type = typeOf(published);
  const { min = number, max = number } = rangeOf(published.minimum, published.maximum);
  const isOfType = type === 'number' || (type === 'integer' && Number.isInteger(number));
  return isOfType && number >= min && number <= max;
}

/** What a field is, in the publisher's words if there are any, with the rules that it names. */
function describe(published: PublishedSchema, name: string): string {
  const { description, title, enum: values, validations } = published;
  const text = [description, title].find((each) => typeof each === 'string' && each.trim() !== '');
  const choices = choicesOf(values);
  const parts = [sentence(typeof text === 'string' ? text : name.replace(/[_-]+/g, ' '))];
  if (holdsImages(published))
    parts.push(typeOf(published) === 'array' ? 'Public https URLs.' : 'A public https URL.');
  if (choices.some((value) => typeof value !== 'string'))
    parts.push(`One of ${quoteUntrusted(choices.join(', '))}.`);
  if (Array.isArray(validations)) parts.push(...validations.map((rule) => ruleText(objectOf(rule))));
  return parts.filter(Boolean).join(' ');
}

function ruleText(rule: PublishedSchema): string {
  const { validation_rule: name, validation_value: value, validation_error: error } = rule;
  if (typeof error === 'string' && error.trim() !== '') return sentence(error);
  return typeof name === 'string'
    ? sentence(`${name.replace(/_/g, ' ')} ${JSON.stringify(value) ?? ''}`)
    : '';
}

function sentence(text: string): string {
  const line = quoteUntrusted(text);
  return /[.!?…]$/.test(line) ? line : `${line}.`;
}
