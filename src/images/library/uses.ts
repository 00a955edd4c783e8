import type { Job } from '../../jobs/job.ts';
import { nameOf, thumbnailOf } from './library.ts';

/** What the records say of a file. */
export interface Use {
  /** Whether it is an original, not only a thumbnail of one. */
  readonly isOriginal: boolean;
  /** Whether somebody was answered with each job that has it. */
  readonly isAnswered: boolean;
  /** Whether it is of a favourite of the user. */
  readonly isFavourite: boolean;
}

/** The files that records name, by name. Rejects as soon as a record cannot be read. */
export async function readUses(records: AsyncIterable<{ job: Job }>): Promise<Map<string, Use>> {
  const uses = new Map<string, Use>();
  const add = (name: string, isOriginal: boolean, { delivered_at, favourite }: Job) => {
    const before = uses.get(name);
    uses.set(name, {
      isOriginal: isOriginal || before?.isOriginal === true,
      isAnswered: delivered_at !== undefined && before?.isAnswered !== false,
      isFavourite: favourite === true || before?.isFavourite === true,
    });
  };
  for await (const { job } of records) {
    for (const original of job.originals ?? []) {
      if (!original) continue;
      add(nameOf(original), true, job);
      for (const name of thumbnailOf(original)) add(name, false, job);
    }
  }
  return uses;
}
