import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Download } from './download.ts';
import { ImageError } from './image-error.ts';
import { extension } from './image-type.ts';

/** An image that is being written to a folder. Its methods throw ImageError. */
export interface ImageFile {
  /** Where it grows, under a unique temporary name. */
  readonly path: string;
  write(chunk: Buffer): Promise<void>;
  /**
   * Names the finished file `<stem>.<true extension>`, writes its sidecar and returns its path. Never overwrites: if
   * another file has that name it becomes `<stem>_2`; if the same image has, that is the result.
   */
  place(stem: string, download: Download, metadata: Record<string, unknown>): Promise<string>;
  /** Deletes the temporary file. Never throws. */
  dispose(): Promise<void>;
}

const TEMPORARY = /^\.[0-9a-f-]{36}\.part$/;
// In ms: only a dead process leaves a temporary file this old.
const ABANDONED_AFTER = 3_600_000;
// More files of one name are a mistake.
const MAX_NAMESAKES = 100;

/** Creates an image file in a folder, which is created too if it is missing. Throws ImageError. */
export async function createImageFile(folder: string): Promise<ImageFile> {
  const dir = resolve(folder);
  const path = join(dir, `.${randomUUID()}.part`);
  const unwritable = (error: unknown): never => {
    if (error instanceof ImageError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new ImageError(
      `nothing can be written to ${dir} (${code}); another folder is chosen with --output-dir or RUNCOMFY_OUTPUT_DIR`,
      error,
    );
  };
  const create = async () => {
    await mkdir(dir, { recursive: true });
    await removeAbandoned(dir);
    return open(path, 'wx');
  };
  const file = await create().catch(unwritable);

  async function place(stem: string, download: Download, metadata: Record<string, unknown>): Promise<string> {
    await file.sync();
    for (let count = 1; count <= MAX_NAMESAKES; count++) {
      const name = `${stem}${count === 1 ? '' : `_${count}`}.${extension(download.type)}`;
      const target = join(dir, name);
      if (await linkIfFree(path, target)) {
        await writeSidecar(`${target}.json`, metadata);
        return target;
      }
      if (await isSame(target, download)) return target;
    }
    throw new ImageError(`there are ${MAX_NAMESAKES} other files of its name in ${dir}`);
  }

  return {
    path,
    write: (chunk) => file.writeFile(chunk).catch(unwritable),
    place: (stem, download, metadata) => place(stem, download, metadata).catch(unwritable),
    async dispose() {
      await file.close().catch(() => {});
      await rm(path, { force: true }).catch(() => {});
    },
  };
}

/** Best effort: the image is what was asked for, so it stays even if its sidecar cannot be written. */
async function writeSidecar(path: string, metadata: Record<string, unknown>): Promise<void> {
  await writeFile(path, `${JSON.stringify(metadata, null, 2)}\n`, { flag: 'wx' }).catch(() => {});
}

async function removeAbandoned(dir: string): Promise<void> {
  for (const name of (await readdir(dir)).filter((candidate) => TEMPORARY.test(candidate))) {
    const { mtimeMs } = await stat(join(dir, name)).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > ABANDONED_AFTER) await rm(join(dir, name), { force: true });
  }
}

/** False if the name is taken: unlike a rename, neither a link nor this copy ever replaces a file. */
async function linkIfFree(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to).catch((error) => {
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

async function isSame(path: string, { bytes, sha256 }: Download): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  if (!found?.isFile() || found.size !== bytes) return false;
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path)) hash.update(chunk);
  return hash.digest('hex') === sha256;
}
