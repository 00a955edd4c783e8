import { stat } from 'node:fs/promises';
import { type Job, jobOutputs } from '../../jobs/job.ts';
import type { Originals } from './originals.ts';

/** Why the library does not have an image; `gone` it had, `absent` it had or not. */
export type Missing = 'never' | 'gone' | 'absent';

/** Where the outputs of a job are. */
export interface Whereabouts {
  /** A copy of each output that has one. */
  saved: string[];
  /** By the number of the output, from 1, why it is not kept; undefined without a library or an image. */
  missing: Map<number, Missing> | undefined;
}

/** Asks the disk where the outputs of a job are. Fetches, writes and records nothing. Never throws. */
export async function whereabouts(
  job: Job,
  originals: Pick<Originals, 'areKept' | 'kept'>,
): Promise<Whereabouts> {
  const saved: string[] = [];
  const missing = new Map<number, Missing>();
  const outputs = jobOutputs(job);
  for (const [index, { kind }] of outputs.entries()) {
    const original = job.originals?.[index];
    const copy = await newestFile(original?.saved ?? []);
    if (copy !== undefined) saved.push(copy);
    if (!originals.areKept || kind !== 'image' || (await originals.kept({ job, index }))) continue;
    // Only what was kept has a thumbnail; without sharp nothing has.
    missing.set(index + 1, !original ? 'never' : original.thumbnail ? 'gone' : 'absent');
  }
  const hasImages = outputs.some(({ kind }) => kind === 'image');
  return { saved, missing: originals.areKept && hasImages ? missing : undefined };
}

async function newestFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths.toReversed()) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  return undefined;
}
