import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';

/** A file that is not there yet. */
export interface NewFile {
  path: string;
  mode: number;
}

// Windows has neither. Without the second a pipe in the place of a file would wait for a writer.
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);
const CHUNK = 1 << 20;

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
  const source = await open(from, constants.O_RDONLY | SAFELY).catch(() => undefined);
  let isWhole = false;
  try {
    const found = await source?.stat();
    if (!source || !found?.isFile() || found.size !== bytes) return false;
    const target = await open(path, 'wx', mode);
    try {
      isWhole = (await copyPieces(source, target, signal)) === sha256;
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

/** Resolves to the hash of what was copied. */
async function copyPieces(source: FileHandle, target: FileHandle, signal: AbortSignal): Promise<string> {
  const hash = createHash('sha256');
  const buffer = Buffer.alloc(CHUNK);
  for (let position = 0; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await source.read(buffer, 0, CHUNK, position);
    if (bytesRead === 0) return hash.digest('hex');
    const piece = buffer.subarray(0, bytesRead);
    hash.update(piece);
    // Unlike `write`, this does not stop halfway.
    await target.writeFile(piece);
    position += bytesRead;
  }
}
