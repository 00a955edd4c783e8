import type { CatalogueEntry } from '../runcomfy/catalogue-entry.ts';
import { quoteUntrusted } from '../runcomfy/sanitize.ts';
import { isFieldName, objectOf, type Published } from './published-field.ts';

// What is kept of an entry. Published inputs have up to some 30 fields in 10 kB; beyond these bounds an entry is not
// worth the memory, the disk and the context that it would cost.
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
 * An entry of the catalogue as it may be kept and shown: every text cut, cleaned and without the key, the input with
 * nothing but what is understood of it, at most 64 kB. An input that is larger is as good as none: the service checks.
 */
export function cleanEntry(entry: CatalogueEntry, redact: (text: string) => string): CatalogueEntry {
  const clean = (text: string, max = MAX_TEXT) => quoteUntrusted(text, { redact, max });
  const { model_id, display_name, description, categories, price_unit, pricing_note } = entry;
  const input = entry.input_schema && inputOf(entry.input_schema, clean);
  return {
    // First, as the file of the catalogue is searched by it.
    model_id,
    ...(display_name !== undefined && { display_name: clean(display_name) }),
    description: clean(description, MAX_DESCRIPTION),
    categories: categories.slice(0, MAX_CATEGORIES).map((category) => clean(category)),
    ...(entry.base_price_usd !== undefined && { base_price_usd: entry.base_price_usd }),
    ...(price_unit !== undefined && { price_unit: clean(price_unit) }),
    ...(pricing_note !== undefined && { pricing_note: clean(pricing_note) }),
    required_inputs: namesOf(entry.required_inputs),
    ...(input && { input_schema: input }),
  };
}

type Clean = (text: string, most?: number) => string;

function inputOf({ required, properties }: Published, clean: Clean): Published | undefined {
  if (Object.keys(objectOf(properties)).length > MAX_FIELDS) return undefined;
  const input = {
    type: 'object',
    required: namesOf(required),
    properties: fieldsOf(properties, clean, 1),
  };
  return JSON.stringify(input).length > MAX_INPUT ? undefined : input;
}

function fieldsOf(properties: unknown, clean: Clean, depth: number): Published {
  const fields = Object.entries(objectOf(properties)).slice(0, MAX_FIELDS);
  return Object.fromEntries(
    fields.flatMap(([name, field]) =>
      isFieldName(name) ? [[name, fieldOf(objectOf(field), clean, depth)]] : [],
    ),
  );
}

const NUMBERS = ['minimum', 'maximum', 'minLength', 'maxLength', 'minItems', 'maxItems'];
const WORDS = ['title', 'description', 'format'];

function fieldOf(published: Published, clean: Clean, depth: number): Published {
  const field: Published = {};
  for (const name of NUMBERS) if (typeof published[name] === 'number') field[name] = published[name];
  for (const name of WORDS) if (typeof published[name] === 'string') field[name] = clean(published[name]);
  const type = [published.type].flat().find((one) => typeof one === 'string' && one !== 'null');
  if (typeof type === 'string') field.type = clean(type);
  if (isPlain(published.default, clean)) field.default = published.default;
  if (Array.isArray(published.enum)) Object.assign(field, choicesOf(published.enum, field, clean));
  if (Array.isArray(published.validations))
    field.validations = published.validations.slice(0, MAX_RULES).map((rule) => ruleOf(rule, clean));
  if (depth === MAX_DEPTH) return field;
  if (published.items !== undefined) field.items = fieldOf(objectOf(published.items), clean, depth + 1);
  if (published.properties !== undefined) field.properties = fieldsOf(published.properties, clean, depth + 1);
  return field;
}

/** The choices; in words only where there are too many, or such as could not be told as they are. */
function choicesOf(choices: unknown[], { description, title }: Published, clean: Clean): Published {
  if (choices.length <= MAX_CHOICES && choices.every((choice) => isPlain(choice, clean)))
    return { enum: choices };
  const samples = choices.slice(0, 3).filter((choice) => typeof choice === 'string');
  const told = samples.map((choice) => clean(choice, 40)).join(', ');
  const such = told === '' ? '' : `, such as ${told}`;
  return { description: clean(`One of ${choices.length} values${such}. ${description || title || ''}`) };
}

/** Whether a value can be told and sent as it is. */
function isPlain(value: unknown, clean: Clean): boolean {
  if (typeof value === 'string') return value === clean(value, MAX_CHOICE);
  return value === null || typeof value === 'number' || typeof value === 'boolean';
}

function ruleOf(rule: unknown, clean: Clean): Published {
  const { validation_rule, validation_value, validation_error } = objectOf(rule);
  return {
    ...(typeof validation_rule === 'string' && { validation_rule: clean(validation_rule) }),
    ...(isPlain(validation_value, clean) && { validation_value }),
    ...(typeof validation_error === 'string' && { validation_error: clean(validation_error) }),
  };
}

const namesOf = (names: unknown): string[] =>
  (Array.isArray(names) ? names : [])
    .filter((name): name is string => typeof name === 'string' && isFieldName(name))
    .slice(0, MAX_FIELDS);
