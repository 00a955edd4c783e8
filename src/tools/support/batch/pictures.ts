import { type Cell, contactSheet } from '../../../images/contact-sheet.ts';
import type { FetchedOutput } from '../../../images/fetch-outputs.ts';
import { asImageError } from '../../../images/image-error.ts';
import type { Preview } from '../../../images/preview.ts';
import { hasEnded, type Member } from '../../../jobs/batch/batch.ts';
import { type Job, jobOutputs } from '../../../jobs/job.ts';
import type { Services, ToolCall } from '../define.ts';
import { imagesTimeout } from '../job-result.ts';
import { linkEnd } from '../job-words.ts';
import { ranges } from './words.ts';

// Jobs whose images are fetched at the same time.
const CONCURRENCY = 3;

type PictureServices = Pick<Services, 'clock' | 'fetchOutputs' | 'autoSave' | 'originals'>;

/** A job of a batch that succeeded. */
export type Done = Member & { job: Job };

/** What was fetched of the jobs of a batch that succeeded, by their index. */
export type BatchOutputs = ReadonlyMap<number, readonly FetchedOutput[]>;

/** Fetches what is shown, saved and kept of a batch, as far as the time of one answer goes. Never throws. */
export async function fetchBatch(
  done: readonly Done[],
  isShown: boolean,
  { wait }: ToolCall,
  { clock, fetchOutputs, autoSave, originals }: PictureServices,
): Promise<BatchOutputs> {
  const isFetched = isShown || autoSave || originals.areKept;
  if (!isFetched) return new Map(done.map(({ index, job }) => [index, jobOutputs(job)]));
  const outputs = new Map<number, readonly FetchedOutput[]>();
  const timeout = imagesTimeout(wait, clock.now());
  const end = clock.now() + timeout;
  const late = `it did not arrive within ${timeout / 1000} s`;
  const missed = (one: FetchedOutput): FetchedOutput =>
    one.kind === 'image'
      ? { ...one, ...(isShown && { notShown: late }), ...(autoSave && { notSaved: late }) }
      : one;
  const preview = isShown ? 'small' : 'off';
  const queue = done.values();
  async function work(): Promise<void> {
    for (const { index, job } of queue) {
      const left = end - clock.now();
      const options = { preview, isSaved: autoSave, timeout: left, signal: wait.signal } as const;
      outputs.set(index, left > 0 ? await fetchOutputs(job, options) : jobOutputs(job).map(missed));
    }
  }
  await Promise.all(Array.from({ length: CONCURRENCY }, work));
  // What was not fetched for the answer is fetched behind it.
  void wait.delivered.then(() => {
    for (const { job } of done) originals.keepLater(job);
  });
  return outputs;
}

/** The sheet of a batch, each job with its first image; without one if there is no image to show. Never throws. */
export async function sheetOf(
  members: readonly Member[],
  outputs: BatchOutputs,
): Promise<{ sheet?: Preview; problem?: string }> {
  const cells = members.map((member): Cell => {
    const number = member.index + 1;
    const preview = outputs.get(member.index)?.find((one) => one.preview)?.preview;
    if (preview) return { number, preview };
    if (member.job?.state === 'failed') return { number, sign: 'failed' };
    return { number, sign: hasEnded(member) ? 'none' : 'pending' };
  });
  if (!cells.some((cell) => 'preview' in cell)) return {};
  return contactSheet(cells).then(
    (sheet) => ({ sheet }),
    (error) => ({ problem: asImageError(error, 'this server failed').reason }),
  );
}

/** Until when the copies of a batch can be opened; undefined without any. */
export function copyNote(outputs: BatchOutputs): string | undefined {
  const links = [...outputs.values()].flat().flatMap(({ link }) => link ?? []);
  const [first] = links.sort((a, b) => a.expires - b.expires);
  return first && `Copies: until ${linkEnd(first)}, for whoever has the link.`;
}

/** Which pictures of a batch are not shown or saved, and why; one line for each reason. */
export function pictureNotes(outputs: BatchOutputs): string[] {
  const numbers = new Map<string, Set<number>>();
  for (const [index, list] of outputs)
    for (const { notShown, notSaved } of list)
      for (const [what, why] of Object.entries({ 'Not shown': notShown, 'Not saved': notSaved }))
        if (why !== undefined) {
          const key = `${what}, as ${why}: `;
          numbers.set(key, (numbers.get(key) ?? new Set()).add(index + 1));
        }
  return [...numbers].map(([note, which]) => `${note}${ranges([...which].sort((a, b) => a - b))}.`);
}
