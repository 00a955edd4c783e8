import type { Estimate } from '../../../jobs/spending/estimates.ts';
import type { PeekedJob } from '../../../tools/support/peeked-job.ts';
import type { KINDS } from '../shared/job.ts';

/** A call of a tool: which one, unless the host does not say, and its arguments. */
export interface ToolCall {
  tool?: string;
  input: Record<string, unknown>;
}

/** An output of a job, as the server describes it; any text in it may come from outside. */
export interface Output {
  url: string;
  handle?: string;
  /** What it is, if it is no image. */
  kind?: keyof typeof KINDS;
  /** False if its host is not RunComfy's: then its URL is shown, never loaded. */
  trusted?: boolean;
  width?: number;
  height?: number;
  /** Shown where its URL cannot be loaded. */
  preview?: string;
}

/** What went wrong, in words for people. */
export interface Trouble {
  words: string;
  /** The same call cannot succeed. */
  isFinal?: boolean;
  /** Nobody knows whether something was made and charged. */
  isOpen?: boolean;
}

/** How a picture is made, as far as that is known: what makes it again, and what that costs. */
export type Recipe = Partial<PeekedJob>;

/** What is known of a job. */
interface State extends Recipe {
  status: string;
  queue_position?: number;
  submitted_at?: string;
  elapsed_seconds?: number;
  cost_usd?: number;
  estimated_cost_usd?: Estimate | 'unknown';
}

/** An output and the job that made it, or is to make it. */
export interface Place extends State {
  /** Of the output in its job, or of the job in its batch. */
  number: number;
  output?: Output;
  trouble?: Trouble;
}

/** A job or a batch as a card shows it, mostly as the server describes it. */
export interface ShownJob extends State {
  /** Of a batch `batch:…`. */
  request_id?: string;
  isBatch: boolean;
  /** There is always one. */
  places: [Place, ...Place[]];
  /** When the server said so, in ms. */
  readAt?: number;
  /** All pictures of a batch in one. */
  sheet?: string;
}

/** The fields of a recipe's model. */
export function fieldsOf({ arguments: input }: Recipe): Record<string, unknown> {
  const outer = isObject(input) ? input : {};
  const { model, input: inner } = outer;
  return typeof model === 'string' && isObject(inner) ? inner : outer;
}

/** The arguments of a recipe with another value in a field. */
export function withField(recipe: Recipe, field: object): Record<string, unknown> {
  const { arguments: input } = recipe;
  const fields = { ...fieldsOf(recipe), ...field };
  return fieldsOf(recipe) === input ? fields : { ...input, input: fields };
}

/** The prompt of a recipe, or nothing. */
export const promptOf = (recipe: Recipe): string => String(fieldsOf(recipe).prompt ?? '');

/** The likely aspect ratio of what a recipe makes: `16:9`, `1536x1024`. */
export function aspectOf(recipe: Recipe): number {
  const { aspect_ratio, image_size, size } = fieldsOf(recipe);
  const [, width, height] =
    /^([1-9]\d*)[:x]([1-9]\d*)$/.exec(String(aspect_ratio ?? image_size ?? size)) ?? [];
  return width ? Number(width) / Number(height) : 1;
}

/** What a call is about to make. */
export function jobOf({ tool, input }: ToolCall): ShownJob {
  const { request_id, jobs } = input;
  const status = 'submitting';
  const recipes: Recipe[] = Array.isArray(jobs) ? jobs.flatMap(recipesOf) : [];
  const isBatch = recipes.length > 0;
  if (!isBatch) recipes.push(request_id || jobs ? {} : { tool, arguments: input });
  const places = recipes.map((recipe, index) => ({ ...recipe, number: index + 1, status }));
  return {
    status,
    request_id: request_id as string | undefined,
    isBatch,
    places: places as ShownJob['places'],
  };
}

/** What is known beforehand of each picture of an entry of a batch. A host may send half of one. */
const recipesOf = (entry?: { input?: Recipe['arguments']; count?: unknown }): Recipe[] =>
  Array.from({ length: Math.min(Number(entry?.count ?? 1), MAX_PICTURES) }, () => ({
    arguments: entry?.input,
  }));
// More than a call may ask for.
const MAX_PICTURES = 16;

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
