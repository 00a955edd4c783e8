import { realpath, writeFile } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import type { Original } from '../../jobs/job.ts';
import type { Download } from '../download.ts';
import type { ImageFacts } from '../fetch-outputs.ts';
import { LocalFileError } from '../folders/local-file-error.ts';
import type { WithFolder } from '../folders/writable-folder.ts';
import { ImageError } from '../image-error.ts';
import type { JobOutput } from '../library/job-output.ts';
import { sha256Of } from '../library/library.ts';
import { findSavedCopy } from '../library/saved-copy.ts';
import type { SaveFile } from './save-file.ts';

export type SaveInOutputDir = ReturnType<typeof createSaveInOutputDir>;

/** Makes what saves images in the user's folder, under names that tell what they are. */
export function createSaveInOutputDir(options: { dir: string; withFolder: WithFolder; saveFile: SaveFile }) {
  const { dir, withFolder, saveFile } = options;

  return {
    /** Where a copy lies in the folder already. */
    async find(original: Original): Promise<string | undefined> {
      if (!original.saved?.length) return undefined;
      const real = await realpath(dir).catch(() => resolve(dir));
      return (await findSavedCopy(original, (path) => dirname(path) === real))?.path;
    },
    /** Saves an image of a job; resolves to its path. Throws ImageError. */
    async save(output: JobOutput, { data }: Download, known: ImageFacts): Promise<string> {
      const facts = { ...known, sha256: sha256Of(data) };
      const write = async (temporary: string) => {
        await writeFile(temporary, data, { flag: 'wx', flush: true });
        return { facts, name: {} };
      };
      try {
        return (await withFolder(undefined, (folder) => saveFile(folder, output, write))).path;
      } catch (error) {
        throw error instanceof LocalFileError ? unusable(dir, error) : error;
      }
    },
  };
}

/** The error of an output folder that cannot be used. */
export const unusable = (dir: string, cause: LocalFileError): ImageError =>
  new ImageError(`the output folder ${dir} ${cause.message}`, {
    next: 'Ask the user for another one, with --output-dir or RUNCOMFY_OUTPUT_DIR.',
    cause,
  });
