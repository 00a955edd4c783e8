import { ToolError } from '../errors.ts';
import { inputDrift } from '../models/drift.ts';
import { MODELS } from '../models/index.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import { quotable } from '../runcomfy/quote.ts';
import { jsonSchema } from '../tools/schema.ts';
import { paint, say } from './terminal.ts';

// In ms, for all models together.
const WITHIN = 10_000;
const MOST_LINES = 20;

/** What came of the comparison of one model. */
type Compared = { changes: string[] } | { problem: string; isKeyRefused: boolean };

/**
 * Compares the inputs of the built-in models with what RunComfy publishes now, and prints what changed. False where
 * the key is refused; all else that goes wrong is only told.
 */
export async function checkModels(
  api: Pick<RunComfy, 'model'>,
  redact: (text: string) => string,
): Promise<boolean> {
  say('\nModels, compared with what RunComfy publishes now', 'bold');
  const signal = AbortSignal.timeout(WITHIN);
  const found = await Promise.all(
    MODELS.map(async (model) => ({ id: model.id, ...(await compare(model, api, signal)) })),
  );
  for (const each of found) {
    if ('problem' in each) line('?', each.id, `not compared: ${each.problem}`);
    else if (each.changes.length === 0) line('same', each.id, 'unchanged');
    else {
      line('new', each.id, 'changed');
      for (const change of each.changes.slice(0, MOST_LINES))
        say(`          ${quotable(change, { redact })}`);
      const more = each.changes.length - MOST_LINES;
      if (more > 0) say(`          and ${more} more`);
    }
  }
  if (found.some((each) => 'changes' in each && each.changes.length > 0)) {
    say('  The tools stay as they are: what is gone RunComfy refuses, what is new they do not offer.');
  }
  return !found.some((each) => 'problem' in each && each.isKeyRefused);
}

async function compare(
  { id, input }: (typeof MODELS)[number],
  api: Pick<RunComfy, 'model'>,
  signal: AbortSignal,
): Promise<Compared> {
  try {
    const { input_schema } = await api.model(id, signal);
    if (!input_schema) return { problem: 'RunComfy told no input of it.', isKeyRefused: false };
    return { changes: inputDrift(jsonSchema(input, 'input'), input_schema) };
  } catch (error) {
    if (signal.aborted)
      return { problem: `RunComfy did not answer within ${WITHIN / 1000} s.`, isKeyRefused: false };
    if (!(error instanceof ToolError)) throw error;
    return { problem: error.message, isKeyRefused: error.code === 'key_refused' };
  }
}

const COLOURS = { same: 'green', new: 'yellow', '?': 'red' } as const;
const line = (mark: keyof typeof COLOURS, id: string, text: string) =>
  say(`  ${paint(mark.padEnd(4), COLOURS[mark])}  ${id}: ${text}`);
