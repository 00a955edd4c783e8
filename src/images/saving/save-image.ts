import { randomUUID } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, link, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Download } from '../download.ts';
import { ImageError } from '../image-error.ts';
import { sha256Of } from '../library/library.ts';
import { extensionOf, mimeType } from '../media-type.ts';

const TEMPORARY = /^\.[0-9a-f-]{36}\.part$/;
// In ms: only a dead process leaves a temporary file this old.
const ABANDONED_AFTER = 3_600_000;
// More files of one name are a mistake.
const MAX_NAMESAKES = 100;

/**
 * Saves an image as `<stem>.<true extension>`, with its metadata, if given, in a sidecar, and returns its path. Never overwrites:
 * if another file has that name it becomes `<stem>_2`; if the same image has, nothing is written. Throws ImageError.
 */
export async function saveImage(
  folder: string,
  stem: string,
  { type, data }: Download,
  metadata: Record<string, unknown> | undefined,
): Promise<string> {
  const dir = resolve(folder);
  const temporary = join(dir, `.${randomUUID()}.part`);
  try {
    await mkdir(dir, { recursive: true });
    await removeAbandoned(dir);
    await writeFile(temporary, data, { flag: 'wx', flush: true });
    for (let count = 1; count <= MAX_NAMESAKES; count++) {
      const path = join(dir, `${stem}${count === 1 ? '' : `_${count}`}.${extensionOf(mimeType(type))}`);
      if (await linkIfFree(temporary, path)) {
        const sidecar = metadata && `${JSON.stringify({ ...metadata, sha256: sha256Of(data) }, null, 2)}\n`;
        // Best effort: the image is what was asked for.
        if (sidecar) await writeFile(`${path}.json`, sidecar, { flag: 'wx' }).catch(() => {});
        return path;
      }
      if (await hasContent(path, data)) return path;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new ImageError(
      `nothing can be written to ${dir} (${code}); another folder is chosen with --output-dir or RUNCOMFY_OUTPUT_DIR`,
      { cause: error },
    );
  } finally {
    await rm(temporary, { force: true }).catch(() => {});
  }
  throw new ImageError(`there are ${MAX_NAMESAKES} other files of its name in ${dir}`);
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

async function hasContent(path: string, data: Buffer): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size === data.length && (await readFile(path)).equals(data);
}
