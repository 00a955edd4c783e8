import * as z from 'zod';
import { parseBatch } from '../../jobs/handle.ts';
import { REQUEST_ID } from '../../runcomfy/replies.ts';

export type JsonSchema = Record<string, unknown>;

const converted = new WeakMap<z.ZodType, JsonSchema>();

/** A tool's input or output as the JSON Schema that clients see, without what some hosts refuse. Converted once. */
export function jsonSchema(schema: z.ZodType): JsonSchema {
  const shown = converted.get(schema) ?? convert(schema);
  converted.set(schema, shown);
  return shown;
}

function convert(schema: z.ZodType): JsonSchema {
  // The dialect goes unnamed: MCP's default is 2020-12, and validators built for draft-07 refuse its URI.
  const { $schema: _, ...shown } = z.toJSONSchema(schema, {
    io: 'input',
    override({ jsonSchema }) {
      // zod shows the bounds of exact integers where a schema has none.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      // An open object is shown without the empty schema that means "anything".
      if (typeof jsonSchema.additionalProperties === 'object') delete jsonSchema.additionalProperties;
    },
  });
  return shown;
}

const ID_RULE = 'must be 1 to 128 letters, digits, "-" or "_"';

/** A request id as an input; its form is checked here because it becomes part of a path. */
export function requestId(description: string) {
  return z
    .string()
    .refine((id) => REQUEST_ID.test(id), ID_RULE)
    .meta({ description });
}

/** A request id, or the name of a batch. */
export function requestIdOrBatch(description: string) {
  return z
    .string()
    .refine((id) => REQUEST_ID.test(id) || parseBatch(id) !== undefined, `${ID_RULE}, or batch:<id>`)
    .meta({ description });
}
