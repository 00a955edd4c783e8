import type { Original } from '../../jobs/job.ts';
import type { Part } from '../download.ts';
import { kindOf } from '../media-type.ts';
import { identityOf } from './folder/files.ts';
import type { JobOutput } from './job-output.ts';
import type { Library } from './library.ts';
import { hashPieces, openToRead, readPieces } from './read-pieces.ts';

/** A file of an output on this machine, whose content is what its hash says. */
export interface KeptFile {
  original: Original;
  /** All of it or a part, piece by piece; closes it in the end. Has fewer bytes, or throws, if it goes meanwhile. */
  content(part?: Part): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

// So many saved copies are remembered to be right.
const MAX_VERIFIED = 1_000;

/** Makes what opens kept files: from the library, else a saved copy, whose content is read once for each change of it. */
export function createKeptOpener(library: Library | undefined) {
  /** Saved copies by path, as they were when their content was last found to be right. */
  const verified = new Map<string, string>();

  async function openSaved(path: string, original: Original): Promise<KeptFile | undefined> {
    const file = await openToRead(path);
    const found = await file?.stat().catch(() => undefined);
    if (file && found?.isFile() && found.size === original.bytes) {
      const key = `${path} ${original.sha256}`;
      const identity = identityOf(found);
      const isRight = async () => (await hashPieces(readPieces(file)).catch(() => '')) === original.sha256;
      if (verified.get(key) === identity || (await isRight())) {
        verified.set(key, identity);
        for (const old of verified.keys()) if (verified.size > MAX_VERIFIED) verified.delete(old);
        const content = ({ from, to } = wholeOf(original)) => file.createReadStream({ start: from, end: to });
        return { original, content, close: () => file.close() };
      }
    }
    await file?.close();
    return undefined;
  }

  return async ({ job, index }: JobOutput): Promise<KeptFile | undefined> => {
    const original = job.originals?.[index];
    // What a record says may be shown as what it is not.
    if (!original || kindOf(original.type) === undefined) return undefined;
    const picture = await library?.open(original).catch(() => undefined);
    if (picture && picture.bytes === original.bytes)
      return {
        original,
        content: (part) => (part ? cutOut(picture.content(), part) : picture.content()),
        close: picture.close,
      };
    await picture?.close();
    for (const path of original.saved?.toReversed() ?? []) {
      const saved = await openSaved(path, original);
      if (saved) return saved;
    }
    return undefined;
  };
}

const wholeOf = ({ bytes }: Original): Part => ({ from: 0, to: bytes - 1 });

/** A part of some content, which is read from its beginning: a library keeps nothing large. */
async function* cutOut(content: AsyncIterable<Buffer>, { from, to }: Part): AsyncGenerator<Buffer> {
  let at = 0;
  for await (const piece of content) {
    const wanted = piece.subarray(Math.max(0, from - at), Math.max(0, to + 1 - at));
    if (wanted.length > 0) yield wanted;
    at += piece.length;
    if (at > to) return;
  }
}
