import { objectOf, parseJson } from '../json.ts';
import type { HttpResponse } from './http.ts';
import { type MediaKind, outputsOf } from './outputs.ts';
import { excerpt } from './sanitize.ts';

/**
 * RunComfy's replies, read leniently. Each field is read by itself: whatever else a reply holds, and how much, costs
 * nothing and fails nothing. What is absent or has another form is undefined.
 */

/** The form in RunComfy's own clients; anything else never goes into a path. */
export const REQUEST_ID = /^[A-Za-z0-9_-]{1,128}$/;
const SEGMENT = String.raw`(?!\.{1,2}(?:/|$))[\w.~!@:+()'-]+`;
/** Two segments or more, none of which would lead a path elsewhere. */
export const MODEL_ID = new RegExp(`^(?=.{3,200}$)${SEGMENT}(?:/${SEGMENT})+$`);

/** An unfinished job's /result may be refused with this number instead of telling the state. */
export const NOT_FINISHED = 400005;

export type Reply = ReturnType<typeof readReply>;

/** A response with its JSON (undefined if the body is none, as an HTML page is), and the error number in that. */
export function readReply(response: HttpResponse) {
  const json = parseJson(response.text);
  const { error_code, code } = objectOf(json);
  const own = numberOf(error_code);
  return {
    ...response,
    json,
    number: own ?? (isOk(response) ? undefined : numberOf(code)),
    /** Whether it stands in `error_code` and has six digits, as RunComfy's do; gateways have numbers too, in `code`. */
    isOwnNumber: own !== undefined && String(own).length === 6,
  };
}

/** Whether the HTTP status is a success; the body may say otherwise. */
export const isOk = ({ status }: HttpResponse): boolean => status >= 200 && status <= 299;

/** Whether a reply is an error: any status but 2xx, or a 2xx whose body holds an `error_code`. */
export const isRefusal = (reply: Reply): boolean => !isOk(reply) || reply.number !== undefined;

/** What /status says. `completed` is not success: only /result decides. */
export interface StatusReply {
  state: 'in_queue' | 'in_progress' | 'ended';
  queue_position?: number;
}

/** What /result says. */
export interface ResultReply {
  state: 'in_queue' | 'in_progress' | 'succeeded' | 'failed' | 'cancelled';
  urls: string[];
  /** What each of the URLs leads to, unless all are images. */
  kinds?: MediaKind[] | undefined;
  error?: string | undefined;
  cost_usd?: number | undefined;
  created_at?: string | undefined;
  finished_at?: string | undefined;
  model?: string | undefined;
}

const ENDED = new Set(['completed', 'succeeded', 'failed', 'cancelled', 'canceled']);
const QUEUED = new Set(['in_queue', 'pending', 'waiting', 'queued']);

/** Reads a /status reply. An unknown word means that the job is still running. */
export function readStatus(json: unknown): StatusReply | undefined {
  const { status, queue_position: position } = objectOf(json);
  const word = wordOf(status);
  if (word === undefined) return undefined;
  if (ENDED.has(word)) return { state: 'ended' };
  if (!QUEUED.has(word)) return { state: 'in_progress' };
  const isPosition = typeof position === 'number' && Number.isSafeInteger(position) && position >= 0;
  return { state: 'in_queue', ...(isPosition && { queue_position: position }) };
}

/** Reads a /result reply. An unknown word means that the job is still running. */
export function readResult(json: unknown): ResultReply | undefined {
  const { status, output, error, cost, created_at, finished_at, model_id } = objectOf(json);
  const word = wordOf(status);
  if (word === undefined) return undefined;
  const outputs = outputsOf(output);
  const urls = outputs.map(({ url }) => url);
  const kinds = outputs.map(({ kind }) => kind);
  const message = errorText(error);
  return {
    state: resultState(word, urls, message),
    urls,
    kinds: kinds.some((kind) => kind !== 'image') ? kinds : undefined,
    error: message,
    cost_usd: amountOf(cost),
    created_at: dateOf(created_at),
    finished_at: dateOf(finished_at),
    model: typeof model_id === 'string' && MODEL_ID.test(model_id) ? model_id : undefined,
  };
}

function resultState(word: string, urls: string[], error: string | undefined): ResultReply['state'] {
  if (word === 'failed') return 'failed';
  if (word === 'succeeded') return 'succeeded';
  if (word === 'completed') return error !== undefined && urls.length === 0 ? 'failed' : 'succeeded';
  if (word === 'cancelled' || word === 'canceled') return 'cancelled';
  return QUEUED.has(word) ? 'in_queue' : 'in_progress';
}

/** Reads a /cancel reply; `outcome` wins if the two fields contradict each other. */
export function readCancel(json: unknown): 'cancelled' | 'not_cancellable' | undefined {
  const { outcome, status } = objectOf(json);
  const word = wordOf(outcome) ?? wordOf(status);
  if (word === 'cancelled' || word === 'canceled') return 'cancelled';
  return word === undefined ? undefined : 'not_cancellable';
}

/** Reads the account's balance in USD, which may be below zero. */
export function readBalance(json: unknown): number | undefined {
  const { balance_usd } = objectOf(json);
  return typeof balance_usd === 'number' && Number.isFinite(balance_usd) ? balance_usd : undefined;
}

/** The message of an `error` that may be a string or an object. */
function errorText(error: unknown): string | undefined {
  if (typeof error === 'string') return error || undefined;
  return isObject(error) ? (messageOf(error) ?? excerpt(error)) : undefined;
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

const DIGITS = /^\d{1,9}$/;
const DECIMAL = /^\d{1,12}(\.\d{1,12})?(e-?\d{1,2})?$/i;
// `toISOString` of the years 0 to 9999; others are longer and sort differently.
const ISO_LENGTH = 24;

/** A word for a state, in lower case. */
export const wordOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value.toLowerCase() : undefined;

/** Any date that can be read, as ISO 8601. */
export function dateOf(value: unknown): string | undefined {
  const date = new Date(typeof value === 'string' ? value : Number.NaN);
  const iso = Number.isNaN(date.getTime()) ? '' : date.toISOString();
  return iso.length === ISO_LENGTH ? iso : undefined;
}

/** An amount of money in USD, as a number or as its digits. */
export function amountOf(value: unknown): number | undefined {
  const amount = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
  return typeof amount === 'number' && Number.isFinite(amount) && amount >= 0 ? amount : undefined;
}

/** An error number, which is a positive integer, as a number or as its digits. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/** The message of an error body, looked for in the order of RunComfy's own clients. */
export function messageOf(json: unknown): string | undefined {
  const { error_message, message, error, detail } = objectOf(json);
  const candidates = [error_message, message, error, detail];
  const found = candidates.find((value) => isObject(value) || (typeof value === 'string' && value !== ''));
  return isObject(found) ? excerpt(found) : (found as string | undefined);
}
