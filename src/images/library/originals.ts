import type { Original } from '../../jobs/job.ts';
import type { JobStore } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import type { Download, Downloader } from '../download.ts';
import type { DownloadedFile, DownloadTo } from '../download-to.ts';
import { ImageError } from '../image-error.ts';
import { HEAD_BYTES, sniff } from '../media-type.ts';
import type { Preview } from '../preview.ts';
import { copyFile, copyPicture, type NewFile } from './copy-file.ts';
import type { Forget } from './forget.ts';
import { type JobOutput, outputAt, recordOriginal } from './job-output.ts';
import { createKeeper } from './keeper.ts';
import type { Library } from './library.ts';
import { createKeptOpener } from './open-kept.ts';
import { findSavedCopy } from './saved-copy.ts';
import type { Tidy } from './tidy.ts';

export type Originals = ReturnType<typeof createOriginals>;

/** False for content that went, or could not be read, while it was copied. */
function unlessGone(error: unknown): false {
  if (error instanceof ImageError) return false;
  throw error;
}

/** The originals of jobs: from the library, else from their links. What came from a link is kept, if there is a library. */
export function createOriginals(options: {
  library: Library | undefined;
  /** Keeps the library within its limit. */
  tidy?: Pick<Tidy, 'limit'>;
  /** Removes what was kept for a job that is deleted meanwhile. */
  forget?: Forget;
  store: Pick<JobStore, 'byRequestId' | 'update'>;
  download: Downloader;
  downloadTo: DownloadTo;
  /** Ends what is fetched behind the answers. */
  ended: AbortSignal;
  log: Log;
}) {
  const { library, tidy, forget, store, download, downloadTo, ended, log } = options;

  /** What is known of an output, if the library has it at this moment. */
  async function kept({ job, index }: JobOutput): Promise<Original | undefined> {
    const original = job.originals?.[index];
    return original && (await library?.has(original)) ? original : undefined;
  }

  /** An image from the library, or else from a copy that was saved; undefined if neither is there. */
  async function readKept({ job, index }: JobOutput): Promise<Download | undefined> {
    const original = job.originals?.[index];
    const data = original && ((await library?.read(original)) ?? (await findSavedCopy(original))?.data);
    const type = data && sniff(data.subarray(0, HEAD_BYTES));
    return data && type ? { type, data } : undefined;
  }

  /** Copies an original from the library, or else from a copy that was saved; false if neither is there. */
  async function copyOriginal(original: Original, file: NewFile, signal: AbortSignal): Promise<boolean> {
    const picture = await library?.open(original).catch(() => undefined);
    if (picture && (await copyPicture(picture, original, file, signal).catch(unlessGone))) return true;
    for (const place of original.saved ?? []) if (await copyFile(place, original, file, signal)) return true;
    return false;
  }

  return {
    ...createKeeper({ library, tidy, forget, store, download, downloadTo, kept, ended, log }),
    /** Whether there is a library. */
    areKept: library !== undefined,
    kept,
    readKept,
    /** Opens what is kept of an output of any type, or else a copy that was saved; undefined if neither is there. */
    openKept: createKeptOpener(library),
    /** An image, as it was made. Throws ImageError, or the signal's reason. */
    async open(output: JobOutput, signal: AbortSignal): Promise<Download & { isKept: boolean }> {
      const found = await readKept(output);
      if (found) return { ...found, isKept: true };
      return { ...(await download(outputAt(output).url, signal)), isKept: false };
    },
    /** The small preview that is kept with an original. */
    async thumbnail({ thumbnail }: Original): Promise<Preview | undefined> {
      if (thumbnail === undefined) return undefined;
      const data = await library?.read({ sha256: thumbnail, type: 'image/jpeg' });
      return data && { data, mimeType: 'image/jpeg' };
    },
    /**
     * Writes an output of any type into a new file, from the library, a saved copy or its link, never in memory as a
     * whole; nothing is left when it fails. Throws ImageError, the signal's reason, or what the file system throws.
     */
    async copyTo(output: JobOutput, file: NewFile, signal: AbortSignal): Promise<DownloadedFile> {
      const original = output.job.originals?.[output.index];
      if (original && (await copyOriginal(original, file, signal))) {
        const { type, bytes, sha256 } = original;
        return { type, bytes, sha256 };
      }
      return downloadTo(file, outputAt(output).url, signal);
    },
    /** Records where a copy of an original was saved. Never rejects: the copy is there. */
    async addSaved(output: JobOutput, original: Original, path: string): Promise<void> {
      const saved = { ...original, saved: [path] };
      await recordOriginal(store, output, saved).catch((error) => log.warn(error.message));
    },
    /** Why nothing can be kept now; undefined if it can. Completes "not kept, as …". */
    obstacle: async () => library?.obstacle(),
  };
}
