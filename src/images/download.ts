import type { IncomingHttpHeaders } from 'node:http';
import { asImageError, ImageError } from './image-error.ts';
import {
  describeNonImage,
  describeUnknown,
  HEAD_BYTES,
  type ImageType,
  type MediaType,
  sniff,
  sniffMedia,
} from './media-type.ts';
import { isTrustedOutput } from './trust.ts';

/** Limits of one download, in bytes and in ms of real time, as the network is. */
export interface DownloadLimits {
  /** A 4k image in RGB without any compression has 50 MB. */
  bytes: number;
  timeout: number;
  /** The average throughput below which a download is given up, once `gracePeriod` is over. */
  bytesPerSecond: number;
  gracePeriod: number;
}

const MIB = 1 << 20;
const IMAGE_LIMITS = { bytes: 64 * MIB, timeout: 60_000, bytesPerSecond: 10_000, gracePeriod: 10_000 };
const OTHER_LIMITS = { ...IMAGE_LIMITS, bytes: 2048 * MIB, timeout: 30 * 60_000 };
const CHECK_INTERVAL = 100;

/** An image as it was downloaded. */
export interface Download {
  type: ImageType;
  data: Buffer;
}

/**
 * Downloads an output: only from trusted hosts, without a key, without following redirects, and no further once it
 * turns out to be no image, too large or too slow. Throws ImageError, or the signal's reason.
 */
export type Downloader = (url: string, signal: AbortSignal) => Promise<Download>;

/** Makes the downloader behind previews and saved files. `loopbackOrigin` is trusted like RunComfy's hosts. */
export function createDownloader(
  loopbackOrigin: string | undefined,
  overrides: Partial<DownloadLimits> = {},
): Downloader {
  const receive = createReceiver(loopbackOrigin, overrides);

  return async (url, signal) => {
    const chunks: Buffer[] = [];
    for await (const { chunk } of receive(url, 'image', signal)) chunks.push(chunk);
    const data = Buffer.concat(chunks);
    return { type: sniff(data) as ImageType, data };
  };
}

/** A part of an output, in bytes; `to` is the last of them. */
export interface Part {
  from: number;
  to: number;
}

/** What is wanted of an output beside the whole of it. */
interface Wish {
  maxBytes?: number;
  /** A part of an output whose type is known: its head may not be in it. Without `to` it goes on to the end. */
  part?: { from: number; to?: number | undefined; type?: MediaType | undefined };
}

/** A piece of an output, the first of which holds the head, and what is known of the whole. */
interface Piece {
  type: MediaType;
  chunk: Buffer;
  /** What all pieces are of `total` bytes; absent where they are the whole. */
  part?: Part & { total: number };
  /** How many bytes all pieces have, where their server tells. */
  bytes?: number;
}

