import { createHash } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { codeOf, ToolError } from '../../errors.ts';
import { ImageError } from '../../images/image-error.ts';
import {
  checkSize,
  type Kept,
  type Library,
  MAX_KEPT_BYTES,
  nameOf,
  sha256Of,
} from '../../images/library/library.ts';
import type { Database } from './database.ts';
import { createLargeWork } from './large-work.ts';
import { createPictureRows, type PictureRow } from './picture-rows.ts';

// In bytes: what one statement reads or writes.
const PIECE = 1 << 19;
// Of the connections of a replica: calls need the others.
const AT_ONCE = 2;

/**
 * The libraries of all accounts in tables that replicas share: images alone, as what is no image would make the database
 * of the jobs large.
 */
export function createPictureTables(database: Database, clock: Clock) {
  const large = createLargeWork(database, AT_ONCE, clock);
  return {
    /** That of the account with a digest, with a limit in bytes. */
    open: (account: string, maxBytes: number): Library =>
      createTableLibrary(createPictureRows(database, large, account), maxBytes),
  };
}

function createTableLibrary(rows: ReturnType<typeof createPictureRows>, maxBytes: number): Library {
  /** Rows by the names of pictures whose content was found to be right. */
  const verified = new Map<string, string>();
  let failure: string | undefined;
  let written = 0;

  async function isWhole(kept: Kept, { id, bytes }: PictureRow): Promise<boolean> {
    if (verified.get(nameOf(kept)) === id) return true;
    if (bytes > MAX_KEPT_BYTES || (await rows.hash(id)) !== kept.sha256) return false;
    verified.set(nameOf(kept), id);
    return true;
  }

  async function findWhole(kept: Kept): Promise<PictureRow | undefined> {
    const row = await rows.find(nameOf(kept));
    return row && (await isWhole(kept, row)) ? row : undefined;
  }

  /** The content of a row, of which the last piece comes only if all of it is right. Throws ImageError else. */
  async function* pieces({ sha256 }: Kept, { id, bytes }: PictureRow): AsyncGenerator<Buffer> {
    const hash = createHash('sha256');
    let left = bytes;
    for (let number = 0; left > 0; number++) {
      const piece = await rows.piece(id, number).catch((error) => {
        throw new ImageError(reasonOf(error), { cause: error });
      });
      if (!piece || piece.length > left) throw new ImageError('it is no longer kept');
      hash.update(piece);
      left -= piece.length;
      if (left === 0 && hash.digest('hex') !== sha256) throw new ImageError('what was kept is damaged');
      yield piece;
    }
  }

  /** Makes a picture young, so that it is not removed before a record names it; false if it has to be written. */
  async function renew(kept: Kept): Promise<boolean> {
    const row = await rows.find(nameOf(kept));
    if (!row) return false;
    if (await isWhole(kept, row)) return rows.renew(row.id);
    await rows.remove(row.id);
    return false;
  }

  async function write(kept: Kept, data: Buffer): Promise<void> {
    const name = nameOf(kept);
    const id = await rows.begin(name);
    let isFinished = false;
    try {
      for (let number = 0; number * PIECE < data.length; number++)
        await rows.add(id, number, data.subarray(number * PIECE, (number + 1) * PIECE));
      isFinished = await rows.finish(id, data.length);
    } finally {
      if (!isFinished) await rows.remove(id).catch(() => {});
    }
    if (isFinished) {
      verified.set(name, id);
      written += data.length;
    } else if (!(await rows.find(name))) {
      // Not even another replica has finished the same: this one was frozen, and what it wrote was taken for a leftover.
      throw new ImageError('it was removed while it was written');
    }
  }

  return {
    has: async (kept) => !!(await findWhole(kept).catch(() => undefined)),
    async read(kept) {
      try {
        const row = await rows.find(nameOf(kept));
        if (!row || row.bytes > MAX_KEPT_BYTES) return undefined;
        const content = Buffer.alloc(row.bytes);
        let at = 0;
        for await (const piece of pieces(kept, row)) at += piece.copy(content, at);
        return content;
      } catch {
        return undefined;
      }
    },
    async open(kept) {
      const row = await findWhole(kept);
      return row && { bytes: row.bytes, content: () => pieces(kept, row), close: async () => {} };
    },
    obstacle: async () => failure,
    async put(data, type) {
      checkSize(data, maxBytes);
      const kept = { sha256: sha256Of(data), type };
      try {
        if (!(await renew(kept))) await write(kept, data);
        failure = undefined;
        return kept.sha256;
      } catch (error) {
        failure = reasonOf(error);
        throw new ImageError(failure, { cause: error });
      }
    },
    written: () => written,
    list: async () =>
      (await rows.list()).map(({ id, name, bytes, kept_at }) => {
        return { id, name: name ?? undefined, bytes, keptAt: kept_at };
      }),
    remove: ({ id, keptAt }) => rows.removeListed(id, keptAt),
    skew: async () => (await rows.now()) - Date.now(),
  };
}

const reasonOf = (error: unknown): string =>
  error instanceof ImageError
    ? error.reason
    : `the database cannot be used (${codeOf(error instanceof ToolError ? error.cause : error)})`;
