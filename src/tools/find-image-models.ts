import * as z from 'zod';
import type { Known } from '../catalogue/catalogue.ts';
import { liveModel, priceWords, requiredInputs } from '../catalogue/live-model.ts';
import { makes, search, TASK_NAMES } from '../catalogue/search.ts';
import { quotable } from '../runcomfy/quote.ts';
import type { CatalogueEntry } from '../runcomfy/wire.ts';
import { type Answer, defineTool, type ToolContext } from './define.ts';
import { readFreely } from './free-read.ts';
import { jsonSchema } from './schema.ts';

const PAGE = 10;
const MAX_ABOUT = 120;
const NO_QUOTE =
  "Prices are the catalogue's base prices, no quotes: cost_usd of a result is what was charged.";

export const findImageModels = defineTool({
  name: 'find_image_models',
  title: 'Find image models',
  description:
    "Search RunComfy's catalogue for models to run with run_image_model. Give model, an exact id, for its full input schema. Costs nothing.",
  input: z.strictObject({
    query: z.string().optional().meta({ description: 'What it should do or is called.' }),
    task: z.enum(TASK_NAMES).optional().meta({ description: 'Only models for this.' }),
    page: z
      .int()
      .min(1)
      .max(500)
      .optional()
      .meta({ description: `Pages of ${PAGE}, from 1.` }),
    model: z.string().optional().meta({ description: 'Model id to describe.' }),
  }),
  output: z.looseObject({ models: z.array(z.looseObject({ model: z.string() })) }),
  annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
  async run({ query = '', task, page = 1, model }, context) {
    if (model !== undefined) return describeModel(model.trim(), context);
    const known = await readFreely(context, context.catalogue.all);
    const found = search(known.what, query, task);
    const rows = found.slice((page - 1) * PAGE, page * PAGE).map(rowOf);
    const notes = [
      ...(rows.some(({ price }) => price) ? [NO_QUOTE] : []),
      ...staleNote(known, context.now()),
    ];
    const next = nextStep(rows.length, page, found.length);
    const head = `${found.length} of ${known.what.length} models${found.length > PAGE ? `, page ${page} of ${Math.ceil(found.length / PAGE)}` : ''}.`;
    return {
      text: [head, ...rows.map(lineOf), ...notes, next].join('\n'),
      data: { models: rows, total: found.length, page, ...(notes.length > 0 && { notes }), next },
      links: [],
    };
  },
});

function nextStep(shown: number, page: number, found: number): string {
  if (found === 0) return 'Use fewer or other words, or leave out task.';
  if (shown === 0) return 'There is no such page.';
  const more = page * PAGE < found ? ` Page ${page + 1} has more.` : '';
  return `Give model for the input schema of one.${more}`;
}

async function describeModel(id: string, context: ToolContext): Promise<Answer> {
  const known = await readFreely(context, (signal) => context.catalogue.model(id, signal));
  const row = rowOf(known.what);
  const input_schema = jsonSchema(liveModel(known.what).input, 'input');
  const notes = [...(row.price ? [NO_QUOTE] : []), ...staleNote(known, context.now())];
  const next = `Call run_image_model with model "${row.model}".`;
  return {
    text: [lineOf(row), `Input: ${JSON.stringify(input_schema)}`, ...notes, next].join('\n'),
    data: { models: [{ ...row, input_schema }], ...(notes.length > 0 && { notes }), next },
    links: [],
  };
}

/** A model in short, as data. */
function rowOf(entry: CatalogueEntry) {
  const price = priceWords(entry);
  const kind = makes(entry);
  return {
    model: entry.model_id,
    ...(entry.display_name && { name: quotable(entry.display_name) }),
    about: quotable(entry.description, { most: MAX_ABOUT }),
    ...(kind !== 'image' && { makes: kind }),
    ...(price !== undefined && { price }),
    required: requiredInputs(entry),
  };
}

function lineOf({ model, name, about, makes: kind, price, required }: ReturnType<typeof rowOf>): string {
  const parts = [
    model,
    name,
    about,
    kind && `makes ${kind}`,
    price,
    `needs ${required.join(', ') || 'nothing'}`,
  ];
  return parts.filter(Boolean).join(' | ');
}

/** How old an answer is that should be newer, and why. */
function staleNote({ at, problem }: Known<unknown>, now: number): string[] {
  if (!problem) return [];
  const minutes = Math.max(0, Math.round((now - at) / 60_000));
  const hours = Math.round(minutes / 60);
  const age =
    minutes < 120 ? `${minutes} minutes` : hours < 72 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
  return [`This catalogue is ${age} old, as reading it anew failed: ${problem.message}`];
}
