import { constants } from 'node:fs';
import { access, type FileHandle, lstat, lutimes, mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../../errors.ts';
import { writeWhole } from '../../../whole-file.ts';
import { ImageError } from '../../image-error.ts';
import {
  checkSize,
  type Kept,
  type Library,
  MAX_KEPT_BYTES,
  MAX_KEPT_MEDIA_BYTES,
  nameOf,
  sha256Of,
} from '../library.ts';
import { hashPieces, openToRead, readPieces } from '../read-pieces.ts';
import { freeBytes, identityOf, listFiles, removeFile, skewOf, temporaryName } from './files.ts';

export interface FolderOptions {
  dir: string;
  /** In bytes: nothing larger than all of it is kept. */
  maxBytes: number;
  /** In bytes: with less of the disk free nothing more is kept. */
  minFree?: number;
}

/** In bytes. */
export const MIN_FREE = 1e9;

/** A library in a folder, which several machines may share: files `<sha256>.<extension>`, for their owner alone. */
export function createFolderLibrary({ dir, maxBytes, minFree = MIN_FREE }: FolderOptions): Library {
  /** Files by name, as they were when their content was last found to be right. */
  const verified = new Map<string, string>();
  let failure: string | undefined;
  let written = 0;

  const pathOf = (kept: Kept) => join(dir, nameOf(kept));

  /**
   * What `take` makes of a file; undefined if it is absent, no file or too large, or if `take` makes nothing of it. Closed
   * then, and afterwards unless `isLeftOpen`.
   */
  async function look<Found>(
    kept: Kept,
    take: (file: FileHandle, identity: string, bytes: number) => Promise<Found | undefined>,
    isLeftOpen = false,
  ): Promise<Found | undefined> {
    const file = await openToRead(pathOf(kept));
    let result: Found | undefined;
    try {
      const found = await file?.stat();
      if (file && found?.isFile() && found.size <= MAX_KEPT_BYTES)
        result = await take(file, identityOf(found), found.size);
    } catch {
      // As on a file server that is away, or where another machine has removed it meanwhile.
    } finally {
      if (!isLeftOpen || result === undefined) await file?.close();
    }
    return result;
  }

  /** Whether content has the right hash; then that is known of the file as it is. */
  function isRight(kept: Kept, identity: string, sha256: string): boolean {
    if (sha256 === kept.sha256) verified.set(nameOf(kept), identity);
    return sha256 === kept.sha256;
  }

  const read = (kept: Kept): Promise<Buffer | undefined> =>
    look(kept, async (file, identity) => {
      const content = await file.readFile();
      return isRight(kept, identity, sha256Of(content)) ? content : undefined;
    });

  /** Whether a file is right; its content is read once for each change of the file. */
  const isWhole = async (kept: Kept, file: FileHandle, identity: string) =>
    verified.get(nameOf(kept)) === identity || isRight(kept, identity, await hashPieces(readPieces(file)));

  async function has(kept: Kept): Promise<boolean> {
    const found = await lstat(pathOf(kept)).catch(() => undefined);
    if (found?.isFile() && verified.get(nameOf(kept)) === identityOf(found)) return true;
    verified.delete(nameOf(kept));
    return !!found && !!(await look(kept, async (file, identity) => isWhole(kept, file, identity)));
  }

  /** Makes a kept file young, so that it is not removed before a record names it; false if there is none. */
  async function renew(kept: Kept): Promise<boolean> {
    if (!(await has(kept))) return false;
    try {
      // By the clock that the others compare with.
      const now = new Date(Date.now() + (await skewOf(dir)));
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
    read,
    has,
    open: (kept) =>
      look(
        kept,
        async (file, identity, bytes) =>
          (await isWhole(kept, file, identity))
            ? {
                bytes,
                content: () => file.createReadStream({ start: 0, end: bytes - 1 }),
                close: () => file.close(),
              }
            : undefined,
        true,
      ),
    async obstacle(): Promise<string | undefined> {
      try {
        await mkdir(dir, { recursive: true, mode: 0o700 });
        await access(dir, constants.W_OK);
        return (await fullness()) ?? failure;
      } catch (error) {
        return reasonOf(error);
      }
    },
    async put(data, type) {
      checkSize(data, maxBytes);
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
    async putFile(fill) {
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
    written: () => written,
    list: () => listFiles(dir),
    remove: (listed) => removeFile(dir, listed),
    skew: () => skewOf(dir),
  };
}
