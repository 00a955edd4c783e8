import * as z from 'zod';
import { type MediaKind, outputsOf } from './outputs.ts';

/** RunComfy's replies, read forgivingly: unknown fields pass, missing ones are undefined (API.md's evidence). */

const text = z.string().optional().catch(undefined);

/** Any date that can be read, as ISO 8601; an unreadable one counts as missing. */
const time = z
  .string()
  .transform((value) => new Date(value))
  .refine((date) => !Number.isNaN(date.getTime()))
  .transform((date) => date.toISOString())
  .optional()
  .catch(undefined);

/** Seen as `^[A-Za-z0-9_-]{1,128}$` in RunComfy's own clients; anything else never goes into a path. */
export const REQUEST_ID = /^[A-Za-z0-9_-]{1,128}$/;

const submitReply = z.looseObject({ request_id: z.string().regex(REQUEST_ID) });
const statusReply = z.looseObject({
  status: text,
  queue_position: z.int().min(0).optional().catch(undefined),
});
const resultReply = z.looseObject({
  status: text,
  output: z.unknown().optional(),
  error: z.unknown().optional(),
  cost: z
    .union([z.number(), z.string().transform(Number)])
    .pipe(z.number().min(0))
    .optional()
    .catch(undefined),
  created_at: time,
  finished_at: time,
  model_id: text,
});
const cancelReply = z.looseObject({ status: text, outcome: text });
const balanceReply = z.looseObject({ balance_usd: z.number() });

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

/** The texts of what should be a list of texts. */
const texts = z
  .array(z.unknown())
  .catch([])
  .transform((items) => items.filter((item) => typeof item === 'string'));
const catalogueEntry = z.object({
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
const catalogueReply = z.looseObject({
  models: z.array(z.unknown()),
  total: z.int().min(0).optional().catch(undefined),
});

/** Reads one catalogue entry; undefined for what names no model. */
export function readEntry(json: unknown): CatalogueEntry | undefined {
  return catalogueEntry.safeParse(json).data;
}

/** Reads a page of the catalogue; what names no model is passed over, but counts in `seen`. */
export function readEntries(
  json: unknown,
): { models: CatalogueEntry[]; seen: number; total: number | undefined } | undefined {
  const reply = catalogueReply.safeParse(json).data;
  if (!reply) return undefined;
  const models = reply.models.flatMap((model) => readEntry(model) ?? []);
  return { models, seen: reply.models.length, total: reply.total };
}

export function readSubmit(json: unknown): string | undefined {
  return submitReply.safeParse(json).data?.request_id;
}

const ENDED = new Set(['completed', 'succeeded', 'failed', 'cancelled', 'canceled']);
const QUEUED = new Set(['in_queue', 'pending', 'waiting', 'queued']);

/** Reads a /status reply. An unknown word means that the job still runs. */
export function readStatus(json: unknown): StatusSeen | undefined {
  const reply = statusReply.safeParse(json).data;
  if (!reply?.status) return undefined;
  const word = reply.status.toLowerCase();
  if (ENDED.has(word)) return { state: 'ended' };
  if (!QUEUED.has(word)) return { state: 'in_progress' };
  return {
    state: 'in_queue',
    ...(reply.queue_position !== undefined && { queue_position: reply.queue_position }),
  };
}

/** Reads a /result reply. An unknown word means that the job still runs. */
export function readResult(json: unknown): ResultSeen | undefined {
  const reply = resultReply.safeParse(json).data;
  if (!reply?.status) return undefined;
  const outputs = outputsOf(reply.output);
  const urls = outputs.map(({ url }) => url);
  const error = errorText(reply.error);
  return {
    state: resultState(reply.status.toLowerCase(), urls, error),
    urls,
    ...(outputs.some(({ kind }) => kind !== 'image') && { kinds: outputs.map(({ kind }) => kind) }),
    ...(error !== undefined && { error }),
    ...(reply.cost !== undefined && { cost_usd: reply.cost }),
    ...(reply.created_at !== undefined && { created_at: reply.created_at }),
    ...(reply.finished_at !== undefined && { finished_at: reply.finished_at }),
    ...(reply.model_id !== undefined && { model: reply.model_id }),
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
  const reply = cancelReply.safeParse(json).data;
  const word = (reply?.outcome ?? reply?.status)?.toLowerCase();
  if (word === 'cancelled' || word === 'canceled') return 'cancelled';
  return word === undefined ? undefined : 'not_cancellable';
}

export function readBalance(json: unknown): number | undefined {
  return balanceReply.safeParse(json).data?.balance_usd;
}

/** The message of an `error` that may be a string or an object; undefined when there is none. */
function errorText(error: unknown): string | undefined {
  if (typeof error === 'string') return error || undefined;
  if (!error || typeof error !== 'object') return undefined;
  return readProblem(error).message ?? JSON.stringify(error);
}

/** The number and the message of an error body, in the order in which RunComfy's own clients look for them. */
export function readProblem(json: unknown): { code?: number; message?: string } {
  if (!json || typeof json !== 'object') return {};
  const body = json as Record<string, unknown>;
  const code = Number(body.error_code ?? body.code);
  const nested = [body.error_message, body.message, body.error, body.detail].find(
    (value) => (typeof value === 'string' && value !== '') || (value && typeof value === 'object'),
  );
  const message = typeof nested === 'string' ? nested : nested ? JSON.stringify(nested) : undefined;
  return {
    ...(Number.isInteger(code) && code > 0 && { code }),
    ...(message !== undefined && { message }),
  };
}
