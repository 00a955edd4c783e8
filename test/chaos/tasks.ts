import { createRandom, seedOf } from '../support/random.ts';
import { chosen } from './switches.ts';

/**
 * How a user goes about it. `usual`: calls until there is a picture; now and then its client's clock runs out, or it
 * stops the call for good. `impatient`: two timeouts right after each other come first. `one_shot`: a client for each
 * call, which leaves as soon as it has read. `silent`: first a client that never reads. `any_model`: through the
 * catalogue. `twins`: two users who want a picture each of the same words at the same time. `editor`: edits the picture
 * by its handle, and that edit too. `alone`: the same by `last`, on a server of its own that is killed now and then.
 */
const KINDS = ['usual', 'impatient', 'one_shot', 'silent', 'any_model', 'twins', 'editor', 'alone'] as const;
export type UserKind = (typeof KINDS)[number];

/** The share of each kind; what is left over is usual. */
const SHARES: Partial<Record<UserKind, number>> = {
  impatient: 0.08,
  one_shot: 0.08,
  silent: 0.06,
  any_model: 0.06,
  twins: 0.04,
  editor: 0.1,
  alone: 0.06,
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
  /** How many users want a picture each. */
  users: number;
  /** The request ids of the pictures that the users got. */
  got: string[];
  /** How many of its submits met a fault that kept their request id back. */
  withheldIds: number;
  /** What happened, for the report of a failure. */
  story: string[];
}

const MAX_EVENT = 240;

/** Adds to a task's story. */
export function note(task: Task, event: string): void {
  const line = event.replace(/\s+/g, ' ').slice(0, MAX_EVENT);
  task.story.push(`${new Date().toISOString().slice(14, -1)} ${line}`);
}

/** Plans the tasks of a seed; `CHAOS_USERS` switches kinds on and off. */
export function planTasks(count: number, seed: number): Task[] {
  const kinds = chosen('CHAOS_USERS', KINDS);
  return Array.from({ length: count }, (_, index) => {
    const prompt = `picture ${index}`;
    let roll = createRandom(seedOf(`${seed} ${prompt} kind`))();
    const drawn = KINDS.find((kind) => {
      roll -= SHARES[kind] ?? 0;
      return roll < 0;
    });
    const kind = drawn && kinds.has(drawn) ? drawn : 'usual';
    const model = kind === 'any_model' ? (ANY_MODELS[index % ANY_MODELS.length] as string) : MODEL;
    const task = createTask(kind, prompt, model);
    if (kind === 'editor' || kind === 'alone') {
      const edit = { ...createTask(kind, `${prompt}, edited`, EDIT_MODEL), source: task };
      task.edits.push(edit, { ...createTask(kind, `${prompt}, edited again`, EDIT_MODEL), source: edit });
    }
    return task;
  });
}

const createTask = (kind: UserKind, prompt: string, model: string): Task => ({
  kind,
  prompt,
  model,
  edits: [],
  users: kind === 'twins' ? 2 : 1,
  got: [],
  withheldIds: 0,
  story: [],
});
