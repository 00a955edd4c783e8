import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';

/** A local file that may not or cannot be read; the message completes "<field>[0] …". */
export class LocalFileError extends Error {
  /** The user would have to allow it. */
  readonly isForbidden: boolean;

  constructor(message: string, isForbidden = false) {
    super(message);
    this.isForbidden = isForbidden;
  }
}

/** A file that was read, under its real path. */
export interface LocalFile {
  path: string;
  data: Buffer;
}

// More than any picture of use; it is held in memory.
const MOST_BYTES = 100 << 20;

/** Reads a regular file under one of the folders, following no link out of them. Throws LocalFileError. */
export async function readLocalFile(given: string, folders: readonly string[]): Promise<LocalFile> {
  const roots = (await Promise.all(folders.map((folder) => realFolder(folder)))).flat();
  // First by its name: whether something exists elsewhere on this machine is nobody's business.
  if (!roots.some((root) => isBelow(resolve(given), root)))
    throw new LocalFileError(`is outside of the allowed folders (${folders.join(', ')})`, true);
  const path = await realpath(given).catch(refuse);
  if (!roots.some((root) => isBelow(path, root)))
    throw new LocalFileError('is a link that leads out of the allowed folders', true);
  if (!(await stat(path).catch(refuse)).isFile()) throw new LocalFileError('is not a file');
  // Neither follows a link that was put there meanwhile, nor waits for the other end of a pipe.
  const file = await open(path, constants.O_RDONLY | NO_FOLLOW | NO_WAIT).catch(refuse);
  try {
    const opened = await file.stat();
    const named = await stat(path).catch(refuse);
    const isTheSame = opened.ino === named.ino && opened.dev === named.dev;
    if (!opened.isFile() || !isTheSame || (await realpath(path).catch(refuse)) !== path)
      throw new LocalFileError('was changed while it was opened');
    if (opened.size > MOST_BYTES) throw new LocalFileError(`is larger than ${MOST_BYTES >> 20} MiB`);
    return { path, data: await file.readFile() };
  } finally {
    await file.close();
  }
}

// Windows has neither.
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const NO_WAIT = constants.O_NONBLOCK ?? 0;

/** A folder as it was named, and where it really is; nothing where it is not there. */
async function realFolder(folder: string): Promise<string[]> {
  const named = resolve(folder);
  const real = await realpath(named).catch(() => undefined);
  return real === undefined ? [] : [...new Set([named, real])];
}

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !/^\.\.[/\\]/.test(way) && !isAbsolute(way);
}

function refuse(error: unknown): never {
  if (error instanceof LocalFileError) throw error;
  const { code } = error as NodeJS.ErrnoException;
  throw new LocalFileError(code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`);
}
