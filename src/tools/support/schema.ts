import * as z from 'zod';

const made = { input: new WeakMap<z.ZodType, JsonSchema>(), output: new WeakMap<z.ZodType, JsonSchema>() };

export type JsonSchema = Record<string, unknown>;

/** The JSON Schema of a tool's input or output as clients see it, free of what some hosts refuse. Made once a schema. */
export function jsonSchema(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  const shown = made[io].get(schema) ?? convert(schema, io);
  made[io].set(schema, shown);
  return shown;
}

function convert(schema: z.ZodType, io: 'input' | 'output'): JsonSchema {
  // The dialect goes unnamed: MCP's default is 2020-12, and validators built for draft-07 refuse its URI.
  const { $schema: _, ...shown } = z.toJSONSchema(schema, {
    io,
    override({ jsonSchema }) {
      // zod shows the bounds of exact integers where a schema has none.
      if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
      if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
      // An open object is shown without the empty schema that stands for "anything".
      if (typeof jsonSchema.additionalProperties === 'object') delete jsonSchema.additionalProperties;
    },
  });
  return shown;
}
