import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmdirSync, rmSync, writeFileSync } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';

/** Mounts a file system of 64 KiB, or tells that this cannot be done here. */
function mountSmall(): string | undefined {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return undefined;
  const dir = mkdtempSync(join(tmpdir(), 'runcomfy-image-small-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'none', dir], { stdio: 'ignore' });
    return dir;
  } catch {
    return undefined;
  }
}

function unmount(dir: string): void {
  execFileSync('umount', ['-l', dir]);
  rmdirSync(dir);
}

/** Whether disks can be filled here: that needs root on Linux. */
export function canFillDisks(): boolean {
  const dir = mountSmall();
  if (dir !== undefined) unmount(dir);
  return dir !== undefined;
}

/** A data directory on a small disk, and the means to fill and free it. */
export function smallDisk() {
  const dir = mountSmall() as string;
  onTestFinished(() => unmount(dir));
  const ballast = join(dir, 'ballast');
  return {
    dataDir: join(dir, 'data'),
    fill: () => expect(() => writeFileSync(ballast, Buffer.alloc(1 << 20))).toThrow('ENOSPC'),
    free: () => rmSync(ballast),
  };
}

/** Replaces a method of every file handle until the test ends; the replacement gets the file and what it replaces. */
export async function replaceInFiles(
  method: 'sync' | 'writeFile' | 'readFile' | 'stat',
  replacement: (file: FileHandle, original: () => Promise<void>) => Promise<void>,
): Promise<void> {
  const file = await open(import.meta.filename);
  const prototype = Object.getPrototypeOf(file) as Record<string, (...given: unknown[]) => Promise<void>>;
  await file.close();
  const original = prototype[method] as (...given: unknown[]) => Promise<void>;
  onTestFinished(() => void Object.assign(prototype, { [method]: original }));
  prototype[method] = function (this: FileHandle, ...given) {
    return replacement(this, () => original.apply(this, given));
  };
}

/** Lets the sync of every directory fail, as on a network drive, until the test ends. */
export const refuseToSync = (code: string): Promise<void> =>
  replaceInFiles('sync', async (file, sync) => {
    if ((await file.stat()).isDirectory()) throw Object.assign(new Error(code), { code });
    return sync();
  });

/** Acts before every sync of a file or directory, until the test ends. */
export const beforeSync = (act: (file: FileHandle) => Promise<void>): Promise<void> =>
  replaceInFiles('sync', async (file, sync) => {
    await act(file);
    return sync();
  });
