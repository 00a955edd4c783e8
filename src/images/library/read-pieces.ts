import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';

// Windows has neither. Without the second a pipe in the place of a file would wait for a writer.
const SAFELY = (constants.O_NOFOLLOW ?? 0) | (constants.O_NONBLOCK ?? 0);

/** Opens a file, not a link to one; undefined if it cannot be read. What it is has to be looked at still. */
export const openToRead = (path: string): Promise<FileHandle | undefined> =>
  open(path, constants.O_RDONLY | SAFELY).catch(() => undefined);

// In bytes.
const PIECE = 1 << 20;

/** Reads a file piece by piece. A piece is overwritten when the next one is asked for. */
export async function* readPieces(file: FileHandle): AsyncGenerator<Buffer> {
  const buffer = Buffer.alloc(PIECE);
  for (let position = 0; ; ) {
    const { bytesRead } = await file.read(buffer, 0, PIECE, position);
    if (bytesRead === 0) return;
    yield buffer.subarray(0, bytesRead);
    position += bytesRead;
  }
}

/** The SHA-256 of pieces, each handed to `take` before the next one is asked for. */
export async function hashPieces(
  pieces: AsyncIterable<Buffer>,
  take: (piece: Buffer) => unknown = () => {},
): Promise<string> {
  const hash = createHash('sha256');
  for await (const piece of pieces) {
    hash.update(piece);
    await take(piece);
  }
  return hash.digest('hex');
}
