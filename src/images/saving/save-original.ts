import { writeFile } from 'node:fs/promises';
import { unlessAborted } from '../../clock.ts';
import { jobOutputs, type Original } from '../../jobs/job.ts';
import type { Download } from '../download.ts';
import type { HeldFolder } from '../folders/held-folder.ts';
import { ImageError, unlessDamaged } from '../image-error.ts';
import type { JobOutput } from '../library/job-output.ts';
import { sha256Of } from '../library/library.ts';
import type { Originals } from '../library/originals.ts';
import { kindOf, mimeType, NOUNS } from '../media-type.ts';
import { renderPreview } from '../preview.ts';
import { convert, FORMATS, type Format, type Wanted } from './convert.ts';
import { splitName } from './file-name.ts';
import type { FileFacts, FileName, SaveFile } from './save-file.ts';

/** How an output is to be saved. */
export interface SaveWish extends Wanted {
  /** A checked file name; an extension of a known type is the type that it gets. */
  name?: string | undefined;
}

/** Saves an output of a job in a folder, as it is or converted. Throws ImageError, LocalFileError or the signal's reason. */
export type SaveOriginal = (
  folder: HeldFolder,
  output: JobOutput,
  wish: SaveWish,
  signal: AbortSignal,
) => Promise<FileFacts & { path: string }>;

// As the user's umask has it.
const MODE = 0o666;

/** Makes what saves originals: from the library, so also when their links are dead, else from their links. */
export function createSaveOriginal(options: { originals: Originals; saveFile: SaveFile }): SaveOriginal {
  const { originals, saveFile } = options;

  /** What is known of an image. Of one that is new here all is decoded, so that damage is found, and it is kept. */
  async function factsOf(output: JobOutput, image: Opened, signal: AbortSignal): Promise<FileFacts> {
    const { type, data, isKept } = image;
    const kept = isKept ? output.job.originals?.[output.index] : undefined;
    if (kept?.width !== undefined) return withoutCopies(kept);
    const rendering = renderPreview(data, type, 'small');
    if (!isKept) void originals.keep(output, image, rendering);
    const rendered = await unlessAborted(rendering, signal).catch(unlessDamaged);
    const { preview: _, ...facts } = rendered ?? {};
    return { sha256: sha256Of(data), type: mimeType(type), bytes: data.length, ...facts };
  }

  async function saveImage(folder: HeldFolder, output: JobOutput, wish: SaveWish, signal: AbortSignal) {
    const image = await originals.open(output, signal);
    const facts = await factsOf(output, image, signal);
    const name = splitOf(wish.name);
    const format = wish.format ?? formatOf(name, facts.type);
    const converted = await convert(image, facts.width, { ...wish, format }, signal);
    const { data } = converted ?? image;
    const made = converted ? { ...asFacts(converted), ...isTransparent(facts, converted.type) } : facts;
    const saved = await saveFile(folder, output, async (temporary) => {
      await writeFile(temporary, data, { flag: 'wx', mode: MODE, flush: true });
      return { facts: made, name };
    });
    await originals.addSaved(output, facts, saved.path);
    return saved;
  }

  /** Nothing decodes these, and they may be too large for memory. */
  async function saveOther(folder: HeldFolder, output: JobOutput, wish: SaveWish, signal: AbortSignal) {
    const name = splitOf(wish.name);
    const saved = await saveFile(folder, output, async (temporary) => {
      const facts = await originals.copyTo(output, { path: temporary, mode: MODE }, signal);
      if (name.type !== undefined && name.type !== facts.type) throw wrongType(name, facts.type);
      return { facts, name };
    });
    const { path, ...facts } = saved;
    await originals.addSaved(output, facts, path);
    return saved;
  }

  return async (folder, output, wish, signal) => {
    const { kind = 'image' } = jobOutputs(output.job)[output.index] ?? {};
    const name = splitOf(wish.name);
    if (kind !== 'image' && (wish.format ?? wish.maxWidth) !== undefined)
      throw new ImageError('it is no image: format and max_width are for images only', {
        next: 'Leave format and max_width out for it.',
      });
    if (name.type !== undefined && kindOf(name.type) !== kind) throw wrongType(name, NOUNS[kind]);
    return (kind === 'image' ? saveImage : saveOther)(folder, output, wish, signal);
  };
}

type Opened = Download & { isKept: boolean };
type SplitName = FileName & { type?: string };

const withoutCopies = ({ thumbnail: _, saved: __, ...facts }: Original): FileFacts => facts;

const asFacts = ({ type, data, width, height }: Download & { width: number; height: number }): FileFacts => ({
  sha256: sha256Of(data),
  type: mimeType(type),
  bytes: data.length,
  width,
  height,
});

const isTransparent = ({ transparent }: FileFacts, type: string) =>
  transparent && type !== 'jpeg' ? { transparent } : {};

const splitOf = (name: string | undefined): SplitName => (name === undefined ? {} : splitName(name));

/** The format that a name's extension asks for; undefined if the image has it. */
function formatOf(name: SplitName, actual: string): Format | undefined {
  if (name.type === undefined || name.type === actual) return undefined;
  const format = FORMATS.find((one) => mimeType(one) === name.type);
  if (format === undefined) throw wrongType(name, actual);
  return format;
}

/** The error of a name whose extension says what the output neither is nor becomes. */
const wrongType = ({ extension }: SplitName, actual: string): ImageError =>
  new ImageError(`its name ends in .${extension}, and it is ${actual}`, {
    next: 'Leave the extension out of its name: the right one is added.',
  });
