import { createHash, randomUUID } from 'node:crypto';
import { constants, createReadStream } from 'node:fs';
import { copyFile, link, mkdir, open, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Download } from './download.ts';
import { extension } from './image-type.ts';
import { PictureError } from './picture-error.ts';

/** A file that is being downloaded into a folder. */
export interface Incoming {
  /** Where it grows, under a name that no one else uses. */
  readonly path: string;
  write(chunk: Buffer): Promise<void>;
  /**
   * Gives the whole file its name, `<stem>.<true extension>`, and writes what it was made from beside it. Never
   * overwrites: another file of that name makes it `<stem>_2`. The same picture again is the file that is there.
   */
  place(stem: string, download: Download, trace: Record<string, unknown>): Promise<string>;
  /** Lets go of what was not placed. Never throws. */
  dispose(): Promise<void>;
}

const PART = /^\.[0-9a-f-]{36}\.part$/;
// A part this old, in ms, is one that a dead process left.
const ABANDONED_AFTER = 3_600_000;
// So many files of one name are someone's mistake.
const MAX_NAMESAKES = 100;

/** Opens a new file in a folder, which is made where it is missing. Its methods, too, throw PictureError. */
export async function openIncoming(folder: string): Promise<Incoming> {
  const dir = resolve(folder);
  const path = join(dir, `.${randomUUID()}.part`);
  const unwritable = (error: unknown): never => {
    if (error instanceof PictureError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new PictureError(
      `nothing can be written to ${dir} (${code}); another folder is chosen with --output-dir or RUNCOMFY_OUTPUT_DIR`,
      error,
    );
  };
  const create = async () => {
    await mkdir(dir, { recursive: true });
    await sweep(dir);
    return open(path, 'wx');
  };
  const file = await create().catch(unwritable);

  async function place(stem: string, download: Download, trace: Record<string, unknown>): Promise<string> {
    await file.sync();
    for (let count = 1; count <= MAX_NAMESAKES; count++) {
      const name = `${stem}${count === 1 ? '' : `_${count}`}.${extension(download.type)}`;
      const target = join(dir, name);
      if (await putIfNew(path, target)) {
        await writeSidecar(`${target}.json`, trace);
        return target;
      }
      if (await isSame(target, download)) return target;
    }
    throw new PictureError(`there are ${MAX_NAMESAKES} other files of its name in ${dir}`);
  }

  return {
    path,
    write: (chunk) => file.writeFile(chunk).catch(unwritable),
    place: (stem, download, trace) => place(stem, download, trace).catch(unwritable),
    async dispose() {
      await file.close().catch(() => {});
      await rm(path, { force: true }).catch(() => {});
    },
  };
}

/** The picture is what was asked for: it stays, also where there is no room for its sidecar or an older one stands there. */
async function writeSidecar(path: string, trace: Record<string, unknown>): Promise<void> {
  await writeFile(path, `${JSON.stringify(trace, null, 2)}\n`, { flag: 'wx' }).catch(() => {});
}

/** Deletes the parts of processes that died. */
async function sweep(dir: string): Promise<void> {
  for (const name of (await readdir(dir)).filter((candidate) => PART.test(candidate))) {
    const { mtimeMs } = await stat(join(dir, name)).catch(() => ({ mtimeMs: Number.POSITIVE_INFINITY }));
    if (Date.now() - mtimeMs > ABANDONED_AFTER) await rm(join(dir, name), { force: true });
  }
}

/** False where the name is taken: unlike a rename, neither a link nor this copy ever replaces what stands there. */
async function putIfNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to).catch((error) => {
      if (error.code === 'EEXIST') throw error;
      // Some memory cards and network drives know no links.
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
