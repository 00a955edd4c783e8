import * as z from 'zod';
import { ToolError } from '../errors.ts';
import type { HeldFolder } from '../images/folders/held-folder.ts';
import { LocalFileError } from '../images/folders/local-file-error.ts';
import type { JobOutput } from '../images/library/job-output.ts';
import { FORMATS } from '../images/saving/convert.ts';
import { unusable } from '../images/saving/output-dir.ts';
import { shorten } from '../runcomfy/sanitize.ts';
import { defineTool, type Saving, type Services, type ToolCall } from './support/define.ts';
import { findOutput, type HandleServices, resolveHandle } from './support/handles.ts';
import { checkedNames } from './support/names.ts';
import { type Saved, savedResult, type Unsaved } from './support/saved-result.ts';

const MAX_IMAGES = 20;
const MAX_SHOWN = 120;

/** The tool that saves outputs of jobs as files. */
export function saveImages(services: HandleServices & Saving & Pick<Services, 'surface'>) {
  const { withFolder, saveOriginal, outputDir } = services;
  const { isLocal } = services.surface;

  /** Does work in the folder that was asked for. Throws `invalid_input`, or `not_saved` without one. */
  async function inFolder<Result>(
    folder: string | undefined,
    { roots }: ToolCall,
    work: (held: HeldFolder) => Promise<Result>,
  ): Promise<Result> {
    try {
      return await withFolder(folder, work, roots);
    } catch (error) {
      if (!(error instanceof LocalFileError)) throw error;
      if (folder !== undefined) throw refusedFolder(folder, error);
      const { reason, next } = unusable(outputDir, error);
      throw new ToolError('not_saved', `Nothing was saved, as ${reason}.`, { next, cause: error });
    }
  }

  return defineTool({
    name: 'save_images',
    title: 'Save images',
    description: `Save finished images, videos or audio as ${isLocal ? 'local files' : 'files on the server'} and return their paths. Free; overwrites nothing.`,
    input: z.strictObject({
      images: z
        .array(z.string())
        .min(1)
        .max(MAX_IMAGES)
        .meta({ description: `Handles: job:<request_id>#2 (#1 if left out)${isLocal ? ', or last' : ''}.` }),
      folder: z
        .string()
        .optional()
        .meta({ description: 'An allowed folder or one below. Default: the output folder.' }),
      names: z.array(z.string()).optional().meta({
        description: 'One for each image; .png, .jpg or .webp converts it. Default: date and prompt.',
      }),
      format: z.enum(FORMATS).optional().meta({ description: 'Default: unchanged.' }),
      max_width: z.int().min(1).optional().meta({ description: 'In pixels; only scales down.' }),
    }),
    output: z.looseObject({ images: z.array(z.looseObject({ path: z.string() })) }),
    annotations: { readOnlyHint: false, destructiveHint: false, idempotentHint: true, openWorldHint: true },
    searchHint: 'save or download images as files',
    async run({ images, folder, names, format, max_width: maxWidth }, call) {
      const { signal } = call.wait;
      const chosen = checkedNames(names, images.length, format);
      const handles: string[] = [];
      for (const [place, given] of images.entries())
        handles.push(await resolveHandle(`images[${place}]`, given, services));
      const found: (JobOutput | Unsaved)[] = [];
      for (const [place, handle] of handles.entries())
        found.push(await unlessFailed(handle, findOutput(`images[${place}]`, handle, call, services)));

      async function saveAll(held: HeldFolder): Promise<(Saved | Unsaved)[]> {
        const results: (Saved | Unsaved)[] = [];
        // One after the other: of two with the same name the second gets a number.
        for (const [place, output] of found.entries()) {
          const handle = handles[place] as string;
          if ('error' in output) results.push(output);
          else {
            const wish = { name: chosen?.[place], format, maxWidth };
            const saving = saveOriginal(held, output, wish, signal);
            const named = saving.then(({ sha256: _, ...file }) => ({ image: handle, ...file }));
            results.push(await unlessFailed(handle, named));
          }
        }
        return results;
      }

      const failed = found.filter((one) => 'error' in one);
      return savedResult(failed.length === found.length ? failed : await inFolder(folder, call, saveAll));
    },
  });
}

/** The result of work for a picture, or why there is none. What is no ToolError ends the call, as does its end. */
function unlessFailed<Result>(image: string, work: Promise<Result>): Promise<Result | Unsaved> {
  return work.catch((error) => {
    if (error instanceof ToolError) return { image, error };
    throw error;
  });
}

function refusedFolder(given: string, { message, isForbidden }: LocalFileError): ToolError {
  return new ToolError('invalid_input', `folder ${message}: ${JSON.stringify(shorten(given, MAX_SHOWN))}.`, {
    next: isForbidden
      ? 'Leave folder out, or give one of these folders or a folder below one.'
      : 'Give another folder, or leave it out.',
  });
}
