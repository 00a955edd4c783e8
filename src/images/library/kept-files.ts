import { randomUUID } from 'node:crypto';
import type { Stats } from 'node:fs';
import { lstat, readdir, rename, rm, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { codeOf } from '../../errors.ts';
import type { Original } from '../../jobs/job.ts';
import { extensionOf, kindOf } from '../media-type.ts';

/** What names a kept file: its content and its MIME type. */
export type Kept = Pick<Original, 'sha256' | 'type'>;

/** In bytes. What is larger is never read: a download brings no more. */
export const MAX_KEPT_BYTES = 64 << 20;
/** In bytes, of what is no image: so much of it is kept without being asked for. */
export const MAX_KEPT_MEDIA_BYTES = 50 << 20;

/** Whether an output is known to be too large to be kept. */
export function isTooLarge(original: Original | null | undefined): boolean {
  if (!original) return false;
  const most = kindOf(original.type) === 'image' ? MAX_KEPT_BYTES : MAX_KEPT_MEDIA_BYTES;
  return original.bytes > most;
}

export const nameOf = ({ sha256, type }: Kept): string => `${sha256}.${extensionOf(type)}`;

/** The name of the file that shows an original small, if there is one. */
export const thumbnailOf = ({ thumbnail }: Original): string[] =>
  thumbnail === undefined ? [] : [nameOf({ sha256: thumbnail, type: 'image/jpeg' })];

const NAME = /^[0-9a-f]{64}\.\w{1,8}$/;
/** What a writer has not finished, or what is being removed. */
const TEMPORARY = /^\.(?:[0-9a-f]{64}\.\w{1,8}|new)\.[0-9a-f-]{36}\.tmp$/;

/** The name of a file whose content, and so its name, is not known yet. */
export const temporaryName = (): string => `.new.${randomUUID()}.tmp`;

/** A file of the library as it was listed. */
export interface ListedFile {
  readonly name: string;
  readonly isTemporary: boolean;
  readonly bytes: number;
  readonly mtimeMs: number;
}

/** The files of a library; what else lies in the folder is not ours. One after the other, so that answers go first. */
export async function listFiles(dir: string): Promise<ListedFile[]> {
  const names = await readdir(dir).catch((error) => {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  });
  const files: ListedFile[] = [];
  for (const name of names) {
    const isTemporary = TEMPORARY.test(name);
    if (!isTemporary && !NAME.test(name)) continue;
    const found = await lstat(join(dir, name)).catch(() => undefined);
    if (found?.isFile()) files.push({ name, isTemporary, bytes: found.size, mtimeMs: found.mtimeMs });
  }
  return files;
}

/**
 * Removes a file that is still as it was listed; false if it stays. It is moved away first: whoever keeps the same
 * content at this moment either makes it young before, which brings it back, or finds it gone and writes it again.
 */
export async function removeFile(dir: string, { name, mtimeMs }: ListedFile): Promise<boolean> {
  const path = join(dir, name);
  const aside = join(dir, `.${name.replace(/^\.|\.[0-9a-f-]{36}\.tmp$/g, '')}.${randomUUID()}.tmp`);
  try {
    await rename(path, aside);
    if ((await lstat(aside)).mtimeMs === mtimeMs) {
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

// In ms. A younger file may be half written, or a record may be about to name it.
const GRACE = 3_600_000;

/** Whether a file is no longer anybody's who writes at this moment. `now` in ms. */
export const isOld = ({ mtimeMs }: ListedFile, now: number): boolean => mtimeMs < now - GRACE;

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
