import { ToolError } from '../errors.ts';

/** An output that cannot be fetched, decoded or saved. Its URL still stands. */
export class PictureError extends ToolError {
  /** Completes a sentence such as "not shown, as …". */
  readonly reason: string;

  constructor(reason: string, cause?: unknown) {
    super('image_unavailable', `The image is not available, as ${reason}.`, {
      next: 'Its URL may still open in a browser.',
      cause,
    });
    this.name = 'PictureError';
    this.reason = reason;
  }
}

/** The error as a PictureError, with `otherwise` before the code of one that is none. */
export function asPictureError(error: unknown, otherwise: string): PictureError {
  if (error instanceof PictureError) return error;
  const { code, name } = error as NodeJS.ErrnoException;
  return new PictureError(`${otherwise} (${code ?? name})`, error);
}
