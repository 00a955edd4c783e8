import * as z from 'zod';
import type { Wait } from '../jobs/calls.ts';
import type { CostHistory } from '../jobs/spending/estimates.ts';
import type { Cached } from '../models/catalogue.ts';
import type { CleanEntry } from '../models/clean-entry.ts';
import { modelFromSchema, requiredInputs } from '../models/from-schema.ts';
import { priceText } from '../models/price.ts';
import type { SearchResult } from '../models/search.ts';
import { mediaKindOf, TASK_NAMES } from '../models/tasks.ts';
import { MEDIA_KINDS } from '../runcomfy/outputs.ts';
import { quoteUntrusted } from '../runcomfy/sanitize.ts';
import { defineTool, type Services, type Tool, type ToolResult } from './support/define.ts';
import { historyText } from './support/estimate-words.ts';
import { shownSchema } from './support/shown-schema.ts';
import { withTimeout } from './support/with-timeout.ts';

const PAGE_SIZE = 10;
const MAX_ABOUT = 120;
const NO_QUOTE =
  "Prices are the catalogue's base prices, no quotes: cost_usd of a result is what was charged.";

type FindServices = Pick<Services, 'catalogue' | 'clock' | 'surface'> & {
  jobs: Pick<Services['jobs'], 'costHistory'>;
};

/** The tool that searches the catalogue and describes a model; `modelTools` are the models with tools of their own. */
export function findImageModels(modelTools: readonly Tool[], services: FindServices): Tool {
  const { catalogue, clock, jobs } = services;
  return defineTool({
    name: 'find_image_models',
    title: 'Find image models',
    description:
      "Search RunComfy's models for run_image_model (to upscale, to remove backgrounds, for video…), or give model for its input schema. Costs nothing.",
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
      if (model !== undefined) return describeModel(model.trim(), modelTools, wait, services);
      const cached = await withTimeout(clock, wait, (signal) => catalogue.search(query, wish, signal));
      const { entries, searched } = cached.value;
      const total = entries.length;
      const start = (page - 1) * PAGE_SIZE;
      const history = await jobs.costHistory();
      const models = entries
        .slice(start, start + PAGE_SIZE)
        .map((entry) => modelRow(entry, modelTools, history(entry.model_id)));
      const notes = [...matchNotes(cached.value), ...priceNote(models), ...ageNote(cached, clock.now())];
      const pages = total > PAGE_SIZE ? `, page ${page} of ${Math.ceil(total / PAGE_SIZE)}` : '';
      const next = nextAfterSearch(models, page, total);
      return {
        lines: [`${total} of ${searched} models${pages}.`, ...models.map(modelLine), ...notes],
        data: { models, total, page, notes: notes.length > 0 ? notes : undefined, next },
      };
    },
  });
}

function nextAfterSearch(models: readonly ModelRow[], page: number, total: number): string {
  if (total === 0) return 'Use other words, or leave out task, makes or max_price.';
  if (models.length === 0) return 'There is no such page.';
  const more = page * PAGE_SIZE < total ? ` Page ${page + 1} has more.` : '';
  return models.some(({ tool }) => tool)
    ? `Call the tool that a row names; of another, give model for its input schema.${more}`
    : `Give model for the input schema of one.${more}`;
}

/** How the words of a search were read, and which models `max_price` could not be compared with. */
function matchNotes({ unmatched, readAs, unpriced }: SearchResult): string[] {
  const notes = [...readAs].map(([word, term]) => `"${word}" was read as "${term}".`);
  if (unmatched.length > 0) notes.unshift(`Nothing fits ${unmatched.map((word) => `"${word}"`).join(', ')}.`);
  if (unpriced > 0) notes.push(`max_price leaves out ${unpriced} more, whose price is unknown.`);
  return notes;
}

async function describeModel(
  id: string,
  modelTools: readonly Tool[],
  wait: Wait,
  { catalogue, clock, jobs, surface }: FindServices,
): Promise<ToolResult> {
  const cached = await withTimeout(clock, wait, (signal) => catalogue.model(id, signal));
  const history = await jobs.costHistory();
  const row = modelRow(cached.value, modelTools, history(cached.value.model_id));
  const input_schema = shownSchema(modelFromSchema(cached.value).input, surface);
  const notes = [...priceNote([row]), ...ageNote(cached, clock.now())];
  const next = `Call ${row.tool ?? `run_image_model with model "${row.model}"`}.`;
  return {
    lines: [modelLine(row), `Input: ${JSON.stringify(input_schema)}`, ...notes],
    data: { models: [{ ...row, input_schema }], notes: notes.length > 0 ? notes : undefined, next },
  };
}

type ModelRow = ReturnType<typeof modelRow>;

/** A model in short, as data. */
function modelRow(entry: CleanEntry, modelTools: readonly Tool[], your_cost_usd: CostHistory | undefined) {
  const kind = mediaKindOf(entry);
  return {
    model: entry.model_id,
    name: entry.display_name ? quoteUntrusted(entry.display_name) : undefined,
    tool: modelTools.find(({ model }) => model?.id === entry.model_id)?.name,
    about: quoteUntrusted(entry.description, { max: MAX_ABOUT }),
    makes: kind === 'image' ? undefined : kind,
    price: priceText(entry),
    your_cost_usd,
    required: requiredInputs(entry),
  };
}

function modelLine(row: ModelRow): string {
  const { model, name, tool, about, makes: kind, price, your_cost_usd, required } = row;
  const yours = your_cost_usd && historyText(your_cost_usd);
  const needs = `needs ${required.join(', ') || 'nothing'}`;
  const parts = [model, name, tool && `tool ${tool}`, about, kind && `makes ${kind}`, price, yours, needs];
  return parts.filter(Boolean).join(' | ');
}

const priceNote = (models: readonly ModelRow[]): string[] =>
  models.some(({ price }) => price) ? [NO_QUOTE] : [];

/** How old the catalogue is if it should be newer, and why. */
function ageNote({ fetchedAt, staleReason }: Cached<unknown>, now: number): string[] {
  if (!staleReason) return [];
  const minutes = Math.max(0, Math.round((now - fetchedAt) / 60_000));
  const hours = Math.round(minutes / 60);
  const age =
    minutes < 120 ? `${minutes} minutes` : hours < 72 ? `${hours} hours` : `${Math.round(hours / 24)} days`;
  return [`This catalogue is ${age} old, as reading it again failed: ${staleReason.message}`];
}
