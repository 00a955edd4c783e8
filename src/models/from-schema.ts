import * as z from 'zod';
import { quoteUntrusted } from '../runcomfy/sanitize.ts';
import type { CleanEntry } from './clean-entry.ts';
import { holdsImages } from './clean-input.ts';
import type { Model } from './define.ts';
import { priceText } from './price.ts';
import { mediaKindOf } from './tasks.ts';
import { zodShape } from './zod-shape.ts';

const UNDEFINED_FIELD =
  'Named as required by RunComfy, but not defined: leave it out unless RunComfy asks for it.';

/** A model of the catalogue in the form of the built-in ones. */
export function modelFromSchema(entry: CleanEntry): Model {
  const { model_id, display_name, description, input_schema } = entry;
  const title = display_name || model_id;
  const price = priceText(entry);
  const about = quoteUntrusted(description) || `${title}.`;
  const fields = Object.entries(input_schema?.properties ?? {});
  return {
    id: model_id,
    title,
    description: `${about} Model ${model_id}${price === undefined ? '' : `, ${price} (no quote)`}.`,
    input: inputOf(entry),
    mediaKind: mediaKindOf(entry),
    imageFields: fields.flatMap(([name, field]) => (holdsImages(field) ? name : [])),
  };
}

/** The published input, closed if its fields are known; one without fields is open, as the service decides. */
function inputOf({ input_schema: { properties = {}, required = [] } = {} }: CleanEntry): z.ZodObject {
  if (Object.keys(properties).length === 0) return z.looseObject({});
  const undefinedFields = required
    .filter((name) => !Object.hasOwn(properties, name))
    .map((name) => [name, z.unknown().meta({ type: 'string', description: UNDEFINED_FIELD }).optional()]);
  return z.strictObject({ ...zodShape(properties, required), ...Object.fromEntries(undefinedFields) });
}

/** What a call has to give, of what can be given. */
export function requiredInputs({ input_schema, required_inputs }: CleanEntry): string[] {
  const { required = [], properties = {} } = input_schema ?? {};
  const names = input_schema ? required.filter((name) => Object.hasOwn(properties, name)) : required_inputs;
  return [...new Set(names)];
}
