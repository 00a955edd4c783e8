import { type MediaKind, outputsOf } from './outputs.ts';
import { excerpt } from './sanitize.ts';

/** One reply of the service, as far as it came. */
export interface Reply {
  status: number;
  /** Seconds, from a Retry-After header in either of its forms. */
  retryAfter?: number;
  /** As much of the body as came. */
  text: string;
  /** The code of what broke the body off; absent where it came whole. */
  brokenBy?: string;
}

/**
 * RunComfy's replies, read forgivingly. Each field is read by itself: what else stands in a reply, and how much, costs
 * nothing and fails nothing. What is absent or of another form is undefined.
 */

/** Seen as `^[A-Za-z0-9_-]{1,128}$` in RunComfy's own clients; anything else never goes into a path. */
export const REQUEST_ID = /^[A-Za-z0-9_-]{1,128}$/;
const SEGMENT = String.raw`(?!\.{1,2}(?:/|$))[\w.~!@:+()'-]+`;
/** Two segments or more, none of which would lead a path elsewhere. */
export const MODEL_ID = new RegExp(`^(?=.{3,200}$)${SEGMENT}(?:/${SEGMENT})+$`);

/** An unfinished job's /result may be refused with this number instead of telling the state. */
export const NOT_FINISHED = 400005;

/** A reply with its JSON read once; `json` is undefined where the body is none (an HTML page, a cut answer). */
export interface ReadReply extends Reply {
  json: unknown;
  /** The error number in it, wherever the HTTP status stands. */
  number: number | undefined;
  /** Whether it stands in `error_code` and has six digits, as RunComfy's do; in `code` gateways have numbers too. */
  isOwnNumber: boolean;
}

/** Reads the JSON of a reply, and the error number in it. */
export function readReply(reply: Reply): ReadReply {
  let json: unknown;
  try {
    json = JSON.parse(reply.text);
  } catch {
    json = undefined;
  }
  const { error_code, code } = fieldsOf(json);
  const own = numberOf(error_code);
  return {
    ...reply,
    json,
    number: own ?? (isOk(reply) ? undefined : numberOf(code)),
    isOwnNumber: own !== undefined && String(own).length === 6,
  };
}

/** Whether the HTTP status says that all went well; the body may say otherwise. */
export const isOk = ({ status }: Reply): boolean => status >= 200 && status <= 299;

/** Whether a reply is an error: any status but 2xx, and a 2xx whose body holds an `error_code`. */
export function isRefusal(reply: ReadReply): boolean {
  return !isOk(reply) || reply.number !== undefined;
}

/** What /status tells. `completed` is not success: only /result tells. */
export interface StatusReply {
  state: 'in_queue' | 'in_progress' | 'ended';
  queue_position?: number;
}

/** What /result tells. */
export interface ResultReply {
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

const ENDED = new Set(['completed', 'succeeded', 'failed', 'cancelled', 'canceled']);
const QUEUED = new Set(['in_queue', 'pending', 'waiting', 'queued']);

/** Reads a /status reply. An unknown word means that the job still runs. */
export function readStatus(json: unknown): StatusReply | undefined {
  const { status, queue_position: position } = fieldsOf(json);
  const word = wordOf(status);
  if (word === undefined) return undefined;
  if (ENDED.has(word)) return { state: 'ended' };
  if (!QUEUED.has(word)) return { state: 'in_progress' };
  const isPosition = typeof position === 'number' && Number.isSafeInteger(position) && position >= 0;
  return { state: 'in_queue', ...(isPosition && { queue_position: position }) };
}

/** Reads a /result reply. An unknown word means that the job still runs. */
export function readResult(json: unknown): ResultReply | undefined {
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
    ...(typeof model === 'string' && MODEL_ID.test(model) && { model }),
  };
}

function resultState(word: string, urls: string[], error: string | undefined): ResultReply['state'] {
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

// A whole number as JSON or as digits.
const DIGITS = /^\d{1,9}$/;
const DECIMAL = /^\d{1,12}(\.\d{1,12})?(e-?\d{1,2})?$/i;
// `toISOString` of years from 0 to 9999; others are longer and sort differently.
const ISO_LENGTH = 24;

/** The fields of a JSON value, which only an object has. */
export function fieldsOf(json: unknown): Record<string, unknown> {
  return isObject(json) ? (json as Record<string, unknown>) : {};
}

const isObject = (value: unknown): value is object => typeof value === 'object' && value !== null;

/** A word of a state, lower-cased. */
export function wordOf(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value.toLowerCase() : undefined;
}

/** Any date that can be read, as ISO 8601. */
export function dateOf(value: unknown): string | undefined {
  if (typeof value !== 'string') return undefined;
  const date = new Date(value);
  if (Number.isNaN(date.getTime())) return undefined;
  const iso = date.toISOString();
  return iso.length === ISO_LENGTH ? iso : undefined;
}

/** An amount of money in USD, as a number or as its digits. */
export function amountOf(value: unknown): number | undefined {
  const amount = typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value;
  return typeof amount === 'number' && Number.isFinite(amount) && amount >= 0 ? amount : undefined;
}

/** An error number, which is positive. */
export function numberOf(value: unknown): number | undefined {
  const number = typeof value === 'string' && DIGITS.test(value) ? Number(value) : value;
  return typeof number === 'number' && Number.isSafeInteger(number) && number > 0 ? number : undefined;
}

/** The words of an error body, looked for in the order of RunComfy's own clients. */
export function messageOf(json: unknown): string | undefined {
  const { error_message, message, error, detail } = fieldsOf(json);
  const told = [error_message, message, error, detail].find((value) => value !== '' && isText(value));
  return isObject(told) ? excerpt(told) : (told as string | undefined);
}

const isText = (value: unknown): boolean => typeof value === 'string' || isObject(value);
