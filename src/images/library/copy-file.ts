import { open, rm } from 'node:fs/promises';
import type { OpenPicture } from './library.ts';
import { hashPieces, openToRead, readPieces } from './read-pieces.ts';

/** A file that is not there yet. */
export interface NewFile {
  path: string;
  mode: number;
}

interface Content {
  sha256: string;
  bytes: number;
}

/**
 * Copies a file of some content piece by piece into a new one, which is whole and synced when this resolves to true. False
 * if there is no such file. Then, and when it rejects, nothing is left. Throws the signal's reason, or what the file
 * system throws.
 */
export async function copyFile(
  from: string,
  content: Content,
  file: NewFile,
  signal: AbortSignal,
): Promise<boolean> {
  const source = await openToRead(from);
  try {
    const found = await source?.stat();
    if (!source || !found?.isFile() || found.size !== content.bytes) return false;
    return await write(readPieces(source), content, file, signal);
  } finally {
    await source?.close();
  }
}

/** The same with what a library has opened, which it closes. */
export async function copyPicture(
  picture: OpenPicture,
  content: Content,
  file: NewFile,
  signal: AbortSignal,
): Promise<boolean> {
  try {
    return picture.bytes === content.bytes && (await write(picture.content(), content, file, signal));
  } finally {
    await picture.close();
  }
}

async function write(
  pieces: AsyncIterable<Buffer>,
  { sha256 }: Content,
  { path, mode }: NewFile,
  signal: AbortSignal,
): Promise<boolean> {
  let isWhole = false;
  const target = await open(path, 'wx', mode);
  try {
    const copied = await hashPieces(pieces, (piece) => {
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
}
