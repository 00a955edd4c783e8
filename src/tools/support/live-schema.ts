import { ToolError } from '../../errors.ts';
import type { Catalogue } from '../../models/catalogue.ts';
import { modelFromSchema } from '../../models/from-schema.ts';
import { shorten } from '../../runcomfy/sanitize.ts';
import { inputProblems } from './arguments.ts';
import { jsonSchema } from './schema.ts';

// How much of a schema an error tells, in fields and in characters of each.
const MAX_NAMED = 5;
const MAX_FIELD = 1_000;

/**
 * A refusal of an input that our schema allowed, with what the model's schema of this moment says of the field: it may
 * have changed since ours was read. The refusal itself where nothing more is known.
 */
export async function withLiveSchema(
  refusal: ToolError,
  modelId: string,
  input: Record<string, unknown>,
  catalogue: Catalogue,
): Promise<ToolError> {
  const entry = await catalogue.now(modelId);
  if (!entry) return refusal;
  const live = modelFromSchema(entry).input;
  const problems = inputProblems(live, input);
  const named = Object.entries(live.shape)
    .filter(([name]) => new RegExp(`\\b${name.replace(/\W/g, '\\$&')}\\b`).test(refusal.message))
    .slice(0, MAX_NAMED)
    .map(
      ([name, field]) => `${name} takes ${shorten(JSON.stringify(jsonSchema(field, 'input')), MAX_FIELD)}`,
    );
  const said = problems.length > 0 ? problems : named;
  if (said.length === 0) return refusal;
  return new ToolError(
    refusal.code,
    `${refusal.message} RunComfy's current schema says: ${said.join('; ')}.`,
    {
      next: refusal.next,
      charged: refusal.charged,
      cause: refusal,
    },
  );
}
