import * as z from 'zod';
import { quoteUntrusted } from '../runcomfy/sanitize.ts';
import type { CleanEntry } from './clean-entry.ts';
import { holdsImages, type InputSchema } from './clean-input.ts';
import type { Model } from './define.ts';
import { priceText } from './price.ts';
import { mediaKindOf } from './tasks.ts';

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

/** The fields of a cleaned input. They refuse only what the service surely would; what is not understood is let through. */
const zodShape = (fields: InputSchema['properties'], required: readonly string[] = []): z.ZodRawShape =>
  Object.fromEntries(
    Object.entries(fields ?? {}).map(([name, field]) => [name, zodField(field, required.includes(name))]),
  );

function zodField(schema: InputSchema, isRequired: boolean): z.ZodType {
  const type = zodType(schema);
  // A blank text would be paid for.
  const mayBeBlank = !isRequired || !(type instanceof z.ZodString);
  const field = mayBeBlank ? type : type.refine((text) => text.trim() !== '', 'must not be empty');
  const { description, default: fallback } = schema;
  // Registered directly, as meta() would clone each field, half of the time that a start takes for it.
  z.globalRegistry.add(field, {
    ...z.globalRegistry.get(type),
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
  });
  return isRequired ? field : field.optional();
}

function zodType(schema: InputSchema): z.ZodType {
  const { type, enum: choices, minimum, maximum, items, minItems, maxItems } = schema;
  if (choices) return choice(choices);
  switch (type) {
    case 'string':
      return z.string();
    case 'integer':
      return bounded(z.int(), minimum, maximum);
    case 'number':
      return bounded(z.number(), minimum, maximum);
    case 'boolean':
      return z.boolean();
    case 'array':
      return bounded(z.array(items ? zodType(items) : anything()), minItems, maxItems);
    case 'object':
      return z.looseObject(zodShape(schema.properties));
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
  min: number | undefined,
  max: number | undefined,
): Type {
  const above = min === undefined ? type : type.min(min);
  return max === undefined ? above : above.max(max);
}
