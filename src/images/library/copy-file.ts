import { open, rm } from 'node:fs/promises';
import { hashPieces, openToRead } from './read-pieces.ts';

/** A file that is not there yet. */
export interface NewFile {
  path: string;
  mode: number;
}

/**
 * Copies a file of some content piece by piece into a new one, which is whole and synced when this resolves to true. False
 * if there is no such file. Then, and when it rejects, nothing is left. Throws the signal's reason, or what the file
 * system throws.
 */
export async function copyFile(
  from: string,
  { sha256, bytes }: { sha256: string; bytes: number },
  { path, mode }: NewFile,
  signal: AbortSignal,
): Promise<boolean> {
  const source = await openToRead(from);
  let isWhole = false;
  try {
    const found = await source?.stat();
    if (!source || !found?.isFile() || found.size !== bytes) return false;
    const target = await open(path, 'wx', mode);
    try {
      const copied = await hashPieces(source, (piece) => {
        signal.throwIfAborted();
        // Unlike `write`, this does not stop halfway.
        return target.writeFile(piece);
      });
      isWhole = copied === sha256;
      if (isWhole) await target.sync();
    } finally {
      await target.close();
      if (!isWhole) await rm(path, { force: true });
    }
    return isWhole;
  } finally {
    await source?.close();
  }
}
