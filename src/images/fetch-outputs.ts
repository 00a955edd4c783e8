import { type Clock, unlessAborted, within } from '../clock.ts';
import type { PreviewSetting } from '../config/settings.ts';
import { type Job, jobOutputs, type Original } from '../jobs/job.ts';
import type { Output } from '../runcomfy/outputs.ts';
import { loadSharp } from './decode.ts';
import { asImageError, ImageError } from './image-error.ts';
import { sha256Of } from './library/library.ts';
import type { Originals } from './library/originals.ts';
import type { LinkTo, PictureLink } from './library/picture-link.ts';
import { mimeType } from './media-type.ts';
import { type Preview, renderPreview } from './preview.ts';
import type { SaveInOutputDir } from './saving/output-dir.ts';

/** What to do with the outputs of a job. */
export interface FetchOptions {
  preview: PreviewSetting;
  /** The indexes of those that an earlier answer has shown. */
  shown?: ReadonlySet<number>;
  /** Whether its images are saved. */
  isSaved: boolean;
  /** What has not arrived by then is left out. In ms. */
  timeout: number;
  signal: AbortSignal;
}

/** What is known of an image. Width and height, in pixels, need sharp. */
export type ImageFacts = Pick<Original, 'type' | 'bytes' | 'width' | 'height' | 'transparent'>;

/** An output with what was asked for, or why that is missing. */
export interface FetchedOutput extends Output {
  facts?: ImageFacts;
  /** Whether the library has it. */
  isKept?: boolean;
  preview?: Preview;
  /** Where it is saved. */
  path?: string;
  /** To what is kept of it, where this server shows that. */
  link?: PictureLink;
  /** These complete "not shown, as …" and "not saved, as …". */
  notShown?: string;
  notSaved?: string;
}

/** Opens each image at most once, for its preview, its file and the library. Never throws: each output says what failed. */
export type FetchOutputs = (job: Job, options: FetchOptions) => Promise<FetchedOutput[]>;

const CONCURRENCY = 3;
// Claude Desktop cuts a result at 1 MiB; as base64 this is 0.6 MB.
const MAX_PREVIEW_BYTES = 450_000;
const MAX_PREVIEWS = 10;

const TOO_MANY = `an answer shows at most ${MAX_PREVIEWS}`;
const SHOWN = 'an earlier answer holds the preview; preview: true sends it again';
const NO_SHARP =
  'sharp is not installed: "npm install sharp" in the folder of runcomfy-image-mcp adds it, --preview off ends this note';

