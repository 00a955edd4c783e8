import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Retention } from '../../jobs/store.ts';
import { DAY, isPrunable } from '../backend.ts';
import { timeInId } from './names.ts';
import type { FileRecords } from './records.ts';

// So that one call does not pay for a whole clean-up; the oldest go first.
const MAX_PRUNED = 200;
// A temporary file this old, in ms, was left by a dead process.
const ABANDONED_AFTER = 3_600_000;

/** Deletes the records that go, and what crashes left. */
export async function prune(records: FileRecords, now: number, keep: Retention): Promise<void> {
  const at = (ms: number) => timeInId(new Date(now - ms).toISOString());
  const [dayAgo, oldest] = [at(DAY), at(keep.days * DAY)];
  const all = await records.list();
  const tooMuch = new Set(all.filter(({ id }, index) => index >= keep.jobs || id < oldest));
  const candidates = all.filter(({ id }) => id < dayAgo).reverse();
  const byId = new Map(candidates.map((one) => [one.id, one]));
  let pruned = 0;
  for await (const { id, job } of records.read(candidates, () => {})) {
    const listed = byId.get(id);
    if (!listed || !isPrunable(job, tooMuch.has(listed))) continue;
    // Only what was listed: a revision that came meanwhile stays.
    await records.remove(listed);
    pruned += 1;
    if (pruned === MAX_PRUNED) break;
  }
  await removeTemporary(records.dir, now);
  for (const { id, revisions } of all) {
    // A writer of an older one takes what it lacks below for a sign that the record was deleted.
    const latest = revisions.length > 1 && id >= dayAgo ? (await records.latest(id))?.stored : undefined;
    // By the revision below it a submit knows that its record was not deleted.
    if (latest && latest.job.state !== 'submitting')
      await records.remove({ id, revisions: revisions.filter((one) => one < latest.revision) });
  }
}

async function removeTemporary(dir: string, now: number): Promise<void> {
  const names = await readdir(dir).catch(() => []);
  for (const name of names.filter((one) => one.endsWith('.tmp'))) {
    const { mtimeMs } = await stat(join(dir, name)).catch(() => ({ mtimeMs: now }));
    if (now - mtimeMs > ABANDONED_AFTER) await rm(join(dir, name), { force: true });
  }
}
