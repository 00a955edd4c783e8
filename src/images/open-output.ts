import { createReceiver, type DownloadLimits, type Part } from './download.ts';
import { HEAD_BYTES, type MediaType } from './media-type.ts';

/** An output, or a part of it, that is ready to be read. */
export interface OpenOutput {
  type: MediaType;
  /** How many bytes it has, if its server tells. */
  bytes: number | undefined;
  /** Which part of `total` bytes it is; undefined if it is the whole. */
  part: (Part & { total: number }) | undefined;
  /** Read once, no faster than it is taken. Throws as a download does. */
  content: AsyncIterable<Buffer>;
  /** Ends its download, unless all of it was read. */
  close(): Promise<void>;
}

/** Which part of an output is wanted, in bytes; to its end without `to`. */
export interface WantedPart {
  from: number;
  to?: number | undefined;
}

/**
 * Opens an output at its link, with all guards of a download, to hand it on while it comes. A server may send the whole
 * where a part was wanted. Throws ImageError, or the signal's reason.
 */
export type OpenLink = (url: string, signal: AbortSignal, part?: WantedPart) => Promise<OpenOutput>;

// So many outputs whose type is remembered: a film is asked for in many parts.
const MAX_TYPES = 1_000;

/** Makes what opens outputs at their links. `loopbackOrigin` is trusted like RunComfy's hosts. */
export function createLinkOpener(
  loopbackOrigin: string | undefined,
  overrides: Partial<DownloadLimits> = {},
): OpenLink {
  const receive = createReceiver(loopbackOrigin, overrides);
  const types = new Map<string, MediaType>();

  async function open(url: string, signal: AbortSignal, part?: WantedPart & { type?: MediaType }) {
    const pieces = receive(url, 'any type', signal, part && { part });
    const { value: first } = await pieces.next();
    if (!first) throw new Error('a download without a piece');
    types.set(url, first.type);
    for (const old of types.keys()) if (types.size > MAX_TYPES) types.delete(old);
    async function* content() {
      yield first?.chunk as Buffer;
      for await (const { chunk } of pieces) yield chunk;
    }
    const { type, bytes, part: given } = first;
    return { type, bytes, part: given, content: content(), close: async () => void (await pieces.return()) };
  }

  /** Only the head of an output tells its type. */
  async function typeOf(url: string, signal: AbortSignal): Promise<MediaType> {
    const known = types.get(url);
    if (known) return known;
    const { type, close } = await open(url, signal, { from: 0, to: HEAD_BYTES - 1 });
    await close();
    return type;
  }

  // Safari begins with the first two bytes.
  const hasHead = ({ from, to = HEAD_BYTES }: WantedPart) => from === 0 && to >= HEAD_BYTES - 1;

  return async (url, signal, part) =>
    part && !hasHead(part)
      ? open(url, signal, { ...part, type: await typeOf(url, signal) })
      : open(url, signal, part);
}
