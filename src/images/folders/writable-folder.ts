import { constants } from 'node:fs';
import { access, lstat, mkdir, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve, sep } from 'node:path';
import { checkName } from '../saving/file-name.ts';
import {
  type AllowedFolders,
  candidates,
  createUserFolders,
  isAllowed,
  isNamedIn,
  type ListRoots,
  rootFolders,
} from './allowed-folders.ts';
import { type HeldFolder, hold } from './held-folder.ts';
import { LocalFileError } from './local-file-error.ts';
import { OPEN_FILES } from './open-files.ts';
import { absolutePath, isWithin } from './paths.ts';

// Where folders are made one in the other, no limit of the system holds: nobody could remove thousands again.
const MAX_NEW = 16;

/**
 * Does work in an allowed folder, which is made if it is not there, and holds it meanwhile; without a name, in the first
 * folder of the user's. Named as a file to be read is. Throws LocalFileError.
 */
export type WithFolder = <Result>(
  given: string | undefined,
  work: (folder: HeldFolder) => Promise<Result>,
  roots?: ListRoots,
) => Promise<Result>;

/** Makes what opens folders for saving, in those that the user named (at least one) and a client's roots. */
export function createFolderOpener(
  { folders, homeDir }: { folders: readonly string[]; homeDir: string },
  openFiles = OPEN_FILES,
): WithFolder {
  const findFolders = createUserFolders(folders);

  /** Roots are not asked for where a path lies in a folder of the user's. */
  async function findRoots(given: string | undefined, own: AllowedFolders, listRoots: ListRoots) {
    const absolute = given === undefined ? own[0]?.named : absolutePath(given, homeDir);
    if (absolute !== undefined && own.some((folder) => isNamedIn(folder, resolve(absolute)))) return [];
    return rootFolders(await listRoots(), homeDir);
  }

  /** The path that is meant: of those that a relative path may mean the first that exists, else the first. */
  async function choose(given: string | undefined, allowed: AllowedFolders): Promise<string> {
    const name = given ?? (allowed[0]?.named as string);
    const paths = candidates(name, allowed, homeDir, 'the folders where files may be saved');
    for (const path of paths) if (await exists(path)) return path;
    return paths[0] as string;
  }

  return async (given, work, listRoots = async () => []) => {
    const own = await findFolders();
    const roots = await findRoots(given, own, listRoots);
    const named = await choose(given, [...own, ...roots]);
    // Links on the way to the user's own folder are the user's.
    for (const folder of own.filter((one) => isWithin(one.named, named)))
      if (!(await exists(folder.named))) await makeFolder(folder.named).catch(throwUnwritable);
    const allowed = [...(await findFolders()), ...roots];
    const { real, names } = await deepest(named);
    const path = join(real, ...names);
    const base = allowed.find((folder) => isAllowed([folder], path))?.real;
    if (base === undefined)
      throw new LocalFileError('is a link that leads out of the folders where files may be saved', true);
    if (!(await stat(real).catch(throwUnwritable)).isDirectory())
      throw new LocalFileError(names.length === 0 ? 'is a file' : 'is below a file');
    for (const name of names) {
      const checked = checkName(name);
      if ('problem' in checked)
        throw new LocalFileError(`cannot be made, as a name in it ${checked.problem}`);
    }
    const way = relative(base, path).split(sep);
    const held = await hold(base, way.filter(Boolean), openFiles).catch(throwUnwritable);
    try {
      await access(held.prefix, constants.W_OK | constants.X_OK).catch(throwUnwritable);
      const result = await work(held);
      await held.check();
      return result;
    } finally {
      await held.close();
    }
  };
}

/** The real path of the deepest folder on the way that exists, and the names of those below it. */
async function deepest(path: string): Promise<{ real: string; names: string[] }> {
  const names: string[] = [];
  for (let folder = path; ; folder = dirname(folder)) {
    const real = await realpath(folder).catch((error) => {
      if (error.code !== 'ENOENT' && error.code !== 'ENOTDIR') throwUnwritable(error);
    });
    if (real !== undefined) return { real, names };
    // Where a link leads to nothing, nothing can be made either.
    if (await exists(folder)) throw new LocalFileError('is a link that leads nowhere');
    names.unshift(basename(folder));
    if (names.length > MAX_NEW) throw new LocalFileError(`is more than ${MAX_NEW} new folders deep`);
  }
}

const exists = (path: string): Promise<boolean> =>
  lstat(path).then(
    () => true,
    () => false,
  );

/** Node's recursive mkdir never returns from /proc. */
async function makeFolder(folder: string): Promise<void> {
  const make = () =>
    mkdir(folder).catch((error) => {
      if (error.code !== 'EEXIST') throw error;
    });
  await make().catch(async (error) => {
    if (error.code !== 'ENOENT' || dirname(folder) === folder) throw error;
    await makeFolder(dirname(folder));
    await make();
  });
}

function throwUnwritable(error: unknown): never {
  if (error instanceof LocalFileError) throw error;
  throw new LocalFileError(`cannot be written (${(error as NodeJS.ErrnoException).code})`);
}
