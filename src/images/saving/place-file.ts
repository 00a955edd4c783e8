import { constants } from 'node:fs';
import { copyFile, type FileHandle, link, lstat, open, readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageError } from '../image-error.ts';

/** Gives a file a second name; rejects with EEXIST if that is taken. */
export type LinkFile = (from: string, to: string) => Promise<void>;

// More files of one name are a mistake.
const MAX_NAMESAKES = 10_000;

/**
 * Names a whole file `<stem>.<extension>` in its folder. Never overwrites: if another file has that name it becomes
 * `<stem>_2`; if a file of the same content has, that one stands for it. Throws ImageError.
 */
export async function placeFile(
  temporary: string,
  folder: string,
  { stem, extension }: { stem: string; extension: string },
  linkFile: LinkFile = link,
): Promise<{ name: string; isNew: boolean }> {
  const taken = new Set(await readdir(folder));
  const { size } = await stat(temporary);
  for (let count = 1; count <= MAX_NAMESAKES; count++) {
    const name = `${stem}${count === 1 ? '' : `_${count}`}.${extension}`;
    const path = join(folder, name);
    // The folder may hold it in another case, or be written to meanwhile.
    if (!taken.has(name) && (await linkIfFree(temporary, path, linkFile))) return { name, isNew: true };
    if (await isSame(path, temporary, size)) return { name, isNew: false };
  }
  throw new ImageError(`there are ${MAX_NAMESAKES} other files of its name`, { next: 'Give other names.' });
}

const TEMPORARY = /^\.[0-9a-f-]{36}\.part$/;
// In ms: only a dead process leaves a temporary file this old.
const ABANDONED_AFTER = 3_600_000;

/** Removes what dead processes left in a folder. */
export async function removeAbandoned(folder: string): Promise<void> {
  for (const name of (await readdir(folder)).filter((candidate) => TEMPORARY.test(candidate))) {
    const { mtimeMs } = await lstat(join(folder, name)).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > ABANDONED_AFTER) await rm(join(folder, name), { force: true });
  }
}

/** False if the name is taken: unlike a rename, neither a link nor this copy ever replaces a file. */
async function linkIfFree(from: string, to: string, linkFile: LinkFile): Promise<boolean> {
  try {
    await linkFile(from, to).catch((error) => {
      if (error.code === 'EEXIST') throw error;
      // Some memory cards and network drives have no links.
      return copyFile(from, to, constants.COPYFILE_EXCL);
    });
    return true;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
    throw error;
  }
}

// Windows has neither.
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;
const NO_WAIT = constants.O_NONBLOCK ?? 0;
const CHUNK = 1 << 16;

/** Whether a name leads to a file of this size and content. Reads both only until they differ. */
async function isSame(path: string, other: string, size: number): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  if (found?.size !== size) return false;
  const files: FileHandle[] = [];
  try {
    for (const one of [path, other]) files.push(await open(one, constants.O_RDONLY | NO_FOLLOW | NO_WAIT));
    for (let at = 0; at < size; at += CHUNK) {
      const [left, right] = await Promise.all(files.map((file) => readChunk(file, at)));
      if (!left?.equals(right as Buffer)) return false;
    }
    return true;
  } catch {
    return false;
  } finally {
    await Promise.all(files.map((file) => file.close()));
  }
}

async function readChunk(file: FileHandle, position: number): Promise<Buffer> {
  const { buffer, bytesRead } = await file.read(Buffer.alloc(CHUNK), 0, CHUNK, position);
  return buffer.subarray(0, bytesRead);
}
