import * as z from 'zod';
import type { CatalogueEntry } from '../runcomfy/catalogue-entry.ts';
import { quoteUntrusted } from '../runcomfy/sanitize.ts';
import type { Model } from './define.ts';
import { priceText } from './price.ts';
import { fieldsOf, holdsImages, isFieldName, requiredOf } from './published-schema.ts';
import { mediaKindOf } from './tasks.ts';
import { zodField } from './zod-field.ts';

const UNDEFINED_FIELD =
  'Named as required by RunComfy, but not defined: leave it out unless RunComfy asks for it.';

/** A model of the catalogue in the form of the built-in ones. */
export function modelFromSchema(entry: CatalogueEntry): Model {
  const { model_id, display_name, description } = entry;
  const title = quoteUntrusted(display_name ?? '') || model_id;
  const price = priceText(entry);
  const about = quoteUntrusted(description) || `${title}.`;
  return {
    id: model_id,
    title,
    description: `${about} Model ${model_id}${price === undefined ? '' : `, ${price} (no quote)`}.`,
    input: inputOf(entry),
    mediaKind: mediaKindOf(entry),
    imageFields: [...fieldsOf(entry.input_schema)].flatMap(([name, field]) =>
      holdsImages(field) ? name : [],
    ),
  };
}

/** The published input, closed if its fields are known; one without fields is open, as the service decides. */
function inputOf({ input_schema }: CatalogueEntry): z.ZodObject {
  const fields = fieldsOf(input_schema);
  if (fields.size === 0) return z.looseObject({});
  const required = requiredOf(input_schema);
  const shape = [...fields].map(([name, field]) => [name, zodField(field, name, required.includes(name))]);
  const undefinedFields = required
    .filter((name) => isFieldName(name) && !fields.has(name))
    .map((name) => [name, z.unknown().meta({ type: 'string', description: UNDEFINED_FIELD }).optional()]);
  return z.strictObject(Object.fromEntries([...shape, ...undefinedFields]));
}

/** What a call has to give, of what can be given. */
export function requiredInputs({ input_schema, required_inputs }: CatalogueEntry): string[] {
  const fields = fieldsOf(input_schema);
  const required = input_schema
    ? requiredOf(input_schema).filter((name) => fields.has(name))
    : required_inputs;
  return [...new Set(required)];
}
