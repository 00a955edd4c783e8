import { ToolError } from '../errors.ts';

/** What an ImageError is about, where more than its words depends on it. */
export type Obstacle = 'not trusted' | 'link dead' | 'network' | 'no such part';

/** An image that cannot be fetched, decoded or saved. */
export class ImageError extends ToolError {
  /** Completes a sentence such as "not shown, as …". */
  readonly reason: string;
  /** Whether it is not worth a file: damaged or hostile, not just too large to be decoded here. */
  readonly isRefused: boolean;
  /** Whether it is larger than what asked for it takes. */
  readonly isTooLarge: boolean;
  readonly obstacle: Obstacle | undefined;

  constructor(
    reason: string,
    {
      cause,
      isRefused = false,
      isTooLarge = false,
      obstacle,
      next = 'Its URL may still open in a browser.',
    }: {
      cause?: unknown;
      isRefused?: boolean;
      isTooLarge?: boolean;
      obstacle?: Obstacle | undefined;
      next?: string;
    } = {},
  ) {
    super('image_unavailable', `The image is not available, as ${reason}.`, { next, cause });
    this.name = 'ImageError';
    this.reason = reason;
    this.isRefused = isRefused;
    this.isTooLarge = isTooLarge;
    this.obstacle = obstacle;
  }
}

/** Any error as an ImageError; `what` and `obstacle` say what failed where the error itself does not. */
export function asImageError(error: unknown, what: string, obstacle?: Obstacle): ImageError {
  if (error instanceof ImageError) return error;
  const { code, name } = error as NodeJS.ErrnoException;
  return new ImageError(`${what} (${code ?? name})`, { cause: error, obstacle });
}

/** What cannot be decoded here, as sharp is missing or it is too large, is kept and saved all the same. */
export function unlessDamaged(error: unknown): undefined {
  if (!(error instanceof ToolError) || (error instanceof ImageError && error.isRefused)) throw error;
}
