import { asImageError, ImageError } from './image-error.ts';
import { describeNonImage, HEAD_BYTES, type ImageType, sniff } from './media-type.ts';
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

const MAX_BYTES = 64 << 20;
const LIMITS = { bytes: MAX_BYTES, timeout: 60_000, bytesPerSecond: 10_000, gracePeriod: 10_000 };
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
  const limits: DownloadLimits = { ...LIMITS, ...overrides };
  const tooLarge = () => new ImageError(`it is larger than ${limits.bytes >> 20} MiB`);

  return async (url, signal) => {
    if (!isTrustedOutput(url, loopbackOrigin)) throw new ImageError('it is not on a RunComfy host');
    const { request } = await import('undici');
    signal.throwIfAborted();
    const end = new AbortController();
    const startedAt = performance.now();
    const chunks: Buffer[] = [];
    let bytes = 0;
    const timer = setInterval(() => {
      const elapsed = performance.now() - startedAt;
      const isSlow = elapsed > limits.gracePeriod && bytes < (limits.bytesPerSecond * elapsed) / 1000;
      if (isSlow) end.abort(new ImageError('it comes too slowly'));
      else if (elapsed > limits.timeout)
        end.abort(new ImageError(`it takes longer than ${limits.timeout / 1000} s`));
    }, CHECK_INTERVAL);
    try {
      const either = AbortSignal.any([signal, end.signal]);
      const { statusCode, headers, body } = await request(url, { signal: either });
      // A body that is not read to its end is aborted below, which is no error.
      body.on('error', () => {});
      if (statusCode !== 200) {
        const guess = [403, 404, 410].includes(statusCode) ? ' and has probably expired' : '';
        throw new ImageError(`its link returned HTTP ${statusCode}${guess}`);
      }
      if (Number(headers['content-length']) > limits.bytes) throw tooLarge();
      let head = Buffer.alloc(0);
      for await (const chunk of body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > limits.bytes) throw tooLarge();
        chunks.push(chunk);
        if (head.length === HEAD_BYTES) continue;
        head = Buffer.concat([head, chunk]).subarray(0, HEAD_BYTES);
        if (head.length === HEAD_BYTES && !sniff(head)) break;
      }
      const type = sniff(head);
      if (!type) throw new ImageError(describeNonImage(head));
      return { type, data: Buffer.concat(chunks) };
    } catch (error) {
      signal.throwIfAborted();
      throw asImageError(error, 'its download failed');
    } finally {
      clearInterval(timer);
      end.abort();
    }
  };
}
