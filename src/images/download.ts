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

/** A piece of an output, the first of which holds the head, and the type of the whole. */
interface Piece {
  type: MediaType;
  chunk: Buffer;
}

/** Makes the one way to get an output, with all guards: piece by piece, no faster than the pieces are taken. */
export function createReceiver(loopbackOrigin: string | undefined, overrides: Partial<DownloadLimits>) {
  return async function* receive(
    url: string,
    wanted: 'image' | 'any type',
    signal: AbortSignal,
    maxBytes = Number.POSITIVE_INFINITY,
  ): AsyncGenerator<Piece, void, void> {
    if (!isTrustedOutput(url, loopbackOrigin)) throw new ImageError('it is not on a RunComfy host');
    const { request } = await import('undici');
    signal.throwIfAborted();
    const end = new AbortController();
    const startedAt = performance.now();
    let limits: DownloadLimits = { ...IMAGE_LIMITS, ...overrides };
    let bytes = 0;
    const timer = setInterval(() => {
      const elapsed = performance.now() - startedAt;
      const isSlow = elapsed > limits.gracePeriod && bytes < (limits.bytesPerSecond * elapsed) / 1000;
      if (isSlow) end.abort(new ImageError('it comes too slowly'));
      else if (elapsed > limits.timeout)
        end.abort(new ImageError(`it takes longer than ${limits.timeout / 1000} s`));
    }, CHECK_INTERVAL);
    try {
      const { statusCode, headers, body } = await request(url, {
        // What is encoded is not decoded, and so is of no known type.
        headers: { 'accept-encoding': 'identity' },
        signal: AbortSignal.any([signal, end.signal]),
      });
      // A body that is not read to its end is aborted below, which is no error.
      body.on('error', () => {});
      if (statusCode !== 200) {
        if (![403, 404, 410].includes(statusCode))
          throw new ImageError(`its link returned HTTP ${statusCode}`);
        throw new ImageError(`its link returned HTTP ${statusCode} and has probably expired`, {
          next: 'The Generations page of the RunComfy account may still have it.',
        });
      }
      let type: MediaType | undefined;
      for await (const chunk of headFirst(body as AsyncIterable<Buffer>)) {
        if (!type) {
          type = wantedType(chunk, wanted);
          if (type.kind !== 'image') {
            limits = { ...OTHER_LIMITS, ...overrides };
            // A cut image is found when it is decoded. Nothing decodes the others.
            if (!tellsEnd(headers)) throw new ImageError('its server does not tell where it ends');
          }
        }
        bytes += chunk.length;
        const most = Math.min(limits.bytes, maxBytes);
        if (bytes > most || Number(headers['content-length']) > most)
          throw new ImageError(`it is larger than ${mebibytes(most)} MiB`, { isTooLarge: true });
        yield { type, chunk };
      }
    } catch (error) {
      signal.throwIfAborted();
      throw asImageError(error, 'its download failed');
    } finally {
      clearInterval(timer);
      end.abort();
    }
  };
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
