import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Job } from '../../../src/jobs/job.ts';
import { accountDir } from '../../../src/stores/file/names.ts';
import { freshDataDir } from '../../support/program.ts';
import { ACCOUNT, inFiles, type Process } from '../backends.ts';
import { all, put } from '../conformance.ts';
import { createGate } from './gate.ts';

/** A change that tells how often it was made. */
export const add = (job: Job): Job => ({ ...job, cost_usd: (job.cost_usd ?? 0) + 1 });

/** Two processes on the same records, the first of which can be stopped at its links. */
export async function two() {
  const dataDir = freshDataDir();
  const gate = createGate();
  const frozen = await inFiles(1, { dataDir, link: gate.link }).start();
  const other = await inFiles(1, { dataDir }).start();
  const names = () =>
    readdirSync(join(accountDir(dataDir, ACCOUNT), 'jobs')).filter((name) => name.endsWith('.json'));
  return { dataDir, gate, frozen, other, names };
}

/** And a record on which both count. */
export async function counting() {
  const given = await two();
  const { id } = await put(given.other, 'in_progress', { more: { cost_usd: 0 } });
  const count = async () => {
    const fresh = await inFiles(1, given).start();
    return (await all(fresh)).map(({ job }) => job.cost_usd);
  };
  return { ...given, id, count };
}

/** Makes that change so many times. */
export async function addTimes(times: number, { store }: Process, id: string): Promise<void> {
  for (let n = 0; n < times; n++) await store.update(id, add);
}
