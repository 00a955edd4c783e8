import { objectOf } from '../json.ts';
import type { CatalogueEntry } from '../runcomfy/catalogue-entry.ts';
import { quoteUntrusted } from '../runcomfy/sanitize.ts';
import {
  BOUNDS,
  fieldsOf,
  isFieldName,
  type PublishedSchema,
  requiredOf,
  typeOf,
} from './published-schema.ts';

// What is kept of an entry. Published inputs have up to some 30 fields in 10 kB; an entry beyond these bounds is not
// worth the memory, the disk and the context that it would take.
const MAX_DESCRIPTION = 1_000;
const MAX_TEXT = 240;
const MAX_CATEGORIES = 20;
const MAX_FIELDS = 100;
const MAX_CHOICES = 200;
const MAX_CHOICE = 120;
const MAX_RULES = 8;
const MAX_DEPTH = 5;
const MAX_INPUT = 64 << 10;

/**
 * An entry of the catalogue as it may be kept and shown: every text cut, sanitized and without the key; of the input only
 * what is understood, at most 64 kB. A larger input is left out: the service checks it.
 */
export function cleanEntry(entry: CatalogueEntry, redact: (text: string) => string): CatalogueEntry {
  const clean: Clean = (text, max = MAX_TEXT) => quoteUntrusted(text, { redact, max });
  const { model_id, display_name, base_price_usd, price_unit, pricing_note, input_schema } = entry;
  return {
    // First, as the catalogue's file is searched by it.
    model_id,
    display_name: display_name && clean(display_name),
    description: clean(entry.description, MAX_DESCRIPTION),
    categories: entry.categories.slice(0, MAX_CATEGORIES).map((category) => clean(category)),
    base_price_usd,
    price_unit: price_unit && clean(price_unit),
    pricing_note: pricing_note && clean(pricing_note),
    required_inputs: fieldNames(entry.required_inputs),
    input_schema: input_schema && cleanInput(input_schema, clean),
  };
}

type Clean = (text: string, max?: number) => string;

const fieldNames = (names: readonly string[]): string[] => names.filter(isFieldName).slice(0, MAX_FIELDS);

function cleanInput(published: PublishedSchema, clean: Clean): CatalogueEntry['input_schema'] {
  if (fieldsOf(published).size > MAX_FIELDS) return undefined;
  const input = {
    type: 'object',
    required: fieldNames(requiredOf(published)),
    properties: cleanFields(published, clean, 1),
  };
  return JSON.stringify(input).length > MAX_INPUT ? undefined : input;
}

const cleanFields = (published: PublishedSchema, clean: Clean, depth: number) =>
  Object.fromEntries(
    [...fieldsOf(published)]
      .slice(0, MAX_FIELDS)
      .map(([name, field]) => [name, cleanField(field, clean, depth)]),
  );

function cleanField(published: PublishedSchema, clean: Clean, depth: number): PublishedSchema {
  const { default: fallback, enum: choices, validations, items, properties } = published;
  const field: Record<string, unknown> = {};
  for (const name of BOUNDS) if (typeof published[name] === 'number') field[name] = published[name];
  for (const name of ['title', 'description', 'format'])
    if (typeof published[name] === 'string') field[name] = clean(published[name]);
  // Not what its choices tell, as they may not be kept.
  const type = typeOf({ type: published.type });
  if (type) field.type = type;
  if (isClean(fallback, clean)) field.default = fallback;
  if (Array.isArray(choices)) Object.assign(field, cleanChoices(choices, field, clean));
  if (Array.isArray(validations))
    field.validations = validations.slice(0, MAX_RULES).map((rule) => cleanRule(objectOf(rule), clean));
  if (depth === MAX_DEPTH) return field;
  if (items !== undefined) field.items = cleanField(objectOf(items), clean, depth + 1);
  if (properties !== undefined) field.properties = cleanFields(published, clean, depth + 1);
  return field;
}

/** The choices; only described if there are too many, or one that could not be shown as it is. */
function cleanChoices(
  choices: unknown[],
  { description, title }: PublishedSchema,
  clean: Clean,
): PublishedSchema {
  if (choices.length <= MAX_CHOICES && choices.every((choice) => isClean(choice, clean)))
    return { enum: choices };
  const samples = choices.slice(0, 3).filter((choice) => typeof choice === 'string');
  const examples = samples.map((choice) => clean(choice, 40)).join(', ');
  const such = examples && `, such as ${examples}`;
  return { description: clean(`One of ${choices.length} values${such}. ${description || title || ''}`) };
}

/** Whether a value can be shown and sent as it is. */
function isClean(value: unknown, clean: Clean): boolean {
  if (typeof value === 'string') return value === clean(value, MAX_CHOICE);
  return value === null || typeof value === 'number' || typeof value === 'boolean';
}

function cleanRule(rule: PublishedSchema, clean: Clean): PublishedSchema {
  const { validation_rule, validation_value, validation_error } = rule;
  return {
    ...(typeof validation_rule === 'string' && { validation_rule: clean(validation_rule) }),
    ...(isClean(validation_value, clean) && { validation_value }),
    ...(typeof validation_error === 'string' && { validation_error: clean(validation_error) }),
  };
}
