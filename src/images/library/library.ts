import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, type FileHandle, lstat, lutimes, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../errors.ts';
import { writeWhole } from '../../whole-file.ts';
import type { DownloadedFile } from '../download-to.ts';
import { ImageError } from '../image-error.ts';
import type { NewFile } from './copy-file.ts';
import {
  freeBytes,
  identityOf,
  type Kept,
  MAX_KEPT_BYTES,
  MAX_KEPT_MEDIA_BYTES,
  nameOf,
  temporaryName,
} from './kept-files.ts';
import { hashPieces, openToRead } from './read-pieces.ts';

export interface LibraryOptions {
  dir: string;
  /** In bytes: nothing larger than all of it is kept. */
  maxBytes: number;
  /** In bytes: with less of the disk free nothing more is kept. */
  minFree?: number;
}

export type Library = ReturnType<typeof createLibrary>;

/** In bytes. */
export const MIN_FREE = 1e9;

/**
 * The originals of an account, content-addressed: `<sha256>.<extension>`, for their owner alone. What is read is what
 * its name says: a file that was damaged or swapped is none.
 */
export function createLibrary({ dir, maxBytes, minFree = MIN_FREE }: LibraryOptions) {
  /** Files by name, as they were when their content was last found to be right. */
  const verified = new Map<string, string>();
  let failure: string | undefined;
  let written = 0;

  const pathOf = (kept: Kept) => join(dir, nameOf(kept));

  /** What `take` makes of a file's content with its hash; undefined if it is absent, no file, or not what its name says. */
  async function verify<Content>(
    kept: Kept,
    take: (file: FileHandle) => Promise<{ sha256: string; content: Content }>,
  ): Promise<Content | undefined> {
    const file = await openToRead(pathOf(kept));
    if (!file) return undefined;
    try {
      const found = await file.stat();
      if (!found.isFile() || found.size > MAX_KEPT_BYTES) return undefined;
      const { sha256, content } = await take(file);
      if (sha256 !== kept.sha256) return undefined;
      verified.set(nameOf(kept), identityOf(found));
      return content;
    } catch {
      return undefined;
    } finally {
      await file.close();
    }
  }

  /** The content of a file; undefined if it is not what its name says. */
  const read = (kept: Kept): Promise<Buffer | undefined> =>
    verify(kept, async (file) => {
      const content = await file.readFile();
      return { sha256: sha256Of(content), content };
    });

  /** Whether the disk holds a file that is what its name says; its content is read once for each change of the file. */
  async function has(kept: Kept): Promise<boolean> {
    const found = await lstat(pathOf(kept)).catch(() => undefined);
    if (found?.isFile() && verified.get(nameOf(kept)) === identityOf(found)) return true;
    verified.delete(nameOf(kept));
    if (!found) return false;
    return !!(await verify(kept, async (file) => ({ sha256: await hashPieces(file), content: true })));
  }

  /** Opens a file that is what its name says, of so many bytes; undefined if there is none. The caller closes it. */
  async function open(kept: Kept): Promise<{ file: FileHandle; bytes: number } | undefined> {
    const file = await openToRead(pathOf(kept));
    if (!file) return undefined;
    const found = await file.stat();
    const isWhole = () => verified.get(nameOf(kept)) === identityOf(found);
    if (!isWhole()) {
      const sha256 = await hashPieces(file).catch(() => undefined);
      if (sha256 === kept.sha256) verified.set(nameOf(kept), identityOf(found));
    }
    return isWhole() ? { file, bytes: found.size } : void (await file.close());
  }

  /** Makes a kept file young, so that it is not removed before a record names it; false if there is none. */
  async function renew(kept: Kept): Promise<boolean> {
    if (!(await has(kept))) return false;
    try {
      const now = new Date();
      await lutimes(pathOf(kept), now, now);
      return (await lstat(pathOf(kept))).isFile();
    } catch (error) {
      if (codeOf(error) === 'ENOENT') return false;
      throw error;
    }
  }

  async function write(kept: Kept, data: Buffer): Promise<void> {
    await prepare();
    await writeWhole(pathOf(kept), data, rename);
    await onWritten(kept, data.length);
  }

  /** Makes the folder. Throws ImageError if the disk is too full. */
  async function prepare(): Promise<void> {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    const full = await fullness();
    if (full !== undefined) throw new ImageError(full);
  }

  async function onWritten(kept: Kept, bytes: number): Promise<void> {
    verified.set(nameOf(kept), identityOf(await lstat(pathOf(kept))));
    written += bytes;
  }

  /** Why the disk is too full to keep more. */
  async function fullness(): Promise<string | undefined> {
    if ((await freeBytes(dir)) >= minFree) return undefined;
    return `less than ${minFree / 1e9} GB of the disk of ${dir} is free`;
  }

  const reasonOf = (error: unknown) =>
    error instanceof ImageError ? error.reason : `nothing can be written to ${dir} (${codeOf(error)})`;

  return {
    pathOf,
    read,
    has,
    open,
    /** Why nothing can be kept now; undefined if it can. Completes "The library keeps nothing, as …". */
    async obstacle(): Promise<string | undefined> {
      try {
        await mkdir(dir, { recursive: true, mode: 0o700 });
        await access(dir, constants.W_OK);
        return (await fullness()) ?? failure;
      } catch (error) {
        return reasonOf(error);
      }
    },
    /** Keeps some content, whole or not at all; resolves to its SHA-256. Throws ImageError, which says why not. */
    async put(data: Buffer, type: string): Promise<string> {
      const most = Math.min(maxBytes, MAX_KEPT_BYTES);
      if (data.length > most) throw new ImageError(`it is larger than ${Math.floor(most / 1e6)} MB`);
      const kept = { sha256: sha256Of(data), type };
      try {
        // The folder may go between any two steps: the second time it is made anew.
        if (!(await renew(kept)))
          await write(kept, data).catch((error) => {
            if (codeOf(error) !== 'ENOENT') throw error;
            return write(kept, data);
          });
        failure = undefined;
        return kept.sha256;
      } catch (error) {
        failure = reasonOf(error);
        throw new ImageError(failure, { cause: error });
      }
    },
    /**
     * The same for content of any type, of which `fill` writes at most so many bytes into a new file. Throws what `fill`
     * throws too, but for errors of the file system.
     */
    async putFile(
      fill: (file: NewFile, maxBytes: number) => Promise<DownloadedFile>,
    ): Promise<DownloadedFile> {
      const temporary = { path: join(dir, temporaryName()), mode: 0o600 };
      try {
        await prepare();
        const filled = await fill(temporary, Math.min(maxBytes, MAX_KEPT_MEDIA_BYTES));
        if (!(await renew(filled))) {
          await rename(temporary.path, pathOf(filled));
          await onWritten(filled, filled.bytes);
        }
        failure = undefined;
        return filled;
      } catch (error) {
        if ((error as NodeJS.ErrnoException).syscall === undefined) throw error;
        failure = reasonOf(error);
        throw new ImageError(failure, { cause: error });
      } finally {
        await rm(temporary.path, { force: true }).catch(() => {});
      }
    },
    /** How many bytes this process has put. */
    written: (): number => written,
  };
}

export const sha256Of = (data: Buffer): string => createHash('sha256').update(data).digest('hex');