/** Makes what shows, saves, keeps and links the outputs of jobs. */
export function createOutputFetcher(options: {
  clock: Clock;
  originals: Originals;
  saveInOutputDir: SaveInOutputDir | undefined;
  linkTo?: LinkTo | undefined;
}): FetchOutputs {
  const { clock, originals, saveInOutputDir, linkTo } = options;

  return async (job, { preview, shown, isSaved: wantsFiles, timeout, signal: caller }) => {
    const isSaved = wantsFiles && saveInOutputDir !== undefined;
    const hasSharp = await loadSharp().then(
      () => true,
      () => false,
    );
    const fetched: FetchedOutput[] = jobOutputs(job);
    const images = fetched.filter(({ kind }) => kind === 'image');
    for (const other of fetched.filter(({ kind }) => isSaved && kind !== 'image'))
      other.notSaved = 'only images are saved by themselves: save_images saves it too';
    const maxBytes = Math.floor(MAX_PREVIEW_BYTES / Math.min(Math.max(images.length, 1), MAX_PREVIEWS));
    const reasonOf = (error: unknown) =>
      caller.aborted ? 'the call has ended' : asImageError(error, 'this server failed').reason;

    /** What needs no download: that it is kept, its thumbnail, the path where it lies. */
    async function readKept(image: FetchedOutput, index: number, isShown: boolean): Promise<void> {
      const known = job.originals?.[index];
      if (!known) return;
      const path = isSaved ? await saveInOutputDir.find(known) : undefined;
      if (path !== undefined) image.path = path;
      if (!(await originals.kept({ job, index }))) return;
      image.isKept = true;
      if (linkTo) image.link = linkTo(known);
      image.facts = factsOf(known);
      const thumbnail = isShown && preview === 'small' ? await originals.thumbnail(known) : undefined;
      if (thumbnail && thumbnail.data.length <= maxBytes) image.preview = thumbnail;
    }

    async function fetchImage(image: FetchedOutput, index: number, isShown: boolean, signal: AbortSignal) {
      try {
        await readKept(image, index, isShown);
        const isLinked = !linkTo || image.link !== undefined;
        if ((!isShown || image.preview) && (!isSaved || image.path !== undefined) && isLinked) return;
        const original = await originals.open({ job, index }, signal);
        const { type, data } = original;
        image.facts = { type: mimeType(type), bytes: data.length };
        // An image that is only saved is decoded too: a damaged one is not worth a file.
        const size = preview === 'off' ? 'small' : preview;
        let keeping: Promise<void> | undefined;
        const rendering = hasSharp ? renderPreview(data, type, size, maxBytes) : Promise.resolve(undefined);
        if (originals.areKept && !original.isKept) {
          const small =
            size === 'small' ? rendering : rendering.then(() => renderPreview(data, type, 'small'));
          keeping = originals.keep({ job, index }, original, small).then((isKept) => {
            if (!isKept) return;
            image.isKept = true;
            if (linkTo) image.link = linkTo({ sha256: sha256Of(data), type: mimeType(type) });
          });
        }
        // Decoding cannot be stopped, but need not be waited for.
        const rendered = await unlessAborted(rendering, signal).catch((error) => {
          if (!(error instanceof ImageError) || error.isRefused || error === signal.reason) throw error;
          if (isShown) image.notShown = error.reason;
        });
        if (rendered) {
          const { preview: small, ...facts } = rendered;
          image.facts = { ...image.facts, ...facts };
          if (isShown) image.preview = small;
        }
        if (isSaved && image.path === undefined) {
          image.path = await saveInOutputDir.save({ job, index }, original, image.facts);
          const known = { ...image.facts, sha256: sha256Of(data) };
          await originals.addSaved({ job, index }, known, image.path);
        }
        // Else what keeps it may end after the answer.
        if (linkTo) await unlessAborted(Promise.resolve(keeping), signal);
      } catch (error) {
        if (isShown && !image.preview) image.notShown = reasonOf(error);
        if (isSaved && image.path === undefined) image.notSaved = reasonOf(error);
      }
    }

    let previews = 0;
    /** Whether the next image is shown. */
    function isShown(image: FetchedOutput, index: number): boolean {
      if (preview === 'off') return false;
      if (!hasSharp) image.notShown = NO_SHARP;
      else if (shown?.has(index)) image.notShown = SHOWN;
      else if (previews === MAX_PREVIEWS) image.notShown = TOO_MANY;
      else previews += 1;
      return image.notShown === undefined;
    }

    const queue = fetched.entries();
    const work = async (signal: AbortSignal) => {
      for (const [index, output] of queue)
        if (output.kind === 'image') await fetchImage(output, index, isShown(output, index), signal);
        else {
          const known = await originals.kept({ job, index });
          if (!known) continue;
          output.isKept = true;
          if (linkTo) output.link = linkTo(known);
        }
    };
    const workers = (signal: AbortSignal) =>
      Promise.all(Array.from({ length: CONCURRENCY }, () => work(signal)));
    const late = new ImageError(`it did not arrive within ${Math.round(timeout / 100) / 10} s`);
    await within(clock, timeout, late, workers, caller);
    return fetched;
  };
}

/** What is on record of an image. */
export const factsOf = ({ type, bytes, width, height, transparent }: Original): ImageFacts => ({
  type,
  bytes,
  ...(width !== undefined && { width }),
  ...(height !== undefined && { height }),
  ...(transparent && { transparent }),
});
