import { type Job, jobOutputs, type Original } from '../../jobs/job.ts';
import type { JobStore } from '../../jobs/store.ts';
import type { Log } from '../../log.ts';
import type { Download, Downloader } from '../download.ts';
import { unlessDamaged } from '../image-error.ts';
import { mimeType } from '../media-type.ts';
import { type RenderedPreview, renderPreview } from '../preview.ts';
import { createBackgroundQueue } from './background.ts';
import { type JobOutput, recordOriginal } from './job-output.ts';
import type { Library } from './library.ts';
import type { Tidy } from './tidy.ts';

/** What decoding showed of an image, and a small preview of it; undefined without sharp. */
export type Rendering = Promise<RenderedPreview | undefined>;

// How many are fetched at a time behind the answers, so that a call in the foreground hardly notices.
const MAX_BEHIND = 2;

/** Makes what puts originals into the library, if there is one, and records them. */
export function createKeeper(options: {
  library: Library | undefined;
  tidy: Pick<Tidy, 'limit'> | undefined;
  store: Pick<JobStore, 'byRequestId' | 'update'>;
  download: Downloader;
  /** Tells whether an output is kept. */
  kept: (output: JobOutput) => Promise<Original | undefined>;
  ended: AbortSignal;
  log: Log;
}) {
  const { library, tidy, store, download, kept, ended, log } = options;
  const keeping = new Map<string, Promise<boolean>>();

  const keyOf = ({ job, index }: JobOutput) => `${job.request_id}#${index}`;

  async function keepNow(output: JobOutput, { type, data }: Download, rendering: Rendering) {
    const mime = mimeType(type);
    // A file that no record names would never be found again.
    if (!library || !(await store.byRequestId(output.job.request_id ?? ''))) return false;
    const [sha256, rendered] = await Promise.all([library.put(data, mime), rendering.catch(unlessDamaged)]);
    const { preview, ...facts } = rendered ?? {};
    const thumbnail = preview && (await library.put(preview.data, preview.mimeType));
    const original = { sha256, type: mime, bytes: data.length, ...facts, ...(thumbnail && { thumbnail }) };
    if (!(await recordOriginal(store, output, original))) return false;
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

  const behind = createBackgroundQueue<JobOutput>({
    concurrency: MAX_BEHIND,
    work: (output) =>
      fetchAndKeep(output).catch((error) => {
        if (!ended.aborted) log.info(`a picture of ${output.job.request_id} is not kept: ${error.message}`);
      }),
    onIdle: () => void tidy?.limit(),
  });

  return {
    keep,
    /** Fetches and keeps, behind the answer, those images of a job that are not kept. */
    keepLater(job: Job): void {
      if (!library) return;
      for (const [index, { kind }] of jobOutputs(job).entries())
        if (kind === 'image') behind.add(keyOf({ job, index }), { job, index });
      behind.start();
    },
    /** Resolves when everything that was downloaded is kept, or cannot be. */
    settled: async () => void (await Promise.all(keeping.values())),
  };
}
