import { type Clock, unlessAborted, within } from '../clock.ts';
import type { PreviewSetting } from '../config/settings.ts';
import type { Output } from '../runcomfy/outputs.ts';
import { loadSharp } from './decode.ts';
import { createDownloader, type DownloadLimits } from './download.ts';
import { asImageError, ImageError } from './image-error.ts';
import { mimeType } from './image-type.ts';
import { type Preview, type RenderedPreview, renderPreview } from './preview.ts';
import { saveImage } from './saving/save-image.ts';

/** What to do with the outputs of a job. */
interface FetchOptions {
  preview: PreviewSetting;
  /** The name of the files without extension, numbered if there are several, and what their sidecars say. */
  save?: { stem: string; metadata: Record<string, unknown> } | undefined;
  /** What has not arrived by then is left out. In ms. */
  timeout: number;
  signal: AbortSignal;
}

/** What is known of an image. Width and height, in pixels, need sharp. */
export interface ImageFacts extends Partial<Omit<RenderedPreview, 'preview'>> {
  /** Its MIME type. */
  type: string;
  bytes: number;
}

/** An output with what was asked for, or why that is missing. */
export interface FetchedOutput extends Output {
  facts?: ImageFacts;
  preview?: Preview;
  /** Where it is saved. */
  path?: string;
  /** These complete "not shown, as …" and "not saved, as …". */
  notShown?: string;
  notSaved?: string;
}

/** Downloads each image once, for its preview and its file. Never throws: each output says what failed. */
export type FetchOutputs = (outputs: readonly Output[], options: FetchOptions) => Promise<FetchedOutput[]>;

const CONCURRENCY = 3;
// Claude Desktop cuts a result at 1 MiB; as base64 this is 0.6 MB.
const MAX_PREVIEW_BYTES = 450_000;
const MAX_PREVIEWS = 10;

const TOO_MANY = `an answer shows at most ${MAX_PREVIEWS}`;
const NO_SHARP =
  'sharp is not installed: "npm install sharp" in the folder of runcomfy-image-mcp adds it, --preview off ends this note';

/** Makes what shows and saves the outputs of jobs. `loopbackOrigin` is trusted like RunComfy's hosts. */
export function createOutputFetcher(options: {
  clock: Clock;
  loopbackOrigin: string | undefined;
  outputDir: string;
  limits?: Partial<DownloadLimits> | undefined;
}): FetchOutputs {
  const download = createDownloader(options.loopbackOrigin, options.limits);

  return async (outputs, { preview, save, timeout, signal: caller }) => {
    const hasSharp = await loadSharp().then(
      () => true,
      () => false,
    );
    const fetched: FetchedOutput[] = outputs.map((output) => ({ ...output }));
    const images = fetched.filter(({ kind }) => kind === 'image');
    for (const other of fetched.filter(({ kind }) => save && kind !== 'image'))
      other.notSaved = 'only images are saved: download it from its URL';
    const maxBytes = Math.floor(MAX_PREVIEW_BYTES / Math.min(Math.max(images.length, 1), MAX_PREVIEWS));
    const reasonOf = (error: unknown) =>
      caller.aborted ? 'the call has ended' : asImageError(error, 'this server failed').reason;

    async function fetchImage(image: FetchedOutput, index: number, signal: AbortSignal): Promise<void> {
      if (preview !== 'off' && !hasSharp) image.notShown = NO_SHARP;
      else if (preview !== 'off' && index >= MAX_PREVIEWS) image.notShown = TOO_MANY;
      const isShown = preview !== 'off' && image.notShown === undefined;
      if (!isShown && !save) return;
      try {
        const original = await download(image.url, signal);
        image.facts = { type: mimeType(original.type), bytes: original.data.length };
        if (hasSharp) {
          // An image that is only saved is decoded too: a damaged one is not worth a file.
          const size = preview === 'off' ? 'small' : preview;
          // Decoding cannot be stopped, but need not be waited for.
          const rendering = renderPreview(original.data, original.type, size, maxBytes);
          const { preview: rendered, ...facts } = await unlessAborted(rendering, signal);
          image.facts = { ...image.facts, ...facts };
          if (isShown) image.preview = rendered;
        }
        if (save) {
          const stem = images.length > 1 ? `${save.stem}-${index + 1}` : save.stem;
          const metadata = { ...save.metadata, url: image.url, ...image.facts };
          image.path = await saveImage(options.outputDir, stem, original, metadata);
        }
      } catch (error) {
        if (isShown && !image.preview) image.notShown = reasonOf(error);
        if (save) image.notSaved = reasonOf(error);
      }
    }

    const queue = images.entries();
    const work = async (signal: AbortSignal) => {
      for (const [index, image] of queue) await fetchImage(image, index, signal);
    };
    const workers = (signal: AbortSignal) =>
      Promise.all(Array.from({ length: CONCURRENCY }, () => work(signal)));
    const late = new ImageError(`it did not arrive within ${Math.round(timeout / 100) / 10} s`);
    await within(options.clock, timeout, late, workers, caller);
    return fetched;
  };
}
