import { ToolError } from '../../errors.ts';
import { MODELS } from '../../models/built-in/index.ts';
import { cleanInput } from '../../models/clean-input.ts';
import type { Model } from '../../models/define.ts';
import { schemaChanges } from '../../models/schema-changes.ts';
import type { RunComfy } from '../../runcomfy/client.ts';
import { MAX_TEXT, quoteUntrusted } from '../../runcomfy/sanitize.ts';
import { jsonSchema } from '../../tools/support/schema.ts';
import { row, say } from '../terminal.ts';

// In ms, for all models together.
const TIMEOUT = 10_000;
const MAX_CHANGES = 4;

/**
 * Compares the inputs of the built-in models with what RunComfy publishes now, and prints a line for each that differs.
 * False if the key is refused; nothing else fails the doctor.
 */
export async function checkModels(
  api: Pick<RunComfy, 'model'>,
  redact: (text: string) => string,
): Promise<boolean> {
  const signal = AbortSignal.timeout(TIMEOUT);
  const compared = await Promise.all(
    MODELS.map(async (model) => ({ id: model.id, ...(await compare(model, api, signal)) })),
  );
  for (const { id, changes = [], problem } of compared) {
    if (problem !== undefined) row('?', 'models', `${id}: not compared: ${problem}`);
    else if (changes.length > 0) row('new', 'models', `${id}: ${changesText(changes, redact)}`);
  }
  const same = compared.filter(({ changes }) => changes?.length === 0).length;
  if (same > 0)
    row('yes', 'models', `${same} of ${MODELS.length} built-in ones are what RunComfy publishes now`);
  if (compared.some(({ changes = [] }) => changes.length > 0))
    say('        The tools do not change: RunComfy refuses what is gone, and they do not offer what is new.');
  return !compared.some(({ isKeyRefused }) => isKeyRefused);
}

function changesText(changes: readonly string[], redact: (text: string) => string): string {
  const shown = changes.slice(0, MAX_CHANGES).map((change) => quoteUntrusted(change, { redact }));
  const more = changes.length - shown.length;
  return `changed: ${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

/** How a model has changed, or why that is not known. */
async function compare(
  { id, input }: Model,
  api: Pick<RunComfy, 'model'>,
  signal: AbortSignal,
): Promise<{ changes?: string[]; problem?: string; isKeyRefused?: boolean }> {
  try {
    const { input_schema } = await api.model(id, signal);
    // Its texts are only cut: each line is sanitized when it is printed.
    const published = input_schema && cleanInput(input_schema, (text) => text.slice(0, MAX_TEXT));
    if (!published) return { problem: 'RunComfy publishes no input for it.' };
    return { changes: schemaChanges(jsonSchema(input), published) };
  } catch (error) {
    if (signal.aborted) return { problem: `RunComfy did not answer within ${TIMEOUT / 1000} s.` };
    if (!(error instanceof ToolError)) throw error;
    return { problem: error.message, isKeyRefused: error.code === 'key_refused' };
  }
}
