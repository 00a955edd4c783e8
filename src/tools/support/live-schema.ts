import { ToolError } from '../../errors.ts';
import type { Catalogue } from '../../models/catalogue.ts';
import { modelFromSchema } from '../../models/from-schema.ts';
import { shorten } from '../../runcomfy/sanitize.ts';
import { inputProblems } from './arguments.ts';
import { shownSchema } from './shown-schema.ts';
import type { Surface } from './surface.ts';

// How much of a schema an error shows: fields, and characters of each.
const MAX_FIELDS = 5;
const MAX_FIELD_LENGTH = 1_000;

/**
 * RunComfy's refusal of an input that our schema allowed, with what the model's current schema says of it: that may
 * have changed since ours was read. The refusal itself if nothing more is known.
 */
export async function withLiveSchema(
  refusal: ToolError,
  modelId: string,
  input: Record<string, unknown>,
  { catalogue, surface }: { catalogue: Catalogue; surface: Surface },
): Promise<ToolError> {
  const entry = await catalogue.now(modelId);
  if (!entry) return refusal;
  const schema = modelFromSchema(entry).input;
  const isNamed = (field: string) =>
    new RegExp(`\\b${field.replace(/\W/g, '\\$&')}\\b`).test(refusal.message);
  const fields = Object.entries(schema.shape)
    .filter(([name]) => isNamed(name))
    .slice(0, MAX_FIELDS)
    .map(([name, field]) => [name, shorten(JSON.stringify(shownSchema(field, surface)), MAX_FIELD_LENGTH)]);
  const problems = inputProblems(schema, input);
  const said = problems.length > 0 ? problems : fields.map(([name, field]) => `${name} takes ${field}`);
  if (said.length === 0) return refusal;
  const { code, message, next, charged, failure } = refusal;
  const current = `RunComfy's current schema says: ${said.join('; ')}.`;
  return new ToolError(code, `${message} ${current}`, { next, charged, failure, cause: refusal });
}
