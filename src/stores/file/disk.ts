import { readFile as readFileWithCallback } from 'node:fs';
import { link, open, rm } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codeOf, ToolError } from '../../errors.ts';
import { writeSynced, writeWhole } from '../../whole-file.ts';

/** Gives a file a second name. Rejects with EEXIST where that name is taken. */
export type Link = (path: string, name: string) => Promise<void>;
export const linkFile: Link = (path, name) => link(path, name);

// A file that cannot be opened for want of handles, or a drive that is away for a moment, is read again after so many ms.
const READ_AGAIN_AFTER = [20, 100, 400];

// Of many small files it reads twice as many in a second as the one that comes as a promise (2,000: 60 ms against 130).
const readFile = promisify(readFileWithCallback);

/** The text of a file; undefined where there is none, null where it is a folder. Throws what the file system goes on to throw. */
export async function readText(path: string): Promise<string | undefined | null> {
  for (let tries = 0; ; tries++) {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT') return undefined;
      if (code === 'EISDIR') return null;
      const pause = READ_AGAIN_AFTER[tries];
      if (pause === undefined) throw error;
      await delay(pause);
    }
  }
}

// How a disk without hard links (FAT, some network drives) refuses to make one.
const NO_LINKS = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS'];

/**
 * Creates a synced file; false if its name is taken. It appears whole where the disk has hard links; elsewhere it is
 * created under its name and then filled. Throws what the file system throws; then no file is left.
 */
export async function createFile(path: string, text: string, link: Link): Promise<boolean> {
  const place: Link = (temporary, name) =>
    link(temporary, name).catch((error) => {
      if (!NO_LINKS.includes(codeOf(error))) throw error;
      return fillExclusively(name, text);
    });
  try {
    await writeWhole(path, text, place);
    return true;
  } catch (error) {
    if (codeOf(error) === 'EEXIST') return false;
    throw error;
  }
}

async function fillExclusively(path: string, text: string): Promise<void> {
  await writeSynced(path, text, 'wx').catch(async (error) => {
    if (codeOf(error) !== 'EEXIST') await rm(path, { force: true }).catch(() => {});
    throw error;
  });
}

// Network drives and memory cards refuse to sync a directory: nothing more can be had there.
const NOT_SYNCED = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'EBADF', 'EISDIR'];

/** Without it a power cut may undo what was done to names. Windows does not open directories. */
export async function syncDirectory(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!NOT_SYNCED.includes(codeOf(error))) throw error;
  } finally {
    await handle.close();
  }
}

/** What a store throws where its folder cannot be used. */
export function unusable(dir: string, error: unknown, how: 'read' | 'written', isUnsent = false): ToolError {
  if (error instanceof ToolError) return error;
  const so = isUnsent ? ', so nothing was submitted' : '';
  const why = `The job records in ${dir} cannot be ${how} (${codeOf(error)})${so}.`;
  return new ToolError('store_unavailable', why, {
    next: 'Make that directory usable and free some space, or choose another with --data-dir or RUNCOMFY_DATA_DIR.',
    cause: error,
  });
}
