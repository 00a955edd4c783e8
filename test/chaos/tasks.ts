import { createRandom, seedOf } from '../support/random.ts';
import { chosen } from './switches.ts';

/**
 * How a user goes about it. `usual`: calls until there is a picture; now and then its client's clock runs out, or it
 * stops the call for good. `impatient`: two timeouts right after each other come first. `one_shot`: a client for each
 * call, which leaves as soon as it has read. `silent`: first a client that never reads. `any_model`: through the
 * catalogue. `twins`: two users who want a picture each of the same words at the same time. `editor`: edits the picture
 * by its handle, and that edit too. `alone`: the same by `last`, on a server of its own that is killed now and then.
 * `batch`: wants several pictures by one call. `batch_twins`: two such users, who want the same at the same time.
 */
const KINDS = [
  'usual',
  'impatient',
  'one_shot',
  'silent',
  'any_model',
  'twins',
  'editor',
  'alone',
  'batch',
  'batch_twins',
] as const;
export type UserKind = (typeof KINDS)[number];

/** The share of each kind; what is left over is usual. Those that are chosen divide what the others leave. */
const SHARES: Partial<Record<UserKind, number>> = {
  impatient: 0.08,
  one_shot: 0.08,
  silent: 0.06,
  any_model: 0.06,
  twins: 0.04,
  editor: 0.1,
  alone: 0.06,
  batch: 0.12,
  batch_twins: 0.03,
};

const MODEL = 'openai/gpt-image-2/text-to-image';
// Without prices, so that the sandbox's balance lasts.
const ANY_MODELS = ['openai/gpt-4o-image/text-to-image', 'imagineart/imagineart-1.5-preview/text-to-image'];

const EDIT_MODEL = 'openai/gpt-image-1-5/image-to-image';

/** A wish for one picture, or two, and what came of it. */
export interface Task {
  kind: UserKind;
  prompt: string;
  /** Which model is to draw. */
  model: string;
  /** What made the picture that it edits; absent where it edits none. */
  source?: Task;
  /** What its user wants after it: edits, each of the picture before. */
  edits: Task[];
  /** The pictures of a batch, each a wish of its own that is judged as any other; none of another kind of task. */
  members: Task[];
  /** How many users want a picture each. */
  users: number;
  /** The request ids of the pictures that the users got. */
  got: string[];
  /** How many of its submits met a fault that kept their request id back. */
  withheldIds: number;
  /** What happened, for the report of a failure. */
  story: string[];
}

const MAX_EVENT = 900;

/** Adds to a task's story. */
export function note(task: Task, event: string): void {
  const line = event.replace(/\s+/g, ' ').slice(0, MAX_EVENT);
  task.story.push(`${new Date().toISOString().slice(14, -1)} ${line}`);
}

/** Plans the tasks of a seed, for so many pictures besides edits; `CHAOS_USERS` switches kinds on and off. */
export function planTasks(count: number, seed: number): Task[] {
  const kinds = KINDS.filter((kind) => chosen('CHAOS_USERS', KINDS).has(kind));
  const all = kinds.reduce((sum, kind) => sum + shareOf(kind), 0);
  const tasks: Task[] = [];
  for (let index = 0; index < count; index += tasks.at(-1)?.members.length || 1) {
    const prompt = `picture ${index}`;
    const random = createRandom(seedOf(`${seed} ${prompt} kind`));
    let roll = random() * all;
    const kind =
      kinds.find((one) => {
        roll -= shareOf(one);
        return roll < 0;
      }) ?? (kinds[0] as UserKind);
    const model = kind === 'any_model' ? (ANY_MODELS[index % ANY_MODELS.length] as string) : MODEL;
    const task = createTask(kind, prompt, model);
    if (kind === 'editor' || kind === 'alone') {
      const edit = { ...createTask(kind, `${prompt}, edited`, EDIT_MODEL), source: task };
      task.edits.push(edit, { ...createTask(kind, `${prompt}, edited again`, EDIT_MODEL), source: edit });
    }
    if (kind === 'batch' || kind === 'batch_twins') addMembers(task, random);
    tasks.push(task);
  }
  return tasks;
}

const shareOf = (kind: UserKind): number =>
  SHARES[kind] ?? 1 - Object.values(SHARES).reduce((sum, share) => sum + share, 0);

/** Two to eight pictures, by two models. */
function addMembers(batch: Task, random: () => number): void {
  const size = 2 + Math.floor(random() * 7);
  for (let nth = 1; nth <= size; nth++) {
    const model = random() < 0.5 ? MODEL : (ANY_MODELS[0] as string);
    const member = createTask(batch.kind, `${batch.prompt}, ${nth} of ${size}`, model);
    batch.members.push({ ...member, story: batch.story });
  }
}

const createTask = (kind: UserKind, prompt: string, model: string): Task => ({
  kind,
  prompt,
  model,
  edits: [],
  members: [],
  users: kind === 'twins' || kind === 'batch_twins' ? 2 : 1,
  got: [],
  withheldIds: 0,
  story: [],
});
