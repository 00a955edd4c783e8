import { ToolError } from '../../errors.ts';
import { ImageError } from '../../images/image-error.ts';
import type { FileFacts } from '../../images/saving/save-file.ts';
import type { ToolResult } from './define.ts';
import { imageWords } from './job-words.ts';

/** A picture that was saved, by its handle. */
export interface Saved extends Omit<FileFacts, 'sha256'> {
  image: string;
  path: string;
}

/** One that was not. */
export interface Unsaved {
  image: string;
  error: ToolError;
}

/** What was saved and what was not, in their order. Throws `not_saved` if nothing was. */
export function savedResult(results: readonly (Saved | Unsaved)[]): ToolResult {
  const saved = results.filter((one) => 'path' in one);
  const unsaved = results.filter((one) => 'error' in one);
  if (saved.length === 0) throw nothingSaved(unsaved);
  return {
    lines: [
      ...saved.map(({ image, path, ...facts }) => `Saved ${image} as ${path} (${imageWords(facts)})`),
      ...unsaved.map((one) => `Not saved: ${whyNot(one)}.`),
    ],
    data: {
      images: saved,
      not_saved:
        unsaved.length > 0 ? unsaved.map((one) => ({ image: one.image, reason: whyNot(one) })) : undefined,
      next: nextOf(unsaved),
    },
  };
}

/** The error of a call that saved nothing. */
function nothingSaved(unsaved: readonly Unsaved[]): ToolError {
  const why = unsaved.map(whyNot).join('; ');
  return new ToolError('not_saved', `Nothing was saved: ${why}.`, {
    next: nextOf(unsaved) ?? '',
    cause: unsaved[0]?.error,
  });
}

const whyNot = ({ image, error }: Unsaved): string =>
  error instanceof ImageError ? `${image}, as ${error.reason}` : error.message.replace(/\.$/, '');

/** What to do about each that was not saved; the same is said once. */
const nextOf = (unsaved: readonly Unsaved[]): string | undefined =>
  unsaved.length > 0 ? [...new Set(unsaved.map(({ error }) => error.next))].join(' ') : undefined;
