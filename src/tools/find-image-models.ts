import * as z from 'zod';
import type { Wait } from '../jobs/calls.ts';
import type { Cached } from '../models/catalogue.ts';
import { modelFromSchema, requiredInputs } from '../models/from-schema.ts';
import { priceText } from '../models/price.ts';
import type { SearchResult } from '../models/search.ts';
import { mediaKindOf, TASK_NAMES } from '../models/tasks.ts';
import type { CatalogueEntry } from '../runcomfy/catalogue-entry.ts';
import { MEDIA_KINDS } from '../runcomfy/outputs.ts';
import { quoteUntrusted } from '../runcomfy/sanitize.ts';
import { type Answer, defineTool, type Services, type Tool } from './support/define.ts';
import { readFreely } from './support/free-read.ts';
import { jsonSchema } from './support/schema.ts';

const PAGE = 10;
const MAX_ABOUT = 120;
const NO_QUOTE =
  "Prices are the catalogue's base prices, no quotes: cost_usd of a result is what was charged.";

type FindServices = Pick<Services, 'catalogue' | 'clock'>;

/** The tool that searches the catalogue and describes a model; `tools` names the models that are tools themselves. */
export function findImageModels(tools: ReadonlyMap<string, string>, services: FindServices): Tool {
  const { catalogue, clock } = services;
  return defineTool({
    name: 'find_image_models',
    title: 'Find image models',
    description:
      "Search RunComfy's models to run with run_image_model, or give model for its input schema. Costs nothing.",
    input: z.strictObject({
      query: z.string().optional().meta({ description: 'What it does or is called.' }),
      task: z.enum(TASK_NAMES).optional().meta({ description: 'What it is for.' }),
      makes: z.enum(MEDIA_KINDS).exclude(['3d']).optional().meta({ description: 'What it should make.' }),
      max_price: z.number().optional().meta({ description: 'Most USD for a default call.' }),
      sort: z.enum(['price']).optional().meta({ description: 'Cheapest call first.' }),
      page: z.int().min(1).max(500).optional().meta({ description: 'Page, from 1.' }),
      model: z.string().optional().meta({ description: 'Id to describe.' }),
    }),
    output: z.looseObject({ models: z.array(z.unknown()) }),
    annotations: { readOnlyHint: true, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    searchHint: 'search, compare and price AI image, video and audio models',
    async run({ model, query = '', page = 1, ...wish }, { wait }) {
      if (model !== undefined) return describeModel(model.trim(), tools, wait, services);
      const cached = await readFreely(clock, wait, (signal) => catalogue.search(query, wish, signal));
      const found = cached.value;
      const total = found.entries.length;
      const rows = found.entries.slice((page - 1) * PAGE, page * PAGE).map((entry) => rowOf(entry, tools));
      const notes = [
        ...matchNotes(found),
        ...(rows.some(({ price }) => price) ? [NO_QUOTE] : []),
        ...staleNote(cached, clock.now()),
      ];
      const next = nextStep(rows, page, total);
      const pages = total > PAGE ? `, page ${page} of ${Math.ceil(total / PAGE)}` : '';
      return {
        text: [`${total} of ${found.searched} models${pages}.`, ...rows.map(lineOf), ...notes, next].join(
          '\n',
        ),
        data: { models: rows, total, page, ...(notes.length > 0 && { notes }), next },
      };
    },
  });
}

function nextStep(rows: readonly Row[], page: number, found: number): string {
  if (found === 0) return 'Use other words, or leave out task, makes or max_price.';
  if (rows.length === 0) return 'There is no such page.';
  const more = page * PAGE < found ? ` Page ${page + 1} has more.` : '';
  return rows.some(({ tool }) => tool)
    ? `Call the tool that a row names; of another, give model for its input schema.${more}`
    : `Give model for the input schema of one.${more}`;
}

/** What a search made of its words, and what `max_price` could not be held against. */
function matchNotes({ unmatched, readAs, unpriced }: SearchResult): string[] {
  const quoted = (words: readonly string[]) => words.map((word) => `"${word}"`).join(', ');
  return [
    ...(unmatched.length > 0 ? [`Nothing fits ${quoted(unmatched)}.`] : []),
    ...[...readAs].map(([word, term]) => `"${word}" was read as "${term}".`),
    ...(unpriced > 0 ? [`max_price leaves out ${unpriced} more, whose price is unknown.`] : []),
  ];
}

async function describeModel(
  id: string,
  tools: ReadonlyMap<string, string>,
  wait: Wait,
  { catalogue, clock }: FindServices,
): Promise<Answer> {
  const cached = await readFreely(clock, wait, (signal) => catalogue.model(id, signal));
  const row = rowOf(cached.value, tools);
  const input_schema = jsonSchema(modelFromSchema(cached.value).input, 'input');
  const notes = [...(row.price ? [NO_QUOTE] : []), ...staleNote(cached, clock.now())];
  const next = `Call ${row.tool ?? `run_image_model with model "${row.model}"`}.`;
  return {
    text: [lineOf(row), `Input: ${JSON.stringify(input_schema)}`, ...notes, next].join('\n'),
    data: { models: [{ ...row, input_schema }], ...(notes.length > 0 && { notes }), next },
  };
}

type Row = ReturnType<typeof rowOf>;

/** A model in short, as data. */
function rowOf(entry: CatalogueEntry, tools: ReadonlyMap<string, string>) {
  const price = priceText(entry);
  const kind = mediaKindOf(entry);
  const tool = tools.get(entry.model_id);
  return {
    model: entry.model_id,
    ...(entry.display_name && { name: quoteUntrusted(entry.display_name) }),
    ...(tool !== undefined && { tool }),
    about: quoteUntrusted(entry.description, { max: MAX_ABOUT }),
    ...(kind !== 'image' && { makes: kind }),
    ...(price !== undefined && { price }),
    required: requiredInputs(entry),
  };
}

function lineOf({ model, name, tool, about, makes: kind, price, required }: Row): string {
  const parts = [
    model,
    name,
    tool && `tool ${tool}`,
    about,
    kind && `makes ${kind}`,
    price,
    `needs ${required.join(', ') || 'nothing'}`,
  ];
  return parts.filter(Boolean).join(' | ');
}

/** How old an answer is that should be newer, and why. */
function staleNote({ fetchedAt, staleReason }: Cached<unknown>, now: number): string[] {
  if (!staleReason) return [];
  const minutes = Math.max(0, Math.round((now - fetchedAt) / 60_000));
  const hours = Math.round(minutes / 60);
  const age =
    minutes < 120 ? `${minutes} minutes` : hours < 72 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
  return [`This catalogue is ${age} old, as reading it again failed: ${staleReason.message}`];
}
