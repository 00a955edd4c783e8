import { readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { nameOf, sha256Of, thumbnailOf } from '../../src/images/library/library.ts';
import type { Job } from '../../src/jobs/job.ts';
import { handmadePng } from '../support/images.ts';
import { promptOf } from './evidence.ts';

/** What the libraries of all accounts hold in the end. */
export interface LibraryFound {
  /** How many files are what their names say. */
  kept: number;
  /** How many a kill left unfinished, under names by which nobody reads them. */
  halfWritten: number;
  /** Files that are not what their names say, and the prompt of the job that names them. */
  broken: { name: string; prompt: string }[];
}

/** Reads every file of the libraries. */
export function readLibrary(dataDir: string, records: readonly Job[]): LibraryFound {
  const paths = readdirSync(dataDir, { recursive: true, encoding: 'utf8' })
    .filter((path) => /library.[^/\\]+$/.test(path))
    .map((path) => join(dataDir, path));
  const halfWritten = paths.filter((path) => basename(path).startsWith('.'));
  const whole = paths.filter((path) => !halfWritten.includes(path));
  const broken = whole
    .filter((path) => sha256Of(readFileSync(path)) !== basename(path).split('.')[0])
    .map((path) => ({ name: basename(path), prompt: promptOfFile(basename(path), records) }));
  return { kept: whole.length - broken.length, halfWritten: halfWritten.length, broken };
}

function promptOfFile(name: string, records: readonly Job[]): string {
  const owner = records.find(({ originals = [] }) =>
    originals.some((one) => one && [nameOf(one), ...thumbnailOf(one)].includes(name)),
  );
  return owner ? promptOf(owner) : '';
}

/**
 * The only picture of a job: no other job's is the same, large enough to be written in pieces, and quicker than a test
 * card, of which the machine draws too few a second.
 */
export const pictureOf = (requestId: string): Buffer =>
  // What follows its end belongs to no PNG, and is kept all the same.
  Buffer.concat([handmadePng(64, 64), Buffer.from(requestId.repeat(4_000))]);
