import { lstat, realpath } from 'node:fs/promises';
import { join, parse, relative, resolve, sep } from 'node:path';
import { LocalFileError } from './local-file-error.ts';
import { absolutePath, isHidden, isWithin } from './paths.ts';

/** The safe roots of a client, asked of it when a file is not in the user's own folders. */
export type ListRoots = () => Promise<readonly string[]>;

/** A folder that agents may use, as it was named and where it really is. */
interface AllowedFolder {
  named: string;
  /** Undefined while it does not exist. */
  real: string | undefined;
  /** It is a client's root, below which nothing hidden may be used. */
  isRoot: boolean;
}

/** The folders that count for one call, first come first served. */
export type AllowedFolders = readonly AllowedFolder[];

/**
 * Makes what finds the folders that a user named. The real path of such a folder is the one that it has first: a link
 * that replaces the folder later leads out of it.
 */
export function createUserFolders(folders: readonly string[]): () => Promise<AllowedFolders> {
  const found = folders.map((folder) => {
    const named = resolve(folder);
    const look = () => realpath(named).catch(() => undefined);
    let real = look();
    return async (): Promise<AllowedFolder> => {
      if ((await real) === undefined) real = look();
      return { named, real: await real, isRoot: false };
    };
  });
  return () => Promise.all(found.map((find) => find()));
}

/**
 * The roots of a client that exist. A project may hold links and name its own folders as roots, so only the links of
 * the system are followed: those to a top folder, as macOS has for /tmp, and those to the home folder.
 */
export async function rootFolders(roots: readonly string[], homeDir: string): Promise<AllowedFolders> {
  const realHome = await realpath(homeDir).catch(() => resolve(homeDir));
  const found = roots.map(async (named): Promise<AllowedFolder[]> => {
    const start = isWithin(homeDir, named) ? homeDir : topFolder(named);
    const top = await realpath(start).catch(() => undefined);
    if (top === undefined) return [];
    const real = join(top, relative(start, named));
    const isFolder = (await lstat(real).catch(() => undefined))?.isDirectory() === true;
    return isFolder && !isWithin(real, realHome) ? [{ named, real, isRoot: true }] : [];
  });
  return (await Promise.all(found)).flat();
}

function topFolder(path: string): string {
  const { root } = parse(path);
  return join(root, relative(root, path).split(sep)[0] as string);
}

/** Whether a real path lies in one of the folders. */
export const isAllowed = (folders: AllowedFolders, path: string): boolean =>
  folders.some((folder) => holds(folder, folder.real, path));

/** Whether a path lies in a folder as it is named; if it does, it may still be a link that leads out. */
export const isNamedIn = (folder: AllowedFolder, path: string): boolean =>
  holds(folder, folder.named, path) || holds(folder, folder.real, path);

/** Whether a path lies in a folder that is at `base`. */
const holds = ({ isRoot }: AllowedFolder, base: string | undefined, path: string): boolean =>
  base !== undefined && isWithin(base, path) && !(isRoot && isHidden(relative(base, path)));

/**
 * The paths that a text may mean: one, or for a relative path one in each folder, in their order. Throws LocalFileError
 * if none lies in any folder: whether something exists elsewhere on this machine must not be told.
 */
export function candidates(given: string, folders: AllowedFolders, homeDir: string, use: string): string[] {
  const absolute = absolutePath(given, homeDir);
  const meant =
    absolute === undefined ? folders.map(({ named }) => resolve(named, given)) : [resolve(absolute)];
  const allowed = meant.filter((path) => folders.some((folder) => isNamedIn(folder, path)));
  if (allowed.length > 0) return allowed;
  if (meant.some((path) => folders.some(({ named, isRoot }) => isRoot && isWithin(named, path))))
    throw new LocalFileError("is hidden: below the client's folders, no name may begin with a dot", true);
  throw new LocalFileError(`is outside of ${use} (${list(folders)})`, true);
}

/** The folders as errors list them. */
export const list = (folders: AllowedFolders): string => folders.map(({ named }) => named).join(', ');
