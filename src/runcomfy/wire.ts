import * as z from 'zod';
import { excerpt } from './excerpt.ts';
import { amountOf, dateOf, fieldsOf, messageOf, wordOf } from './fields.ts';
import { type MediaKind, outputsOf } from './outputs.ts';

/** RunComfy's replies, read forgivingly: unknown fields pass, missing ones are undefined. */

/** Seen as `^[A-Za-z0-9_-]{1,128}$` in RunComfy's own clients; anything else never goes into a path. */
export const REQUEST_ID = /^[A-Za-z0-9_-]{1,128}$/;

/** What /status tells. `completed` is not success: only /result tells. */
export interface StatusSeen {
  state: 'in_queue' | 'in_progress' | 'ended';
  queue_position?: number;
}

/** What /result tells. */
export interface ResultSeen {
  state: 'in_queue' | 'in_progress' | 'succeeded' | 'failed' | 'cancelled';
  urls: string[];
  /** What the URLs lead to, one by one, where it is not images alone. */
  kinds?: MediaKind[];
  error?: string;
  cost_usd?: number;
  created_at?: string;
  finished_at?: string;
  model?: string;
}

/** A model as RunComfy's catalogue tells of it. The base price is neither a minimum nor a quote. */
export interface CatalogueEntry {
  model_id: string;
  display_name?: string | undefined;
  description: string;
  categories: string[];
  kind?: string | undefined;
  base_price_usd?: number | undefined;
  price_unit?: string | undefined;
  pricing_note?: string | undefined;
  required_inputs: string[];
  /** The published input as it stands there, with its oddities; absent where the service did not send it. */
  input_schema?: Record<string, unknown> | undefined;
}

const SEGMENT = /^(?!\.{1,2}$)[\w.~!@:+()'-]+$/;
const LONGEST_MODEL_ID = 200;

/** Two segments or more, none of which would lead a path elsewhere. */
export function isModelId(id: string): boolean {
  const segments = id.split('/');
  return id.length <= LONGEST_MODEL_ID && segments.length > 1 && segments.every((one) => SEGMENT.test(one));
}

function catalogueSchemas() {
  const text = z.string().optional().catch(undefined);
  /** The texts of what should be a list of texts. */
  const texts = z
    .array(z.unknown())
    .catch([])
    .transform((items) => items.filter((item) => typeof item === 'string'));
  const entry = z.object({
    model_id: z.string().refine(isModelId),
    display_name: text,
    description: z.string().catch(''),
    categories: texts,
    kind: text,
    base_price_usd: z.number().min(0).optional().catch(undefined),
    price_unit: text,
    pricing_note: text,
    required_inputs: texts,
    input_schema: z.record(z.string(), z.unknown()).optional().catch(undefined),
  });
  const reply = z.object({
    models: z.array(z.unknown()),
    total: z.int().min(0).optional().catch(undefined),
  });
  return { entry, reply };
}

let made: ReturnType<typeof catalogueSchemas> | undefined;
/** Made for the first reply: at every start they would take 2 ms of it (measured). */
function schemas() {
  made ??= catalogueSchemas();
  return made;
}

/** Reads one catalogue entry; undefined for what names no model. */
export function readEntry(json: unknown): CatalogueEntry | undefined {
  return schemas().entry.safeParse(json).data;
}

/** Reads a page of the catalogue; what names no model is passed over, but counts in `seen`. */
export function readEntries(
  json: unknown,
): { models: CatalogueEntry[]; seen: number; total: number | undefined } | undefined {
  const reply = schemas().reply.safeParse(json).data;
  if (!reply) return undefined;
  const models = reply.models.flatMap((model) => readEntry(model) ?? []);
  return { models, seen: reply.models.length, total: reply.total };
}

const ENDED = new Set(['completed', 'succeeded', 'failed', 'cancelled', 'canceled']);
const QUEUED = new Set(['in_queue', 'pending', 'waiting', 'queued']);

/** Reads a /status reply. An unknown word means that the job still runs. */
export function readStatus(json: unknown): StatusSeen | undefined {
  const { status, queue_position: position } = fieldsOf(json);
  const word = wordOf(status);
  if (word === undefined) return undefined;
  if (ENDED.has(word)) return { state: 'ended' };
  if (!QUEUED.has(word)) return { state: 'in_progress' };
  const isPosition = typeof position === 'number' && Number.isSafeInteger(position) && position >= 0;
  return { state: 'in_queue', ...(isPosition && { queue_position: position }) };
}

/** Reads a /result reply. An unknown word means that the job still runs. */
export function readResult(json: unknown): ResultSeen | undefined {
  const reply = fieldsOf(json);
  const word = wordOf(reply.status);
  if (word === undefined) return undefined;
  const outputs = outputsOf(reply.output);
  const urls = outputs.map(({ url }) => url);
  const error = errorText(reply.error);
  const cost_usd = amountOf(reply.cost);
  const created_at = dateOf(reply.created_at);
  const finished_at = dateOf(reply.finished_at);
  const model = reply.model_id;
  return {
    state: resultState(word, urls, error),
    urls,
    ...(outputs.some(({ kind }) => kind !== 'image') && { kinds: outputs.map(({ kind }) => kind) }),
    ...(error !== undefined && { error }),
    ...(cost_usd !== undefined && { cost_usd }),
    ...(created_at !== undefined && { created_at }),
    ...(finished_at !== undefined && { finished_at }),
    ...(typeof model === 'string' && isModelId(model) && { model }),
  };
}

function resultState(word: string, urls: string[], error: string | undefined): ResultSeen['state'] {
  if (word === 'failed') return 'failed';
  if (word === 'succeeded') return 'succeeded';
  if (word === 'completed') return error !== undefined && urls.length === 0 ? 'failed' : 'succeeded';
  if (word === 'cancelled' || word === 'canceled') return 'cancelled';
  return QUEUED.has(word) ? 'in_queue' : 'in_progress';
}

/** Reads a /cancel reply; `outcome` wins where the two fields contradict each other. */
export function readCancel(json: unknown): 'cancelled' | 'not_cancellable' | undefined {
  const { outcome, status } = fieldsOf(json);
  const word = wordOf(outcome) ?? wordOf(status);
  if (word === 'cancelled' || word === 'canceled') return 'cancelled';
  return word === undefined ? undefined : 'not_cancellable';
}

/** Reads the account's balance in USD, which may be below zero. */
export function readBalance(json: unknown): number | undefined {
  const { balance_usd } = fieldsOf(json);
  return typeof balance_usd === 'number' && Number.isFinite(balance_usd) ? balance_usd : undefined;
}

/** The message of an `error` that may be a string or an object; undefined when there is none. */
function errorText(error: unknown): string | undefined {
  if (typeof error === 'string') return error || undefined;
  if (!error || typeof error !== 'object') return undefined;
  return messageOf(error) ?? excerpt(error);
}
