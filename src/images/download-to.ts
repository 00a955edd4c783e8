import { createHash } from 'node:crypto';
import { open, rm } from 'node:fs/promises';
import { createReceiver, type DownloadLimits } from './download.ts';

/** A file as it was downloaded: its MIME type, its size in bytes, its hash in hex. */
export interface DownloadedFile {
  type: string;
  bytes: number;
  sha256: string;
}

/**
 * Downloads an output of any known type into a new file, which is whole and synced when this resolves, and is removed
 * when it does not. It ends as soon as it is larger than `maxBytes`. Throws ImageError, the signal's reason, or what
 * the file system throws, such as EEXIST.
 */
export type DownloadTo = (
  file: { path: string; mode: number },
  url: string,
  signal: AbortSignal,
  maxBytes?: number,
) => Promise<DownloadedFile>;

/** Makes what downloads to files: as `createDownloader`, but nothing of a file stays in memory. */
export function createFileDownloader(
  loopbackOrigin: string | undefined,
  overrides: Partial<DownloadLimits> = {},
): DownloadTo {
  const receive = createReceiver(loopbackOrigin, overrides);

  return async ({ path, mode }, url, signal, maxBytes) => {
    const file = await open(path, 'wx', mode);
    const hash = createHash('sha256');
    let mime = '';
    let bytes = 0;
    try {
      try {
        for await (const { type, chunk } of receive(
          url,
          'any type',
          signal,
          maxBytes === undefined ? {} : { maxBytes },
        )) {
          mime = type.mime;
          bytes += chunk.length;
          hash.update(chunk);
          // Unlike `write`, this does not stop halfway.
          await file.writeFile(chunk);
        }
        await file.sync();
      } finally {
        await file.close();
      }
      return { type: mime, bytes, sha256: hash.digest('hex') };
    } catch (error) {
      await rm(path, { force: true }).catch(() => {});
      throw error;
    }
  };
}
