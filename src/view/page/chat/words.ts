import type { CallFailure } from '../../../errors.ts';
import { KINDS } from '../shared/job.ts';
import type { Output, Place, ShownJob, Trouble } from './job.ts';

export const LOST: Trouble = {
  words: 'The chat app stopped this. What had begun goes on and is charged.',
  isOpen: true,
};
const UNKNOWN = 'It is not known whether this was made; it may be charged. Look at your RunComfy account.';
const FAILED = 'RunComfy could not make this.';
const REFUSED = 'RunComfy found this unsafe and did not make it.';

/** By the codes of errors. */
const TROUBLES: [codes: RegExp, words: string][] = [
  [/^submit_unknown/, UNKNOWN],
  [/^job_failed/, FAILED],
  [/input|model/, 'This request does not fit the model.'],
  [/key/, 'RunComfy needs a key that it accepts.'],
  [/balance/, 'Your RunComfy balance is used up.'],
  [/rate|service|unreachable/, 'RunComfy is busy or cannot be reached. Try again later.'],
  [/spend/, 'Your spending limit is reached.'],
  [/^not_/, 'This was not started.'],
  [/image/, 'The picture to start from cannot be loaded.'],
  [/./, 'Something went wrong here.'],
];

/** A tool's error in words for people: of its text they get whether it may be charged. */
export function troubleOf(text: string, { refused }: CallFailure): Trouble {
  const code = /\[(\w+)\]$/.exec(text)?.[1] ?? '';
  const known = TROUBLES.find(([codes]) => codes.test(code))?.[1] ?? LOST.words;
  const words = refused ? REFUSED : known;
  const charged = /It may be charged|Nothing was charged/.exec(text)?.[0];
  return {
    words: charged && words !== UNKNOWN ? `${words} ${charged}.` : words,
    isFinal: /^(invalid_input|unknown_)/.test(code),
    isOpen: !code || charged?.[0] === 'I',
  };
}

/** What is the matter with a job or a place. */
export function troubleIn({ trouble, status, refused }: Place): Trouble | undefined {
  if (trouble) return trouble;
  if (status === 'unknown') return { words: UNKNOWN, isOpen: true };
  return status === 'failed' ? { words: refused ? REFUSED : FAILED } : undefined;
}

const STATES: Record<string, string> = {
  submitting: 'Getting started',
  reserved: 'Getting started',
  in_queue: 'In the queue',
  in_progress: 'Being made',
};

/** What is up with a job, or with a place of a batch. */
export function stateOf({
  status,
  queue_position: position,
}: Pick<ShownJob, 'status' | 'queue_position'>): string {
  if (status !== 'in_queue' || !position)
    return STATES[status] ?? status.replace('_', ' ').replace(/./, (letter) => letter.toUpperCase());
  return `${position === 1 ? 'Next' : `Number ${position}`} in the queue`;
}

/** What an output is called. */
export const nounOf = (output?: Output): string =>
  output?.kind === '3d' ? KINDS['3d'] : (output?.kind ?? 'picture');

/** A field's value. */
export function fieldValue(value: unknown): string {
  if (Array.isArray(value)) return value.map(fieldValue).join(', ');
  const text = typeof value === 'object' ? JSON.stringify(value) : String(value);
  return /^(job|data):/.test(text) ? 'a picture' : text;
}
