import { stat } from 'node:fs/promises';
import { type Job, jobOutputs, type Original } from '../../jobs/job.ts';
import type { MediaKind } from '../../runcomfy/outputs.ts';
import { isTooLarge } from './library.ts';
import type { Originals } from './originals.ts';

/** Why the library does not have an output; `gone` it had, `absent` it had or not. */
export type Missing = 'never' | 'gone' | 'absent' | 'too large';

/** Where the outputs of a job are. */
export interface Whereabouts {
  /** A copy of each output that has one. */
  saved: string[];
  /** By the number of the output, from 1, why it is not kept; undefined without a library or an output. */
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
    if (!originals.areKept || (await originals.kept({ job, index }))) continue;
    missing.set(index + 1, whyMissing(kind, original));
  }
  return { saved, missing: originals.areKept && outputs.length > 0 ? missing : undefined };
}

function whyMissing(kind: MediaKind, original: Original | null | undefined): Missing {
  if (isTooLarge(original)) return 'too large';
  // What is no image may have turned out to be too large, of which there is no record.
  if (!original) return kind === 'image' ? 'never' : 'absent';
  // Only what was kept has a thumbnail; without sharp nothing has, and what is no image never.
  return original.thumbnail ? 'gone' : 'absent';
}

async function newestFile(paths: readonly string[]): Promise<string | undefined> {
  for (const path of paths.toReversed()) {
    const found = await stat(path).catch(() => undefined);
    if (found?.isFile()) return path;
  }
  return undefined;
}
