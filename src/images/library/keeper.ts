import { type Job, jobOutputs, type Original } from '../../jobs/job.ts';
import type { JobStore } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import type { Download, Downloader } from '../download.ts';
import type { DownloadTo } from '../download-to.ts';
import { ImageError, unlessDamaged } from '../image-error.ts';
import { mimeType } from '../media-type.ts';
import { type RenderedPreview, renderPreview } from '../preview.ts';
import { createBackgroundQueue } from './background.ts';
import type { Forget } from './forget.ts';
import { type JobOutput, outputAt, recordOriginal } from './job-output.ts';
import { isTooLarge, type Library } from './library.ts';
import type { Tidy } from './tidy.ts';

/** What decoding showed of an image, and a small preview of it; undefined without sharp. */
export type Rendering = Promise<RenderedPreview | undefined>;

// How many are fetched at a time behind the answers, so that a call in the foreground hardly notices. What is no image has
// its own turn: it may take half an hour, and pictures would wait for it until their links have died.
const MAX_IMAGES_BEHIND = 2;
const MAX_MEDIA_BEHIND = 1;

/** Makes what puts originals into the library, if there is one, and records them. */
export function createKeeper(options: {
  library: Library | undefined;
  tidy: Pick<Tidy, 'limit'> | undefined;
  forget: Forget | undefined;
  store: Pick<JobStore, 'byRequestId' | 'update'>;
  download: Downloader;
  downloadTo: DownloadTo;
  /** Tells whether an output is kept. */
  kept: (output: JobOutput) => Promise<Original | undefined>;
  ended: AbortSignal;
  log: Log;
}) {
  const { library, tidy, forget, store, download, downloadTo, kept, ended, log } = options;
  const keeping = new Map<string, Promise<boolean>>();
  /** What turned out to be too large, as its link would be asked again after each answer. */
  const tooLarge = new Set<string>();

  const keyOf = ({ job, index }: JobOutput) => `${job.request_id}#${index}`;

  async function keepNow(output: JobOutput, { type, data }: Download, rendering: Rendering) {
    const mime = mimeType(type);
    // A file that no record names would never be found again.
    if (!library || !(await store.byRequestId(output.job.request_id ?? ''))) return false;
    // What is damaged is not kept.
    const { preview, ...facts } = (await rendering.catch(unlessDamaged)) ?? {};
    const sha256 = await library.put(data, mime);
    const thumbnail = preview && (await library.put(preview.data, preview.mimeType));
    const original = { sha256, type: mime, bytes: data.length, ...facts, ...(thumbnail && { thumbnail }) };
    if (!(await recordKept(output, original))) return false;
    // While this process stood still, another may have removed a file that no record named yet.
    if (await library.has(original)) return true;
    await library.put(data, mime);
    // Or the job was deleted, with its files.
    if (await store.byRequestId(output.job.request_id ?? '')) return true;
    await forget?.([original]);
    return false;
  }

  /** Records what was put into the library; removes it again and resolves to false if its job is gone meanwhile. */
  async function recordKept(output: JobOutput, original: Original): Promise<boolean> {
    if (await recordOriginal(store, output, original)) return true;
    await forget?.([original]);
    return false;
  }

  /** Keeps what is no image by its URL, never in memory as a whole. */
  async function fetchFile(output: JobOutput): Promise<boolean> {
    if (!library?.putFile) return false;
    const { url } = outputAt(output);
    const original = await library.putFile((file, maxBytes) => downloadTo(file, url, ended, maxBytes));
    return recordKept(output, original);
  }

  /** Keeps an image that was downloaded. Never rejects: resolves to whether it is kept. */
  function keep(output: JobOutput, found: Download, rendering: Rendering): Promise<boolean> {
    // It may fail before it is looked at, or never be.
    rendering.catch(() => {});
    return track(output, keepNow(output, found, rendering), log.warn);
  }

  /** Remembers work that keeps an output while it is under way. Never rejects. */
  function track(
    output: JobOutput,
    work: Promise<boolean>,
    report: (message: string) => void,
  ): Promise<boolean> {
    const key = keyOf(output);
    const tracked = work
      .catch((error) => {
        if (error instanceof ImageError && error.isTooLarge) tooLarge.add(key);
        if (!ended.aborted) report(`an output of ${output.job.request_id} is not kept: ${error.message}`);
        return false;
      })
      .finally(() => keeping.get(key) === tracked && keeping.delete(key));
    keeping.set(key, tracked);
    return tracked;
  }

  async function fetchAndKeep(output: JobOutput): Promise<void> {
    const stored = await store.byRequestId(output.job.request_id ?? '');
    if (ended.aborted || !stored) return;
    const underWay = keeping.get(keyOf(output));
    if (underWay) return void (await underWay);
    const { index } = output;
    const { job } = stored;
    const { url, kind } = jobOutputs(job)[index] ?? {};
    if (url === undefined || (await kept({ job, index }))) return;
    if (kind !== 'image') return void (await track(output, fetchFile({ job, index }), log.info));
    const found = await download(url, ended);
    await keep({ job, index }, found, renderPreview(found.data, found.type, 'small'));
  }

  const queueOf = (concurrency: number) =>
    createBackgroundQueue<JobOutput>({
      concurrency,
      work: (output) =>
        fetchAndKeep(output).catch((error) => {
          if (!ended.aborted) log.info(`an output of ${output.job.request_id} is not kept: ${error.message}`);
        }),
      onIdle: () => void tidy?.limit(),
    });
  const images = queueOf(MAX_IMAGES_BEHIND);
  const media = queueOf(MAX_MEDIA_BEHIND);

  return {
    keep,
    /** Fetches and keeps, behind the answer, those outputs of a job that are not kept and not known to be too large. */
    keepLater(job: Job): void {
      if (!library) return;
      for (const [index, { kind }] of jobOutputs(job).entries()) {
        const output = { job, index };
        const key = keyOf(output);
        if (tooLarge.has(key) || isTooLarge(job.originals?.[index])) continue;
        if (kind === 'image') images.add(key, output);
        else if (library.putFile) media.add(key, output);
      }
      images.start();
      media.start();
    },
    /** Resolves when everything that was downloaded is kept, or cannot be. */
    settled: async () => void (await Promise.all(keeping.values())),
  };
}
