import type { BigIntStats } from 'node:fs';
import { type FileHandle, lstat, readlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** Where Linux tells what a process has open. */
export const OPEN_FILES = '/proc/self/fd';

/** Where an open file or folder is now, or undefined where the system does not tell. */
export const whereIs = (handle: FileHandle, openFiles: string): Promise<string | undefined> =>
  readlink(join(openFiles, String(handle.fd))).catch(() => undefined);

// Only Linux tells where an open file is. Elsewhere Node cannot ask, nor open folder by folder, so the path is checked
// again and again: to pass off a file from outside, each check would have to find every folder in its place and right
// after it a link there, which chance as good as never does. A folder that is swapped once is always noticed.
const CHECKS = 12;

/** Whether a path leads to a file or folder through real folders only, each time that it is checked. */
export async function alwaysLeadsTo(path: string, { ino, dev }: BigIntStats): Promise<boolean> {
  for (let check = 0; check < CHECKS; check++) {
    for (let folder = dirname(path); folder !== dirname(folder); folder = dirname(folder))
      if (!(await lstat(folder).catch(() => undefined))?.isDirectory()) return false;
    const named = await lstat(path, { bigint: true }).catch(() => undefined);
    if (named?.ino !== ino || named.dev !== dev) return false;
  }
  return true;
}
