import { type BigIntStats, constants } from 'node:fs';
import { lstat, open, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';

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
const MAX_BYTES = 100 << 20;

/** Reads a regular file under one of the allowed folders, following no link out of them. Throws LocalFileError. */
export type FileReader = (given: string) => Promise<LocalFile>;

/**
 * Makes a reader of the files under some folders. Where a folder really is counts from the start on, or from when it is
 * first there: a link that is put in its place later leads out of it. `openFiles` is where the system tells what a
 * process has open.
 */
export function createFileReader(folders: readonly string[], openFiles = '/proc/self/fd'): FileReader {
  const roots = folders.map(createRoot);

  return async (given) => {
    const real = (await Promise.all(roots.map((root) => root.find()))).filter((root) => root !== undefined);
    // First by its name: whether something exists elsewhere on this machine is nobody's business.
    if (![...real, ...roots.map(({ named }) => named)].some((root) => isBelow(resolve(given), root)))
      throw new LocalFileError(`is outside of the allowed folders (${folders.join(', ')})`, true);
    const path = await realpath(given).catch(refuse);
    if (!real.some((root) => isBelow(path, root)))
      throw new LocalFileError('is a link that leads out of the allowed folders', true);
    if (!(await stat(path).catch(refuse)).isFile()) throw new LocalFileError('is not a file');
    // Neither follows a link that was put there meanwhile, nor waits for the other end of a pipe.
    const file = await open(path, constants.O_RDONLY | NO_FOLLOW | NO_WAIT).catch(refuse);
    try {
      // Any folder on the way may have been swapped since: from here on only what was opened counts.
      const opened = await file.stat({ bigint: true });
      const isInside = (where: string) => real.some((root) => isBelow(where, root));
      if (!opened.isFile() || !(await wasReached(path, file.fd, opened, isInside, openFiles)))
        throw new LocalFileError('was changed while it was opened');
      if (opened.size > MAX_BYTES) throw new LocalFileError(`is larger than ${MAX_BYTES >> 20} MiB`);
      return { path, data: await file.readFile() };
    } finally {
      await file.close();
    }
  };
}

/** An allowed folder as it was named, and where it really is. */
function createRoot(folder: string): { named: string; find(): Promise<string | undefined> } {
  const named = resolve(folder);
  const look = () => realpath(named).catch(() => undefined);
  let real = look();
  return {
    named,
    async find() {
      if ((await real) === undefined) real = look();
      return real;
    },
  };
}

/** Whether what was opened by a real path stands inside. */
async function wasReached(
  path: string,
  fd: number,
  opened: BigIntStats,
  isInside: (path: string) => boolean,
  openFiles: string,
): Promise<boolean> {
  // Linux tells where an open file stands, by whatever way it was reached.
  const where = await readlink(join(openFiles, String(fd))).catch(() => undefined);
  if (where !== undefined) return isInside(where) && (where === path || !where.endsWith(' (deleted)'));
  for (let look = 0; look < LOOKS; look++) if (!(await leadsTo(path, opened))) return false;
  return true;
}

// Elsewhere Node can neither ask an open file where it stands nor open folder by folder. So the way is looked at again
// and again: to pass off a file from outside, each look would have to find every folder in its place, and right behind
// it a link there, which is as good as chance cannot do. A folder that is swapped once is always noticed.
const LOOKS = 12;

/** Whether a path leads to a file by nothing but folders. */
async function leadsTo(path: string, opened: BigIntStats): Promise<boolean> {
  for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder))
    if (!(await isFolder(folder))) return false;
  const named = await lstat(path, { bigint: true }).catch(() => undefined);
  return named?.ino === opened.ino && named.dev === opened.dev;
}

const isFolder = async (path: string): Promise<boolean> =>
  (await lstat(path).catch(() => undefined))?.isDirectory() === true;

// Windows has neither.
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const NO_WAIT = constants.O_NONBLOCK ?? 0;

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !/^\.\.[/\\]/.test(way) && !isAbsolute(way);
}

function refuse(error: unknown): never {
  if (error instanceof LocalFileError) throw error;
  const { code } = error as NodeJS.ErrnoException;
  throw new LocalFileError(code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`);
}
