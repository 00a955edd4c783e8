import { randomUUID } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { type Job, jobOutputs, type Original } from '../../jobs/job.ts';
import type { HeldFolder } from '../folders/held-folder.ts';
import { ImageError } from '../image-error.ts';
import type { JobOutput } from '../library/job-output.ts';
import { extensionOf } from '../media-type.ts';
import { fileStem } from './file-name.ts';
import { type LinkFile, placeFile, removeAbandoned } from './place-file.ts';

/** What a file that is being saved holds: an output, as it was made or converted. */
export type FileFacts = Omit<Original, 'thumbnail' | 'saved'>;

/** The name that a file gets; without a stem, one that tells what it is. */
export interface FileName {
  stem?: string | undefined;
  /** As it is written; it fits the type. */
  extension?: string | undefined;
}

export type SaveFile = ReturnType<typeof createSaveFile>;

/** Makes what writes the files of outputs, with or without sidecars. */
export function createSaveFile({ hasSidecar, linkFile }: { hasSidecar: boolean; linkFile?: LinkFile }) {
  /**
   * Saves an output in a folder: `fill` writes it into a new file at a path and tells its name. The file gets that name
   * when it is whole. Throws ImageError, and what `fill` throws; then nothing of it is left.
   */
  return async (
    folder: HeldFolder,
    output: JobOutput,
    fill: (temporary: string) => Promise<{ facts: FileFacts; name: FileName }>,
  ): Promise<FileFacts & { path: string }> => {
    const temporary = join(folder.prefix, `.${randomUUID()}.part`);
    try {
      await removeAbandoned(folder.prefix);
      const { facts, name: wanted } = await fill(temporary);
      const { stem = fileStem(output), extension = extensionOf(facts.type) } = wanted;
      const { name, isNew } = await placeFile(temporary, folder.prefix, { stem, extension }, linkFile);
      // Best effort: the image is what was asked for.
      if (hasSidecar && isNew)
        await writeFile(join(folder.prefix, `${name}.json`), sidecar(output, facts), { flag: 'wx' }).catch(
          () => {},
        );
      return { ...facts, path: join(folder.path, name) };
    } catch (error) {
      throw asWriteError(error, folder.path);
    } finally {
      await rm(temporary, { force: true }).catch(() => {});
    }
  };
}

function sidecar({ job, index }: JobOutput, facts: FileFacts): string {
  const { request_id, model, input, submitted_at, finished_at, cost_usd }: Job = job;
  const about = { request_id, model, input, submitted_at, finished_at, cost_usd };
  return `${JSON.stringify({ ...about, url: jobOutputs(job)[index]?.url, ...facts }, null, 2)}\n`;
}

/** Errors of the file system as ImageErrors; others as they are. */
function asWriteError(error: unknown, folder: string): unknown {
  const { code, syscall } = (error ?? {}) as NodeJS.ErrnoException;
  if (error instanceof ImageError || syscall === undefined) return error;
  return new ImageError(`nothing can be written to ${folder} (${code})`, {
    next: 'Free some space or give another folder.',
    cause: error,
  });
}
