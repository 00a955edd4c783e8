import { readFile, stat } from 'node:fs/promises';
import { ToolError } from '../../errors.ts';
import { type Job, jobOutputs, type Original, withOriginals } from '../../jobs/job.ts';
import type { JobStore } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import type { Output } from '../../runcomfy/outputs.ts';
import type { Download, Downloader } from '../download.ts';
import type { DownloadedFile, DownloadTo } from '../download-to.ts';
import { ImageError } from '../image-error.ts';

import { HEAD_BYTES, mimeType, sniff } from '../media-type.ts';

import { type Preview, type RenderedPreview, renderPreview } from '../preview.ts';
import { copyFile, type NewFile } from './copy-file.ts';
import { type Library, sha256Of } from './library.ts';
import type { Tidy } from './tidy.ts';

/** One output of a job, by the index of its URL. */
export interface JobOutput {
  job: Job;
  index: number;
}

/** What decoding showed of an image, and a small preview of it; undefined without sharp. */
export type Rendering = Promise<RenderedPreview | undefined>;

/** What RunComfy told of an output that a job has. */
export const outputAt = ({ job, index }: JobOutput): Output => jobOutputs(job)[index] as Output;

export type Originals = ReturnType<typeof createOriginals>;

// How many are fetched at a time behind the answers, so that a call in the foreground hardly notices.
const MAX_BEHIND = 2;

