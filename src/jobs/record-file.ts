import { randomUUID } from 'node:crypto';
import { link, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Job } from './job.ts';
import { formatRecord } from './record.ts';

// A file that cannot be opened for want of handles, or a drive that is away for a moment, is read again after so many ms.
const READ_AGAIN_AFTER = [20, 100, 400];

/** The text of a file; undefined where there is none. Throws what the file system goes on to throw. */
export async function readIfThere(path: string): Promise<string | undefined> {
  for (let tries = 0; ; tries++) {
    try {
      return await readFile(path, 'utf8');
    } catch (error) {
      const { code = '' } = error as NodeJS.ErrnoException;
      if (code === 'ENOENT' || code === 'EISDIR') return undefined;
      const pause = READ_AGAIN_AFTER[tries];
      if (pause === undefined) throw error;
      await delay(pause);
    }
  }
}

/** How a record comes to its name: as a `new` one, in place of the one that stands there, or only where none stands there. */
export type Placing = 'new' | 'replace' | 'claim';

/**
 * Writes a record whole: to a temporary file that is synced and then named. False where it is a claim and another
 * process was faster. A new name is durable when this returns; where a record is replaced, a power cut may bring
 * back the one before, which only makes the job be looked at again (2 of the 4 ms that a durable write takes).
 */
export async function writeRecord(dir: string, name: string, job: Job, placing: Placing): Promise<boolean> {
  const temporary = join(dir, `.${name}.${randomUUID()}.tmp`);
  let left = true;
  try {
    const file = await open(temporary, 'w', 0o600);
    try {
      await file.writeFile(formatRecord(job));
      await file.sync();
    } finally {
      await file.close();
    }
    // Unlike a rename, a link never replaces what stands there.
    if (placing === 'claim') await link(temporary, join(dir, name));
    else {
      await rename(temporary, join(dir, name));
      left = false;
    }
  } catch (error) {
    if (placing !== 'claim' || (error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    return false;
  } finally {
    if (left) await rm(temporary, { force: true }).catch(() => {});
  }
  if (placing === 'replace') return true;
  try {
    await syncDirectory(dir);
  } catch (error) {
    // What fails leaves no record behind that counts.
    await rm(join(dir, name), { force: true }).catch(() => {});
    throw error;
  }
  return true;
}

// Network drives and memory cards refuse to sync a directory: nothing more can be had there.
const NOT_SYNCED = ['EINVAL', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EPERM', 'EBADF', 'EISDIR'];

// Without it a power cut may undo the rename. Windows does not open directories.
async function syncDirectory(dir: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(dir, 'r');
  try {
    await handle.sync();
  } catch (error) {
    if (!NOT_SYNCED.includes((error as NodeJS.ErrnoException).code ?? '')) throw error;
  } finally {
    await handle.close();
  }
}