/** Makes the one way to get an output, with all guards: piece by piece, no faster than the pieces are taken. */
export function createReceiver(loopbackOrigin: string | undefined, overrides: Partial<DownloadLimits>) {
  return async function* receive(
    url: string,
    wanted: 'image' | 'any type',
    signal: AbortSignal,
    { maxBytes = Number.POSITIVE_INFINITY, part: wish }: Wish = {},
  ): AsyncGenerator<Piece, void, void> {
    if (!isTrustedOutput(url, loopbackOrigin))
      throw new ImageError('it is not on a RunComfy host', { obstacle: 'not trusted' });
    const { request } = await import('undici');
    signal.throwIfAborted();
    const end = new AbortController();
    let startedAt = performance.now();
    /** When a piece was handed out whose taker has not come back. */
    let handedOutAt: number | undefined;
    let limits: DownloadLimits = { ...IMAGE_LIMITS, ...overrides };
    let bytes = 0;
    const timer = setInterval(() => {
      const elapsed = (handedOutAt ?? performance.now()) - startedAt;
      const isSlow = elapsed > limits.gracePeriod && bytes < (limits.bytesPerSecond * elapsed) / 1000;
      if (isSlow) end.abort(new ImageError('it comes too slowly', { obstacle: 'network' }));
      else if (elapsed > limits.timeout)
        end.abort(new ImageError(`it takes longer than ${limits.timeout / 1000} s`, { obstacle: 'network' }));
    }, CHECK_INTERVAL);
    try {
      const { statusCode, headers, body } = await request(url, {
        // What is encoded is not decoded, and so is of no known type.
        headers: {
          'accept-encoding': 'identity',
          ...(wish && { range: `bytes=${wish.from}-${wish.to ?? ''}` }),
        },
        signal: AbortSignal.any([signal, end.signal]),
      });
      // A body that is not read to its end is aborted below, which is no error.
      body.on('error', () => {});
      if (statusCode !== 200 && !(wish && statusCode === 206)) throw statusError(statusCode);
      const part = statusCode === 206 && wish ? partIn(headers, wish) : undefined;
      const told = Number(headers['content-length'] ?? Number.NaN);
      const whole = part ? part.to - part.from + 1 : told;
      let type: MediaType | undefined;
      for await (const chunk of headFirst(body as AsyncIterable<Buffer>)) {
        if (!type) {
          type = (part && wish?.type) ?? wantedType(chunk, wanted);
          if (type.kind !== 'image') {
            limits = { ...OTHER_LIMITS, ...overrides };
            // A cut image is found when it is decoded. Nothing decodes the others.
            if (!tellsEnd(headers)) throw new ImageError('its server does not tell where it ends');
          }
        }
        bytes += chunk.length;
        const most = Math.min(limits.bytes, maxBytes);
        if (bytes > most || told > most)
          throw new ImageError(`it is larger than ${mebibytes(most)} MiB`, { isTooLarge: true });
        handedOutAt = performance.now();
        yield { type, chunk, ...(part && { part }), ...(whole >= 0 && { bytes: whole }) };
        // Who takes them slowly, such as a film that is paused, does not make their server slow.
        startedAt += performance.now() - handedOutAt;
        handedOutAt = undefined;
      }
    } catch (error) {
      signal.throwIfAborted();
      throw asImageError(error, 'its download failed', 'network');
    } finally {
      clearInterval(timer);
      end.abort();
    }
  };
}

function statusError(status: number): ImageError {
  if (status === 416) return new ImageError('it has no such part', { obstacle: 'no such part' });
  if (![403, 404, 410].includes(status))
    return new ImageError(`its link returned HTTP ${status}`, { obstacle: 'network' });
  return new ImageError(`its link returned HTTP ${status} and has probably expired`, {
    obstacle: 'link dead',
    next: 'The Generations page of the RunComfy account may still have it.',
  });
}

/** The part that a server sends. Throws ImageError if it is not the one that was asked for. */
function partIn(headers: IncomingHttpHeaders, { from, to }: { from: number; to?: number | undefined }) {
  const told = /^bytes (\d{1,15})-(\d{1,15})\/(\d{1,15})$/.exec(headers['content-range'] ?? '');
  const [first = -1, last = -1, total = 0] = told?.slice(1).map(Number) ?? [];
  if (first !== from || last < first || last >= total || last > (to ?? last))
    throw new ImageError('its server sent another part of it than it was asked for');
  return { from, to: last, total };
}

const mebibytes = (bytes: number): number => Math.floor((bytes / MIB) * 10) / 10;

/** Whether a body that is cut can be told from a whole one. */
const tellsEnd = (headers: IncomingHttpHeaders): boolean =>
  'content-length' in headers || String(headers['transfer-encoding']).toLowerCase().endsWith('chunked');

/** The same bytes, whose first chunk holds at least the head, if there are so many. */
async function* headFirst(body: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void, void> {
  let head: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of body) {
    if (head) head = Buffer.concat([head, chunk]);
    if (head && head.length < HEAD_BYTES) continue;
    yield head ?? chunk;
    head = undefined;
  }
  if (head) yield head;
}

function wantedType(head: Buffer, wanted: 'image' | 'any type'): MediaType {
  const type = sniffMedia(head);
  if (type && (wanted === 'any type' || type.kind === 'image')) return type;
  const describe = wanted === 'image' ? describeNonImage : describeUnknown;
  throw new ImageError(describe(head.subarray(0, HEAD_BYTES)));
}
