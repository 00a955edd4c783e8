import type { Job } from '../../../src/jobs/job.ts';
import { type Evidence, promptOf } from '../evidence.ts';
import type { Breach } from '../invariants.ts';

/**
 * Holds the records of batches against what upstream accepted and what was told. That each accepted job has a record of
 * its own is judged elsewhere.
 */
export function judgeBatches({ tasks, accepted, records, witness }: Evidence): Breach[] {
  const breaches: Breach[] = [];
  const ofBatches = new Set(tasks.flatMap(({ kind, prompt }) => (kind.startsWith('batch') ? [prompt] : [])));
  const byId = new Map(records.map((job) => [job.request_id, job]));
  // One that was only reserved, and withdrawn, was never submitted.
  const sent = records.filter((job) => job.request_id !== undefined || MAYBE_SENT.includes(job.state));

  const places = new Map<string, Job[]>();
  for (const job of sent) if (job.batch) places.set(placeOf(job), [...(places.get(placeOf(job)) ?? []), job]);
  for (const [place, [first, ...others]] of places)
    if (first && others.length > 0)
      breaches.push({
        invariant: 'placeTwice',
        prompt: promptOf(first),
        why: `${others.length + 1} jobs at ${place}`,
      });

  const outside = (prompt: string, why: string) => breaches.push({ invariant: 'outsideBatch', prompt, why });
  for (const job of sent)
    if (ofBatches.has(promptOf(job)) && !job.batch) outside(promptOf(job), 'a record without a batch');
  for (const job of accepted) {
    const record = byId.get(job.id);
    if (ofBatches.has(promptOf(job)) && record && record.batch?.id === undefined)
      outside(promptOf(job), `${job.id} is recorded without a batch`);
  }
  for (const { batch, place, requestId } of witness.tellings) {
    const record = batch !== undefined && requestId !== undefined && byId.get(requestId);
    if (record && placeOf(record) !== `${batch} ${place}`)
      outside(promptOf(record), `${requestId} was told at ${batch} ${place}, and is at ${placeOf(record)}`);
  }
  return breaches;
}

const MAYBE_SENT = ['submitting', 'unknown'];

const placeOf = ({ batch }: Job): string => `${batch?.id} ${batch?.index}`;
