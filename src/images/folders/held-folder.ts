import { constants } from 'node:fs';
import { access, type FileHandle, lstat, mkdir, open } from 'node:fs/promises';
import { join } from 'node:path';
import { changed } from './local-file-error.ts';
import { alwaysLeadsTo, whereIs } from './open-files.ts';

/** A folder that is being written to. */
export interface HeldFolder {
  /** What files in it are opened below; stays with the folder where the system can hold one (Linux). */
  prefix: string;
  /** Its real path, which the user is told. */
  path: string;
  /** Throws LocalFileError if the folder is not at its path any more. */
  check(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Goes down from a real folder, one name after the other, through real folders only; makes those that are not there.
 * Throws LocalFileError if one was swapped, else the error of the system.
 */
export async function hold(base: string, names: readonly string[], openFiles: string): Promise<HeldFolder> {
  const canHold = await access(openFiles).then(
    () => true,
    () => false,
  );
  const path = join(base, ...names);
  return canHold ? holdOpen(base, names, path, openFiles) : holdByPath(base, names, path);
}

/** Holds each folder open while it goes on: what is opened below a handle is in that folder, wherever paths lead. */
async function holdOpen(
  base: string,
  names: readonly string[],
  path: string,
  openFiles: string,
): Promise<HeldFolder> {
  const below = (handle: FileHandle) => join(openFiles, String(handle.fd));
  let handle = await openFolder(base);
  try {
    if ((await whereIs(handle, openFiles)) !== base) throw changed();
    for (const name of names) {
      const next = await openOrMake(join(below(handle), name));
      await handle.close();
      handle = next;
    }
    const check = async () => {
      if ((await whereIs(handle, openFiles)) !== path) throw changed();
    };
    await check();
    return { prefix: below(handle), path, check, close: () => handle.close() };
  } catch (error) {
    await handle.close();
    throw error;
  }
}

const openFolder = (path: string): Promise<FileHandle> =>
  open(path, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW).catch((error) => {
    throw error.code === 'ENOTDIR' || error.code === 'ELOOP' ? changed() : error;
  });

const openOrMake = (path: string): Promise<FileHandle> =>
  openFolder(path).catch(async (error) => {
    if (error.code !== 'ENOENT') throw error;
    await makeOne(path);
    return openFolder(path);
  });

/** Without handles the folder may be swapped while it is written to, which is noticed afterwards. */
async function holdByPath(base: string, names: readonly string[], path: string): Promise<HeldFolder> {
  let folder = base;
  for (const name of names) {
    folder = join(folder, name);
    await makeOne(folder);
  }
  const found = await lstat(path, { bigint: true });
  const check = async () => {
    if (!found.isDirectory() || !(await alwaysLeadsTo(path, found))) throw changed();
  };
  await check();
  return { prefix: path, path, check, close: async () => {} };
}

async function makeOne(folder: string): Promise<void> {
  await mkdir(folder).catch((error) => {
    if (error.code !== 'EEXIST') throw error;
  });
}
