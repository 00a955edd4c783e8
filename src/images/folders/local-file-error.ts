/**
 * Why a file cannot be read or a folder not written: the message completes "the file …" or "the folder …". What is
 * forbidden may become allowed by a setting.
 */
export class LocalFileError extends Error {
  readonly isForbidden: boolean;

  constructor(message: string, isForbidden = false) {
    super(message);
    this.isForbidden = isForbidden;
  }
}

/** The error of what was swapped between its check and its use. */
export const changed = (): LocalFileError => new LocalFileError('was changed while it was opened');
