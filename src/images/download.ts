import { createHash } from 'node:crypto';
import { HEAD_BYTES, type ImageType, sniff, whatElse } from './image-type.ts';
import { asPictureError, PictureError } from './picture-error.ts';
import { isTrustedOutput } from './trust.ts';

/** Limits of one download, in bytes and ms. They are of real time, as the network is. */
export interface DownloadLimits {
  /** A 4k image in RGB without any compression has 50 MB. */
  bytes: number;
  within: number;
  /** Once `grace` is over, fewer bytes a second on the average end it: a server that drips, or says nothing. */
  bytesPerSecond: number;
  grace: number;
}

const LIMITS: DownloadLimits = { bytes: 64 << 20, within: 60_000, bytesPerSecond: 10_000, grace: 10_000 };
const CHECK_EVERY = 100;

/** What was downloaded. */
export interface Download {
  type: ImageType;
  bytes: number;
  /** In hex. */
  sha256: string;
}

/**
 * Streams an output to `write`: from trusted hosts only, without a key, following no redirect, and cut off as soon
 * as it turns out to be no image, too large or too slow. Throws PictureError, or the signal's reason.
 */
export type Downloader = (
  url: string,
  write: (chunk: Buffer) => void | Promise<void>,
  signal?: AbortSignal,
) => Promise<Download>;

/** Makes the one downloader behind previews and saved files. `loopbackOrigin` is trusted beside RunComfy's hosts. */
export function createDownloader(
  loopbackOrigin: string | undefined,
  given: Partial<DownloadLimits> = {},
): Downloader {
  const limits = { ...LIMITS, ...given };

  return async (url, write, signal) => {
    if (!isTrustedOutput(url, loopbackOrigin)) throw new PictureError('it is not on a RunComfy host');
    const { request } = await import('undici');
    signal?.throwIfAborted();
    const end = new AbortController();
    const forward = () => end.abort(signal?.reason);
    signal?.addEventListener('abort', forward, { once: true });
    const began = performance.now();
    let bytes = 0;
    const pace = setInterval(() => {
      const elapsed = performance.now() - began;
      const isSlow = elapsed > limits.grace && bytes < (limits.bytesPerSecond * elapsed) / 1000;
      if (isSlow) end.abort(new PictureError('it comes too slowly'));
      else if (elapsed > limits.within)
        end.abort(new PictureError(`it takes longer than ${limits.within / 1000} s`));
    }, CHECK_EVERY);
    try {
      const { statusCode, headers, body } = await request(url, { signal: end.signal });
      // A body that is not read to its end is ended below, which nobody need hear of.
      body.on('error', () => {});
      if (statusCode !== 200)
        throw new PictureError(
          statusCode === 404 || statusCode === 403 || statusCode === 410
            ? `its link returned HTTP ${statusCode} and has probably expired`
            : `its link returned HTTP ${statusCode}`,
        );
      if (Number(headers['content-length']) > limits.bytes) throw tooLarge(limits.bytes);
      const hash = createHash('sha256');
      let head = Buffer.alloc(0);
      let type: ImageType | undefined;
      for await (const chunk of body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > limits.bytes) throw tooLarge(limits.bytes);
        if (head.length < HEAD_BYTES) {
          head = Buffer.concat([head, chunk]).subarray(0, HEAD_BYTES);
          type = sniff(head);
          if (!type && head.length === HEAD_BYTES) throw new PictureError(whatElse(head));
        }
        hash.update(chunk);
        await write(chunk);
      }
      if (!type) throw new PictureError(whatElse(head));
      return { type, bytes, sha256: hash.digest('hex') };
    } catch (error) {
      signal?.throwIfAborted();
      throw asPictureError(error, 'its download failed');
    } finally {
      clearInterval(pace);
      signal?.removeEventListener('abort', forward);
      end.abort();
    }
  };
}

const tooLarge = (most: number) => new PictureError(`it is larger than ${most >> 20} MiB`);
