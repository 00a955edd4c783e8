import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readdir, rename, rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../../../errors.ts';
import type { ListedPicture } from '../library.ts';

const NAME = /^[0-9a-f]{64}\.\w{1,8}$/;
/** What a writer has not finished, or what is being removed. */
const TEMPORARY = /^\.(?:[0-9a-f]{64}\.\w{1,8}|new)\.[0-9a-f-]{36}\.tmp$/;

/** The name of a file whose content, and so its name, is not known yet. */
export const temporaryName = (): string => `.new.${randomUUID()}.tmp`;

/** The files of a library; what else lies in the folder is not ours. One after the other, so that answers go first. */
export async function listFiles(dir: string): Promise<ListedPicture[]> {
  const ids = await readdir(dir).catch((error) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  const files: ListedPicture[] = [];
  for (const id of ids) {
    const isTemporary = TEMPORARY.test(id);
    if (!isTemporary && !NAME.test(id)) continue;
    const found = await lstat(join(dir, id)).catch(() => undefined);
    const name = isTemporary ? undefined : id;
    if (found?.isFile()) files.push({ id, name, bytes: found.size, keptAt: found.mtimeMs });
  }
  return files;
}

/**
 * Removes a file that is still as it was listed; false if it stays. It is moved away first: whoever keeps the same
 * content at this moment either makes it young before, which brings it back, or finds it gone and writes it again.
 */
export async function removeFile(
  dir: string,
  { id, keptAt }: Pick<ListedPicture, 'id' | 'keptAt'>,
): Promise<boolean> {
  const path = join(dir, id);
  const aside = join(dir, `.${id.replace(/^\.|\.[0-9a-f-]{36}\.tmp$/g, '')}.${randomUUID()}.tmp`);
  try {
    await rename(path, aside);
    if ((await lstat(aside)).mtimeMs === keptAt) {
      await rm(aside, { force: true });
      return true;
    }
    await rename(aside, path);
    return false;
  } catch (error) {
    // Another process removes the same.
    if (codeOf(error) === 'ENOENT') return true;
    throw error;
  }
}

/**
 * How far the clock of the file system of a folder is ahead of ours, in ms: it may be that of a file server. 0 where no
 * file can be made, as on a full disk.
 */
export async function skewOf(dir: string): Promise<number> {
  const probe = join(dir, temporaryName());
  try {
    await writeFile(probe, '', { flag: 'wx', mode: 0o600 });
    return (await lstat(probe)).mtimeMs - Date.now();
  } catch {
    return 0;
  } finally {
    await rm(probe, { force: true }).catch(() => {});
  }
}

/** How many bytes this user may still write where a folder is, or would be made. */
export async function freeBytes(dir: string): Promise<number> {
  try {
    const { bavail, bsize } = await statfs(dir);
    return bavail * bsize;
  } catch (error) {
    if (codeOf(error) !== 'ENOENT' || dirname(dir) === dir) throw error;
    return freeBytes(dirname(dir));
  }
}

/** Tells one state of a file from another, also where somebody put the old times back. */
export const identityOf = ({ dev, ino, size, mtimeMs, ctimeMs }: Stats): string =>
  [dev, ino, size, mtimeMs, ctimeMs].join(' ');