/** The originals of jobs: from the library, else from their links. What came from a link is kept, if there is a library. */
export function createOriginals(options: {
  library: Library | undefined;
  /** Keeps the library within its limit. */
  tidy?: Pick<Tidy, 'limit'>;
  store: Pick<JobStore, 'byRequestId' | 'update'>;
  download: Downloader;
  downloadTo: DownloadTo;
  /** Ends what is fetched behind the answers. */
  ended: AbortSignal;
  log: Log;
}) {
  const { library, tidy, store, download, downloadTo, ended, log } = options;
  const keeping = new Map<string, Promise<boolean>>();
  const behind = new Map<string, JobOutput>();
  let workers = 0;

  const keyOf = ({ job, index }: JobOutput) => `${job.request_id}#${index}`;

  /** What is known of an output, if the library has it at this moment. */
  async function kept({ job, index }: JobOutput): Promise<Original | undefined> {
    const original = job.originals?.[index];
    return original && (await library?.has(original)) ? original : undefined;
  }

  /** An image from the library, or else from a copy that was saved; undefined if neither is there. */
  async function readKept({ job, index }: JobOutput): Promise<Download | undefined> {
    const original = job.originals?.[index];
    const data = original && ((await library?.read(original)) ?? (await readCopy(original)));
    const type = data && sniff(data.subarray(0, HEAD_BYTES));
    return data && type ? { type, data } : undefined;
  }

  /** An image, as it was made. Throws ImageError, or the signal's reason. */
  async function open(output: JobOutput, signal: AbortSignal): Promise<Download & { isKept: boolean }> {
    const found = await readKept(output);
    if (found) return { ...found, isKept: true };
    return { ...(await download(outputAt(output).url, signal)), isKept: false };
  }

  /** Records what an output was; false if the job has no record. */
  async function addOriginal({ request_id = '' }: Job, index: number, original: Original): Promise<boolean> {
    const stored = await store.byRequestId(request_id);
    const learned = new Map([[index, original]]);
    return !!stored && (await store.update(stored.id, (now) => withOriginals(now, learned))) !== undefined;
  }

  async function keepNow({ job, index }: JobOutput, { type, data }: Download, rendering: Rendering) {
    const mime = mimeType(type);
    // A file that no record names would never be found again.
    if (!library || !(await store.byRequestId(job.request_id ?? ''))) return false;
    // What is damaged is not kept.
    const { preview, ...facts } = (await rendering.catch(unlessDamaged)) ?? {};
    const sha256 = await library.put(data, mime);
    const thumbnail = preview && (await library.put(preview.data, preview.mimeType));
    const original = { sha256, type: mime, bytes: data.length, ...facts, ...(thumbnail && { thumbnail }) };
    if (!(await addOriginal(job, index, original))) return false;
    // While this process stood still, another may have removed a file that no record named yet.
    if (!(await library.has(original))) await library.put(data, mime);
    return true;
  }

  /** Keeps an image that was downloaded. Never rejects: resolves to whether it is kept. */
  function keep(output: JobOutput, found: Download, rendering: Rendering): Promise<boolean> {
    const key = keyOf(output);
    // It may fail before it is looked at, or never be.
    rendering.catch(() => {});
    const work = keepNow(output, found, rendering)
      .catch((error) => {
        log.warn(`a picture of ${output.job.request_id} is not kept: ${error.message}`);
        return false;
      })
      .finally(() => keeping.get(key) === work && keeping.delete(key));
    keeping.set(key, work);
    return work;
  }

  async function fetchAndKeep(output: JobOutput): Promise<void> {
    const stored = await store.byRequestId(output.job.request_id ?? '');
    if (ended.aborted || !stored) return;
    const underWay = keeping.get(keyOf(output));
    if (underWay) return void (await underWay);
    const { index } = output;
    const { job } = stored;
    const { url } = jobOutputs(job)[index] ?? {};
    if (url === undefined || (await kept({ job, index }))) return;
    const found = await download(url, ended);
    await keep({ job, index }, found, renderPreview(found.data, found.type, 'small'));
  }

  async function work(): Promise<void> {
    for (const [key, output] of behind) {
      behind.delete(key);
      await fetchAndKeep(output).catch(
        (error) =>
          ended.aborted || log.info(`a picture of ${output.job.request_id} is not kept: ${error.message}`),
      );
    }
  }

  return {
    /** Whether there is a library. */
    areKept: library !== undefined,
    kept,
    readKept,
    open,
    keep,
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
    async copyTo({ job, index }: JobOutput, file: NewFile, signal: AbortSignal): Promise<DownloadedFile> {
      const original = job.originals?.[index];
      const places = original ? [library?.pathOf(original) ?? [], original.saved ?? []].flat() : [];
      for (const place of places)
        if (original && (await copyFile(place, original, file, signal))) {
          const { type, bytes, sha256 } = original;
          return { type, bytes, sha256 };
        }
      return downloadTo(file, outputAt({ job, index }).url, signal);
    },
    /** Records where a copy of an original was saved. Never rejects: the copy is there. */
    async addSaved({ job, index }: JobOutput, original: Original, path: string): Promise<void> {
      await addOriginal(job, index, { ...original, saved: [path] }).catch((error) => log.warn(error.message));
    },
    /** Why nothing can be kept now; undefined if it can. Completes "not kept, as …". */
    obstacle: async () => library?.obstacle(),
    /** Fetches and keeps, behind the answer, those images of a job that are not kept. */
    keepLater(job: Job): void {
      if (!library) return;
      for (const [index, { kind }] of jobOutputs(job).entries())
        if (kind === 'image') behind.set(keyOf({ job, index }), { job, index });
      while (workers < MAX_BEHIND && workers < behind.size) {
        workers += 1;
        void work().finally(() => {
          workers -= 1;
          void tidy?.limit();
        });
      }
    },
    /** Resolves when everything that was downloaded is kept, or cannot be. */
    settled: async () => void (await Promise.all(keeping.values())),
  };
}

/** What lies where a copy was saved, if it still is that copy. */
async function readCopy({ saved = [], sha256, bytes }: Original): Promise<Buffer | undefined> {
  for (const path of saved) {
    const found = await stat(path).catch(() => undefined);
    if (!found?.isFile() || found.size !== bytes) continue;
    const data = await readFile(path).catch(() => undefined);
    if (data && sha256Of(data) === sha256) return data;
  }
  return undefined;
}

/** What cannot be decoded here, as sharp is missing or it is too large, is kept and saved all the same. */
export function unlessDamaged(error: unknown): undefined {
  if (!(error instanceof ToolError) || (error instanceof ImageError && error.isRefused)) throw error;
}
