import { type Clock, unlessAborted, within } from '../clock.ts';
import type { PreviewSetting } from '../config/settings.ts';
import { loadSharp } from './decode.ts';
import { createDownloader, type DownloadLimits } from './download.ts';
import { asImageError, ImageError } from './image-error.ts';
import { createImageFile } from './image-file.ts';
import { mimeType } from './image-type.ts';
import { type Preview, type RenderedPreview, renderPreview } from './preview.ts';

/** What to do with the images of a job. */
export interface FetchOptions {
  preview: PreviewSetting;
  save?: SaveOptions | undefined;
  /** What has not arrived by then is left out. In ms. */
  timeout: number;
  signal: AbortSignal;
}

export interface SaveOptions {
  /** The file's name without extension; several images are numbered. */
  stem: string;
  /** What the sidecar says besides the facts about the file. */
  metadata: Record<string, unknown>;
}

/** What is known of an image. Width and height, in pixels, need sharp. */
export interface ImageFacts extends Partial<Omit<RenderedPreview, 'preview'>> {
  /** Its MIME type. */
  type: string;
  bytes: number;
}

/** An image of a job, with what was asked for, or why that is missing. */
export interface FetchedImage {
  url: string;
  facts?: ImageFacts;
  preview?: Preview;
  /** Where it is saved. */
  path?: string;
  /** These complete "not shown, as …" and "not saved, as …". */
  notShown?: string;
  notSaved?: string;
}

/** Downloads each image once, for its preview and its file. Never throws: each image says what failed. */
export type FetchImages = (urls: readonly string[], options: FetchOptions) => Promise<FetchedImage[]>;

const CONCURRENCY = 3;
// Claude Desktop cuts a result at 1 MiB; as base64 this is 0.6 MB.
const MAX_PREVIEW_BYTES = 450_000;
const MAX_PREVIEWS = 10;

const TOO_MANY = `an answer shows at most ${MAX_PREVIEWS}`;
const NO_SHARP =
  'sharp is not installed: "npm install sharp" in the folder of runcomfy-image-mcp adds it, --preview off ends this note';

/** Makes what shows and saves the images of jobs. `loopbackOrigin` is trusted like RunComfy's hosts. */
export function createImageFetcher(options: {
  clock: Clock;
  loopbackOrigin: string | undefined;
  outputDir: string;
  limits?: Partial<DownloadLimits> | undefined;
}): FetchImages {
  const download = createDownloader(options.loopbackOrigin, options.limits);

  async function fetchImage(
    url: string,
    { preview, save, signal }: Pick<FetchOptions, 'preview' | 'save' | 'signal'>,
    { hasSharp, maxBytes, reasonOf }: Batch,
  ): Promise<FetchedImage> {
    const image: FetchedImage = { url };
    const file =
      save &&
      (await createImageFile(options.outputDir).catch((error) => {
        image.notSaved = reasonOf(error);
      }));
    if (!file && preview === 'off') return image;
    try {
      const chunks: Buffer[] = [];
      const write = file ? file.write : (chunk: Buffer) => void chunks.push(chunk);
      const fetched = await download(url, write, signal);
      image.facts = { type: mimeType(fetched.type), bytes: fetched.bytes };
      if (hasSharp) {
        // An image that is only saved is decoded too: a damaged one is not worth a file.
        const size = preview === 'off' ? 'small' : preview;
        const source = file ? file.path : Buffer.concat(chunks);
        // Decoding cannot be stopped from outside, but need not be waited for.
        const rendered = await unlessAborted(renderPreview(source, fetched.type, size, maxBytes), signal);
        const { preview: shown, ...facts } = rendered;
        image.facts = { ...image.facts, ...facts };
        if (preview !== 'off') image.preview = shown;
      }
      if (file && save) {
        const metadata = { ...save.metadata, url, ...image.facts, sha256: fetched.sha256 };
        image.path = await file.place(save.stem, fetched, metadata);
      }
    } catch (error) {
      if (preview !== 'off' && !image.preview) image.notShown = reasonOf(error);
      if (file) image.notSaved = reasonOf(error);
    } finally {
      await file?.dispose();
    }
    return image;
  }

  return async (urls, { preview, save, timeout, signal: caller }) => {
    const hasSharp = await loadSharp().then(
      () => true,
      () => false,
    );
    const maxBytes = Math.floor(MAX_PREVIEW_BYTES / Math.min(Math.max(urls.length, 1), MAX_PREVIEWS));
    const reasonOf = (error: unknown) =>
      caller.aborted ? 'the call has ended' : asImageError(error, 'this server failed').reason;
    const late = new ImageError(`it did not arrive within ${Math.round(timeout / 100) / 10} s`);
    const batch: Batch = { hasSharp, maxBytes, reasonOf };
    const images: FetchedImage[] = [];
    const queue = urls.entries();
    const work = async (signal: AbortSignal) => {
      for (const [index, url] of queue) {
        const hint = hasSharp ? (index < MAX_PREVIEWS ? undefined : TOO_MANY) : NO_SHARP;
        const notShown = preview === 'off' ? undefined : hint;
        const image = await fetchImage(
          url,
          {
            preview: notShown === undefined ? preview : 'off',
            save: save && { ...save, stem: urls.length > 1 ? `${save.stem}-${index + 1}` : save.stem },
            signal,
          },
          batch,
        );
        images[index] = { ...image, ...(notShown !== undefined && { notShown }) };
      }
    };
    const workers = (signal: AbortSignal) =>
      Promise.all(Array.from({ length: CONCURRENCY }, () => work(signal)));
    await within(options.clock, timeout, late, workers, caller);
    return images;
  };
}

/** What the images of one call share. */
interface Batch {
  hasSharp: boolean;
  maxBytes: number;
  reasonOf(error: unknown): string;
}
