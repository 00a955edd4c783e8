import * as z from 'zod';
import type { CatalogueEntry } from '../runcomfy/catalogue-entry.ts';
import { quoteUntrusted } from '../runcomfy/sanitize.ts';
import type { Model } from './define.ts';
import { priceWords } from './price.ts';
import { fieldOf, holdsImages, isFieldName, objectOf, type Published } from './published-field.ts';
import { makes } from './tasks.ts';

const UNDEFINED_FIELD =
  'Named as required by RunComfy, but not defined: leave it out unless RunComfy asks for it.';

/** A model of the catalogue in the form of the built-in ones. */
export function liveModel(entry: CatalogueEntry): Model {
  const { model_id, display_name, description } = entry;
  const title = quoteUntrusted(display_name ?? '') || model_id;
  const price = priceWords(entry);
  const fields = objectOf(entry.input_schema?.properties);
  return {
    id: model_id,
    title,
    description: [
      quoteUntrusted(description) || `${title}.`,
      `Model ${model_id}${price === undefined ? '' : `, ${price} (no quote)`}.`,
    ].join(' '),
    input: inputOf(entry),
    makes: makes(entry),
    imageFields: Object.keys(fields).filter(
      (name) => isFieldName(name) && holdsImages(objectOf(fields[name])),
    ),
  };
}

/** The published input, closed where its fields are known; what names no field is open, as the service decides. */
function inputOf({ input_schema }: CatalogueEntry): z.ZodObject {
  const fields = Object.entries(objectOf(input_schema?.properties)).filter(([name]) => isFieldName(name));
  if (fields.length === 0) return z.looseObject({});
  const required = requiredOf(input_schema);
  const undefinedOnes = required.filter((name) => isFieldName(name) && !fields.some(([own]) => own === name));
  return z.strictObject({
    ...Object.fromEntries(
      fields.map(([name, published]) => [name, fieldOf(objectOf(published), name, required.includes(name))]),
    ),
    ...Object.fromEntries(
      undefinedOnes.map((name) => [
        name,
        z.unknown().meta({ type: 'string', description: UNDEFINED_FIELD }).optional(),
      ]),
    ),
  });
}

const requiredOf = (schema: Published | undefined): string[] =>
  Array.isArray(schema?.required) ? schema.required.filter((name) => typeof name === 'string') : [];

/** What a call has to give, of what can be given. */
export function requiredInputs({ input_schema, required_inputs }: CatalogueEntry): string[] {
  const fields = objectOf(input_schema?.properties);
  const named = input_schema
    ? requiredOf(input_schema).filter((name) => Object.hasOwn(fields, name))
    : required_inputs;
  return [...new Set(named)];
}
