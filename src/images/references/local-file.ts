import { type BigIntStats, constants } from 'node:fs';
import { lstat, open, readlink, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve } from 'node:path';

/** A local file that may not or cannot be read; the message completes "<field>[0] …". */
export class LocalFileError extends Error {
  /** Whether the user would have to allow it. */
  readonly isForbidden: boolean;

  constructor(message: string, isForbidden = false) {
    super(message);
    this.isForbidden = isForbidden;
  }
}

// Larger than any useful image; it is held in memory.
const MAX_BYTES = 100 << 20;

/** Reads a regular file in an allowed folder, following no link out; gives its real path. Throws LocalFileError. */
export type FileReader = (path: string) => Promise<{ path: string; data: Buffer }>;

/**
 * Makes a reader of files in some folders. A folder's real path is the one that it has first: a link that replaces the
 * folder later leads out of it. `openFiles` is where the system tells what a process has open.
 */
export function createFileReader(folders: readonly string[], openFiles = '/proc/self/fd'): FileReader {
  const roots = folders.map(createRoot);

  return async (given) => {
    const real = (await Promise.all(roots.map((root) => root.find()))).filter((root) => root !== undefined);
    const isAllowed = (path: string) => real.some((root) => isBelow(path, root));
    // By its name first: whether something exists elsewhere on this machine must not be told.
    if (!isAllowed(resolve(given)) && !roots.some(({ named }) => isBelow(resolve(given), named)))
      throw new LocalFileError(`is outside of the allowed folders (${folders.join(', ')})`, true);
    const path = await realpath(given).catch(throwUnreadable);
    if (!isAllowed(path)) throw new LocalFileError('is a link that leads out of the allowed folders', true);
    if (!(await stat(path).catch(throwUnreadable)).isFile()) throw new LocalFileError('is not a file');
    // Neither follows a link that was put there meanwhile, nor waits for the other end of a pipe.
    const file = await open(path, constants.O_RDONLY | NO_FOLLOW | NO_WAIT).catch(throwUnreadable);
    try {
      // Any folder on the way may have been swapped since: from here on only what was opened counts.
      const opened = await file.stat({ bigint: true });
      const where = await readlink(join(openFiles, String(file.fd))).catch(() => undefined);
      const isInside =
        where === undefined
          ? await alwaysLeadsTo(path, opened)
          : isAllowed(where) && (where === path || !where.endsWith(' (deleted)'));
      if (!opened.isFile() || !isInside) throw new LocalFileError('was changed while it was opened');
      if (opened.size > MAX_BYTES) throw new LocalFileError(`is larger than ${MAX_BYTES >> 20} MiB`);
      return { path, data: await file.readFile() };
    } finally {
      await file.close();
    }
  };
}

/** An allowed folder, as it was named and where it really is. */
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

// Only Linux tells where an open file is. Elsewhere Node cannot ask, nor open folder by folder, so the path is checked
// again and again: to pass off a file from outside, each check would have to find every folder in its place and right
// after it a link there, which chance as good as never does. A folder that is swapped once is always noticed.
const CHECKS = 12;

/** Whether a path leads to a file through real folders only, each time that it is checked. */
async function alwaysLeadsTo(path: string, opened: BigIntStats): Promise<boolean> {
  for (let check = 0; check < CHECKS; check++) {
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder))
      if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) return false;
    const named = await lstat(path, { bigint: true }).catch(() => undefined);
    if (named?.ino !== opened.ino || named.dev !== opened.dev) return false;
  }
  return true;
}

// Windows has neither.
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const NO_WAIT = constants.O_NONBLOCK ?? 0;

function isBelow(path: string, folder: string): boolean {
  const way = relative(folder, path);
  return way !== '' && way !== '..' && !/^\.\.[/\\]/.test(way) && !isAbsolute(way);
}

function throwUnreadable(error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  throw new LocalFileError(code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`);
}
