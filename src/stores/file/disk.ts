import { readFile as readFileWithCallback } from 'node:fs';
import { link, mkdir, open, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import { codeOf, ToolError } from '../../errors.ts';
import { writeSynced, writeWhole } from '../../whole-file.ts';

/** Gives a file a second name. Rejects with EEXIST if that name is taken. */
export type Link = (path: string, name: string) => Promise<void>;
export const linkFile: Link = (path, name) => link(path, name);

// In ms: for a process that has no file handle left, or a drive that is away for a moment.
const READ_RETRIES = [20, 100, 400];

// Reads twice as many small files in a second as the promise API (2,000: 60 ms against 130).
const readFile = promisify(readFileWithCallback);

/** The text of a file; undefined if it is absent, null if it is a folder. Throws what the file system keeps throwing. */
export async function readText(path: string): Promise<string | undefined | null> {
  for (let tries = 0; ; tries++) {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      const code = codeOf(error);
      if (code === 'ENOENT') return undefined;
      if (code === 'EISDIR') return null;
      const pause = READ_RETRIES[tries];
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

// In bytes: as much as a record.
const PROBE = 2_048;

/** Makes a folder and writes a synced file in it, of which nothing stays. Throws `store_unavailable` if that fails. */
export async function checkFolder(dir: string): Promise<void> {
  try {
    await mkdir(dir, { recursive: true, mode: 0o700 });
    await writeWhole(join(dir, 'probe'), ' '.repeat(PROBE), async () => {});
  } catch (error) {
    throw unusable(dir, error, 'written');
  }
}

// Network drives and memory cards cannot sync a directory.
const NO_SYNC = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'EBADF', 'EISDIR'];

/** Without it a power cut may undo what was done to names. Windows does not open directories. */
export async function syncDirectory(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!NO_SYNC.includes(codeOf(error))) throw error;
  } finally {
    await handle.close();
  }
}

/** Moves a record that cannot be read out of the way; tells in words what became of it. */
export async function setAside(dir: string, name: string, asideDir: string): Promise<string> {
  try {
    await mkdir(asideDir, { recursive: true, mode: 0o700 });
    await rename(join(dir, name), join(asideDir, name));
    return `the job record ${name} cannot be read and was moved to ${asideDir}`;
  } catch (error) {
    return `the job record ${join(dir, name)} cannot be read, nor moved: ${(error as Error).message}`;
  }
}

/** The error of a store whose folder cannot be used. */
export function unusable(dir: string, error: unknown, how: 'read' | 'written', isUnsent = false): ToolError {
  if (error instanceof ToolError) return error;
  const so = isUnsent ? ', so nothing was submitted' : '';
  const why = `The job records in ${dir} cannot be ${how} (${codeOf(error)})${so}.`;
  return new ToolError('store_unavailable', why, {
    next: 'Make that directory usable and free some space, or choose another with --data-dir or RUNCOMFY_DATA_DIR.',
    cause: error,
  });
}
