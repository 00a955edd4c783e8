import { constants } from 'node:fs';
import { open, realpath, stat } from 'node:fs/promises';
import {
  type AllowedFolders,
  candidates,
  createUserFolders,
  isAllowed,
  type ListRoots,
  list,
  rootFolders,
} from './allowed-folders.ts';
import { changed, LocalFileError } from './local-file-error.ts';
import { alwaysLeadsTo, OPEN_FILES, whereIs } from './open-files.ts';
import { absolutePath } from './paths.ts';

// Larger than any useful image; it is held in memory.
const MAX_BYTES = 100 << 20;

/**
 * Reads a regular file in an allowed folder, following no link out; gives its real path. It is named by a path, from
 * the home folder with `~`, or relative to an allowed folder, or by a `file:` URL. Throws LocalFileError.
 */
export type FileReader = (given: string, roots?: ListRoots) => Promise<{ path: string; data: Buffer }>;

/** Makes a reader of files in the folders that the user allowed and in a client's roots. */
export function createFileReader(
  { folders, homeDir }: { folders: readonly string[]; homeDir: string },
  openFiles = OPEN_FILES,
): FileReader {
  const findFolders = createUserFolders(folders);

  /** The real path of a file that exists, and the folders that it was found in. */
  async function find(given: string, allowed: AllowedFolders) {
    const paths = candidates(given, allowed, homeDir, 'the allowed folders');
    for (const named of paths) {
      const path = await realpath(named).catch(noneIfMissing);
      if (path === undefined) continue;
      if (!isAllowed(allowed, path))
        throw new LocalFileError('is a link that leads out of the allowed folders', true);
      return { path, allowed };
    }
    const isRelative = absolutePath(given, homeDir) === undefined;
    throw new LocalFileError(isRelative ? `does not exist in any of ${list(allowed)}` : 'does not exist');
  }

  return async (given, listRoots = async () => []) => {
    const own = await findFolders();
    const found = await find(given, own).catch(async (error) => {
      const roots = await rootFolders(await listRoots(), homeDir);
      if (roots.length === 0) throw error;
      return find(given, [...own, ...roots]);
    });
    const { path, allowed } = found;
    if (!(await stat(path).catch(throwUnreadable)).isFile()) throw new LocalFileError('is not a file');
    // Neither follows a link that was put there meanwhile, nor waits for the other end of a pipe.
    const file = await open(path, constants.O_RDONLY | NO_FOLLOW | NO_WAIT).catch(throwUnreadable);
    try {
      // Any folder on the way may have been swapped since: from here on only what was opened counts.
      const opened = await file.stat({ bigint: true });
      const where = await whereIs(file, openFiles);
      const isInside =
        where === undefined
          ? await alwaysLeadsTo(path, opened)
          : isFileIn(allowed, where) && (where === path || !where.endsWith(' (deleted)'));
      if (!opened.isFile() || !isInside) throw changed();
      if (opened.size > MAX_BYTES) throw new LocalFileError(`is larger than ${MAX_BYTES >> 20} MiB`);
      return { path, data: await file.readFile() };
    } finally {
      await file.close();
    }
  };
}

/** Whether a path lies in one of the folders and is none of them. */
const isFileIn = (allowed: AllowedFolders, path: string): boolean =>
  isAllowed(allowed, path) && !allowed.some(({ real }) => real === path);

// Windows has neither.
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const NO_WAIT = constants.O_NONBLOCK ?? 0;

function noneIfMissing(error: NodeJS.ErrnoException): undefined {
  if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throwUnreadable(error);
}

function throwUnreadable(error: unknown): never {
  const { code } = error as NodeJS.ErrnoException;
  throw new LocalFileError(code === 'ENOENT' ? 'does not exist' : `cannot be read (${code})`);
}
