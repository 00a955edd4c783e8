import { type ErrorCode, ToolError } from '../../../errors.ts';
import { shorten } from '../../../runcomfy/sanitize.ts';

/** What the caller can correct. With anything else the rest need not be tried. */
const CORRECTABLE: readonly ErrorCode[] = [
  'invalid_input',
  'unknown_model',
  'unknown_request',
  'key_refused',
  'image_unavailable',
  'sharp_missing',
];
// In characters.
const MAX_SAID = 4_000;
const MAX_STEPS = 4;

/** Gathers what is wrong with the parts of a call, to tell all of it in one error, in their order. */
export function createProblems(names: readonly string[]) {
  const problems = new Map<string, ToolError>();

  return {
    /** Does work on a part; undefined if it throws what the caller can correct. */
    async unlessWrong<Result>(
      name: string,
      work: (name: string) => Promise<Result>,
    ): Promise<Result | undefined> {
      try {
        return await work(name);
      } catch (error) {
        if (!(error instanceof ToolError) || !CORRECTABLE.includes(error.code)) throw error;
        problems.set(name, error);
        return undefined;
      }
    },
    /** Adds what is wrong with the whole. */
    add: (error: ToolError): void => void problems.set('', error),
    throwIfAny(): void {
      const found = ['', ...names].flatMap((name) => {
        const error = problems.get(name);
        return error ? [{ error, said: prefixed(name, error.message) }] : [];
      });
      const [first] = found;
      if (!first) return;
      const isAlike = found.every(({ error }) => error.code === first.error.code);
      const said = found.map((one) => one.said.replace(/\.$/, '')).join('; ');
      const steps = new Set(found.map(({ error }) => error.next));
      throw new ToolError(isAlike ? first.error.code : 'invalid_input', `${shorten(said, MAX_SAID)}.`, {
        next: [...steps].slice(0, MAX_STEPS).join(' '),
        cause: first.error,
      });
    },
  };
}

const prefixed = (name: string, message: string): string =>
  name === '' || message.startsWith(name) ? message : `${name}: ${message}`;

/** The error of a call for too many pictures. */
export const tooMany = (count: number, most: number): ToolError =>
  new ToolError('invalid_input', `jobs asks for ${count} pictures, and one call makes at most ${most}.`, {
    next: 'Ask for fewer pictures, or make several calls.',
  });

/** The error of a job that is no object. */
export const noObject = (name: string): ToolError =>
  new ToolError('invalid_input', `${name} must be an object with model and input.`, {
    next: 'Correct that and call again.',
  });
