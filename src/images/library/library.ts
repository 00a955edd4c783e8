import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { access, lstat, mkdir, open, rename, rm, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { codeOf } from '../../errors.ts';
import type { Original } from '../../jobs/job.ts';
import { writeWhole } from '../../whole-file.ts';
import { extensionOf } from '../media-type.ts';

export interface LibraryOptions {
  dir: string;
  /** In bytes: what is kept in all; older files are removed beyond that. 0 keeps nothing. */
  maxBytes: number;
  /** In bytes: with less of the disk free nothing more is kept. */
  minFree?: number;
}

export type Library = ReturnType<typeof createLibrary>;

/** What names a kept file: its content and its MIME type. */
export type Kept = Pick<Original, 'sha256' | 'type'>;

const MIN_FREE = 1e9;
// Windows has none.
const NO_FOLLOW = constants.O_NOFOLLOW ?? 0;

/**
 * The originals of an account, content-addressed: `<sha256>.<extension>`, for their owner alone. What is read is what
 * its name says: a file that was damaged or swapped is none.
 */
export function createLibrary({ dir, maxBytes, minFree = MIN_FREE }: LibraryOptions) {
  /** Files by name, as they were when their content was last found to be right. */
  const verified = new Map<string, string>();
  let failure: string | undefined;

  const nameOf = ({ sha256, type }: Kept) => `${sha256}.${extensionOf(type)}`;
  const pathOf = (kept: Kept) => join(dir, nameOf(kept));
  const failed = (error: unknown) => `nothing can be written to ${dir} (${codeOf(error)})`;

  /** The content of a file; undefined if it is absent, no file, or not what its name says. */
  async function read(kept: Kept): Promise<Buffer | undefined> {
    const file = await open(pathOf(kept), constants.O_RDONLY | NO_FOLLOW).catch(() => undefined);
    if (!file) return undefined;
    try {
      const { dev, ino, size, mtimeMs } = await file.stat();
      const data = await file.readFile();
      if (sha256Of(data) !== kept.sha256) return undefined;
      verified.set(nameOf(kept), identity({ dev, ino, size, mtimeMs }));
      return data;
    } catch {
      return undefined;
    } finally {
      await file.close();
    }
  }

  return {
    dir,
    maxBytes,
    read,
    /** Whether the disk holds a file that is what its name says; its content is read once for each change of the file. */
    async has(kept: Kept): Promise<boolean> {
      const found = await lstat(pathOf(kept)).catch(() => undefined);
      if (!found?.isFile()) return false;
      return verified.get(nameOf(kept)) === identity(found) || (await read(kept)) !== undefined;
    },
    /** Why nothing can be kept now; undefined if it can. Completes "not kept, as …". */
    async obstacle(): Promise<string | undefined> {
      try {
        await mkdir(dir, { recursive: true, mode: 0o700 });
        await access(dir, constants.W_OK);
        const { bavail, bsize } = await statfs(dir);
        if (bavail * bsize < minFree) return `less than ${minFree / 1e9} GB of the disk of ${dir} is free`;
        return failure;
      } catch (error) {
        return failed(error);
      }
    },
    /** Keeps some content, whole or not at all; resolves to its SHA-256. Rejects with what the file system throws. */
    async put(data: Buffer, type: string): Promise<string> {
      const kept = { sha256: sha256Of(data), type };
      try {
        if (!(await this.has(kept))) {
          await mkdir(dir, { recursive: true, mode: 0o700 });
          await writeWhole(pathOf(kept), data, rename);
        }
        failure = undefined;
        return kept.sha256;
      } catch (error) {
        failure = failed(error);
        throw error;
      }
    },
    /** Removes a kept file, if it is there. */
    remove: (kept: Kept): Promise<void> => rm(pathOf(kept), { force: true }),
  };
}

export const sha256Of = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

const identity = ({ dev, ino, size, mtimeMs }: { dev: number; ino: number; size: number; mtimeMs: number }) =>
  [dev, ino, size, mtimeMs].join(' ');
