import { ToolError } from '../../errors.ts';
import { MODELS } from '../../models/built-in/index.ts';
import { cleanEntry } from '../../models/clean-entry.ts';
import { schemaChanges } from '../../models/schema-changes.ts';
import type { RunComfy } from '../../runcomfy/client.ts';
import { quoteUntrusted } from '../../runcomfy/sanitize.ts';
import { jsonSchema } from '../../tools/support/schema.ts';
import { type Mark, row, say } from '../terminal.ts';

// In ms, for all models together.
const WITHIN = 10_000;
const MAX_CHANGES = 4;

/** What came of the comparison of one model. */
type Compared = { changes: string[] } | { problem: string; isKeyRefused: boolean };

/**
 * Compares the inputs of the built-in models with what RunComfy publishes now, and prints a line for each that differs:
 * at most one more than there are models. False where the key is refused; all else that goes wrong is only told.
 */
export async function checkModels(
  api: Pick<RunComfy, 'model'>,
  redact: (text: string) => string,
): Promise<boolean> {
  const signal = AbortSignal.timeout(WITHIN);
  const found = await Promise.all(
    MODELS.map(async (model) => ({ id: model.id, compared: await compare(model, api, redact, signal) })),
  );
  const line = (mark: Mark, id: string, text: string) => row(mark, 'models', `${id}: ${text}`);
  let same = 0;
  let isKeyRefused = false;
  for (const { id, compared } of found) {
    if ('problem' in compared) {
      line('?', id, `not compared: ${compared.problem}`);
      isKeyRefused ||= compared.isKeyRefused;
    } else if (compared.changes.length > 0) line('new', id, changesText(compared.changes, redact));
    else same++;
  }
  if (same > 0)
    row('yes', 'models', `${same} of ${MODELS.length} built-in ones are what RunComfy publishes now`);
  if (found.some(({ compared }) => 'changes' in compared && compared.changes.length > 0))
    say('        The tools do not change: RunComfy refuses what is gone, and they do not offer what is new.');
  return !isKeyRefused;
}

function changesText(changes: readonly string[], redact: (text: string) => string): string {
  const shown = changes.slice(0, MAX_CHANGES).map((change) => quoteUntrusted(change, { redact }));
  const more = changes.length - shown.length;
  return `changed: ${shown.join('; ')}${more > 0 ? `; and ${more} more` : ''}`;
}

async function compare(
  { id, input }: (typeof MODELS)[number],
  api: Pick<RunComfy, 'model'>,
  redact: (text: string) => string,
  signal: AbortSignal,
): Promise<Compared> {
  try {
    const { input_schema } = cleanEntry(await api.model(id, signal), redact);
    if (!input_schema) return { problem: 'RunComfy told no input of it.', isKeyRefused: false };
    return { changes: schemaChanges(jsonSchema(input, 'input'), input_schema) };
  } catch (error) {
    if (signal.aborted)
      return { problem: `RunComfy did not answer within ${WITHIN / 1000} s.`, isKeyRefused: false };
    if (!(error instanceof ToolError)) throw error;
    return { problem: error.message, isKeyRefused: error.code === 'key_refused' };
  }
}
