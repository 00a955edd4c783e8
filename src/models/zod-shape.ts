import * as z from 'zod';
import type { InputSchema } from './clean-input.ts';

/** The fields of a cleaned input. They refuse only what the service surely would; what is not understood is let through. */
export const zodShape = (
  fields: InputSchema['properties'],
  required: readonly string[] = [],
): z.ZodRawShape =>
  Object.fromEntries(
    Object.entries(fields ?? {}).map(([name, field]) => [name, zodField(field, required.includes(name))]),
  );

function zodField(schema: InputSchema, isRequired: boolean): z.ZodType {
  const type = zodType(schema);
  // A blank text would be paid for.
  const field =
    isRequired && type instanceof z.ZodString
      ? type.refine((text) => text.trim() !== '', 'must not be empty')
      : type;
  const { description, default: fallback } = schema;
  // Registered directly, as meta() would clone each field, half of the time that a start takes for it.
  z.globalRegistry.add(field, {
    ...z.globalRegistry.get(type),
    ...(description !== undefined && { description }),
    ...(fallback !== undefined && { default: fallback }),
  });
  return isRequired ? field : field.optional();
}

function zodType({ type, enum: choices, minimum, maximum, ...schema }: InputSchema): z.ZodType {
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
      return bounded(
        z.array(schema.items ? zodType(schema.items) : anything()),
        schema.minItems,
        schema.maxItems,
      );
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
