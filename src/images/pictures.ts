import type { Clock } from '../clock.ts';
import { loadSharp } from './decode.ts';
import { createDownloader, type DownloadLimits } from './download.ts';
import { mimeType } from './image-type.ts';
import { asPictureError, PictureError } from './picture-error.ts';
import { type Original, type Preview, type PreviewSize, renderPreview } from './preview.ts';
import { openIncoming } from './save.ts';

/** What is wanted of a job's outputs. */
export interface Wanted {
  preview: PreviewSize | 'off';
  save?: SaveAs | undefined;
  /** What is not there after so many ms is left out. */
  within: number;
  signal: AbortSignal;
}

export interface SaveAs {
  /** The file's name without extension; several pictures are numbered. */
  stem: string;
  /** What the sidecar tells beside the facts about the file. */
  trace: Record<string, unknown>;
}

/** What was had of one output. */
export interface Picture {
  url: string;
  original?: Original;
  preview?: Preview;
  /** Where it is saved. */
  path?: string;
  /** Why what was wanted is missing; completes "not shown, as …" and "not saved, as …". */
  unshown?: string;
  unsaved?: string;
}

export interface Pictures {
  /** Fetches each output once, for preview and file. Never throws: what fails is told per picture. */
  collect(urls: readonly string[], wanted: Wanted): Promise<Picture[]>;
}

const AT_ONCE = 3;
// Claude Desktop cuts a result at 1 MiB; as base64 this is 0.6 MB.
const ALL_PREVIEWS = 450_000;
const MAX_PREVIEWS = 10;

const NO_SHARP =
  'sharp is not installed: "npm install sharp" in the folder of runcomfy-image-mcp adds it, --preview off ends this note';

/** What one fetch is for. */
interface Fetch extends Wanted {
  hasSharp: boolean;
  mostBytes: number;
}

/** Pictures of jobs: shown, saved and measured. `loopbackOrigin` is trusted beside RunComfy's hosts. */
export function createPictures(options: {
  clock: Clock;
  loopbackOrigin: string | undefined;
  outputDir: string;
  limits?: Partial<DownloadLimits> | undefined;
}): Pictures {
  const download = createDownloader(options.loopbackOrigin, options.limits);

  async function collectOne(url: string, wanted: Fetch): Promise<Picture> {
    const { preview, save, signal, hasSharp, mostBytes } = wanted;
    const picture: Picture = { url };
    const isShown = preview !== 'off' && hasSharp;
    if (preview !== 'off' && !hasSharp) picture.unshown = NO_SHARP;
    const file =
      save &&
      (await openIncoming(options.outputDir).catch((error) => {
        picture.unsaved = reasonOf(error);
      }));
    if (!file && !isShown) return picture;
    try {
      const chunks: Buffer[] = [];
      const fetched = await download(url, file ? file.write : (chunk) => void chunks.push(chunk), signal);
      picture.original = { type: fetched.type, bytes: fetched.bytes };
      if (hasSharp) {
        // A picture that is only saved is decoded too: a damaged one is not worth a file.
        const source = file ? file.path : Buffer.concat(chunks);
        const size = preview === 'off' ? 'small' : preview;
        const rendered = await unlessAborted(renderPreview(source, fetched.type, size, mostBytes), signal);
        const { preview: shown, ...facts } = rendered;
        picture.original = { ...picture.original, ...facts };
        if (isShown) picture.preview = shown;
      }
      if (file && save) {
        const about = { ...save.trace, url, ...factsOf(picture.original), sha256: fetched.sha256 };
        picture.path = await file.place(save.stem, fetched, about);
      }
    } catch (error) {
      if (isShown && !picture.preview) picture.unshown = reasonOf(error);
      if (file) picture.unsaved = reasonOf(error);
    } finally {
      await file?.dispose();
    }
    return picture;
  }

  return {
    async collect(urls, wanted) {
      const { save, within, signal } = wanted;
      const hasSharp = await loadSharp().then(
        () => true,
        () => false,
      );
      const end = new AbortController();
      const forward = () => end.abort(new PictureError('the call has ended'));
      const seconds = Math.round(within / 100) / 10;
      const late = () => end.abort(new PictureError(`it did not arrive within ${seconds} s`));
      const done = new AbortController();
      options.clock.sleep(within, done.signal).then(late, () => {});
      signal.addEventListener('abort', forward, { once: true });
      if (signal.aborted) forward();
      const mostBytes = Math.floor(ALL_PREVIEWS / Math.min(Math.max(urls.length, 1), MAX_PREVIEWS));
      const collectAt = async (url: string, index: number): Promise<Picture> => {
        const isTooMany = index >= MAX_PREVIEWS && wanted.preview !== 'off';
        const number = urls.length > 1 ? `-${index + 1}` : '';
        const picture = await collectOne(url, {
          ...wanted,
          ...(isTooMany && { preview: 'off' }),
          save: save && { ...save, stem: save.stem + number },
          signal: end.signal,
          hasSharp,
          mostBytes,
        });
        return isTooMany ? { ...picture, unshown: `an answer shows at most ${MAX_PREVIEWS}` } : picture;
      };
      try {
        return await mapSome(urls, collectAt);
      } finally {
        done.abort();
        signal.removeEventListener('abort', forward);
      }
    },
  };
}

/** The facts about an original as answers and sidecars tell them. */
export function factsOf({ type, width, height, bytes, isTransparent }: Original) {
  return {
    type: mimeType(type),
    ...(width !== undefined && { width, height }),
    bytes,
    ...(isTransparent && { transparent: true }),
  };
}

const reasonOf = (error: unknown): string => asPictureError(error, 'this server failed').reason;

/** Decoding cannot be stopped from outside, but need not be waited for. */
function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', abort));
  });
}

/** Works on a list in order, on AT_ONCE of it at a time. */
async function mapSome<Item, Result>(
  items: readonly Item[],
  work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const left = [...items.entries()];
  const worker = async () => {
    for (let next = left.shift(); next; next = left.shift()) results[next[0]] = await work(next[1], next[0]);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return results;
}
