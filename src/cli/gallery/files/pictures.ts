import { ToolError } from '../../../errors.ts';
import { createDownloader, type Download } from '../../../images/download.ts';
import type { JobOutput } from '../../../images/library/job-output.ts';
import { mimeType } from '../../../images/media-type.ts';
import { type Preview, renderPreview } from '../../../images/preview.ts';
import { jobOutputs } from '../../../jobs/job.ts';
import type { Program } from '../../../program.ts';
import type { GalleryLimits } from '../http/limits.ts';
import { outputProblem, ProblemError } from '../http/problems.ts';
import { createSlots } from './slots.ts';

/** A picture for the page. */
export interface Picture {
  data: Buffer;
  mimeType: string;
}

/** Makes what scales images of jobs down: from the library, else from their links; then they are kept. */
export function createPictures(
  originals: Program['originals'],
  ownOrigin: (output: JobOutput) => string | undefined,
  limits: Pick<GalleryLimits, 'decodes' | 'recent'>,
) {
  const takePlace = createSlots(limits.decodes);
  /** What was scaled down lately, by URL: pages keep no picture, and ask again for what they show again. */
  const recent = new Map<string, Picture>();
  let recentBytes = 0;

  function remember(url: string, picture: Picture): void {
    recentBytes += picture.data.length - (recent.get(url)?.data.length ?? 0);
    recent.set(url, picture);
    for (const [old, { data }] of recent) {
      if (recentBytes <= limits.recent) break;
      recent.delete(old);
      recentBytes -= data.length;
    }
  }

  async function fetch(output: JobOutput, signal: AbortSignal): Promise<Download> {
    const kept = await originals.readKept(output);
    // Each sandbox is trusted for its own jobs only, which the program's downloads cannot know.
    return kept ?? createDownloader(ownOrigin(output))(urlOf(output), signal);
  }

  async function render(output: JobOutput, signal: AbortSignal): Promise<Picture> {
    const giveBack = await takePlace(signal);
    let rendering: ReturnType<typeof renderPreview> | undefined;
    try {
      const found = await fetch(output, signal);
      rendering = renderPreview(found.data, found.type, originals.areKept ? 'small' : 'large');
      if (!output.job.originals?.[output.index] && originals.areKept)
        void originals.keep(output, found, rendering);
      const picture = await scaledDown(found, rendering);
      remember(urlOf(output), picture);
      return picture;
    } finally {
      // Decoding goes on when the client has left.
      void Promise.resolve(rendering)
        .catch(() => {})
        .then(giveBack);
    }
  }

  /** An image, small. Throws ProblemError, or the signal's reason. */
  return async (output: JobOutput, signal: AbortSignal): Promise<Picture> => {
    const known = output.job.originals?.[output.index];
    const thumbnail = known && (await originals.thumbnail(known));
    return (
      thumbnail ??
      recent.get(urlOf(output)) ??
      render(output, signal).catch((error) => {
        throw new ProblemError(outputProblem(error, output));
      })
    );
  };
}

const urlOf = ({ job, index }: JobOutput): string => jobOutputs(job)[index]?.url ?? '';

/** The preview of an image; the image as it is without sharp. Throws ToolError. */
async function scaledDown(
  { type, data }: Download,
  rendering: Promise<{ preview: Preview }>,
): Promise<Picture> {
  try {
    return (await rendering).preview;
  } catch (error) {
    if (!(error instanceof ToolError) || error.code !== 'sharp_missing') throw error;
    return { data, mimeType: mimeType(type) };
  }
}
