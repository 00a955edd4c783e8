import type { Clock } from '../clock.ts';
import { remainderOf } from '../jobs/deletion.ts';
import { isDeleted, isFinal, type Job } from '../jobs/job.ts';
import type { JobStore, Lease, StoredJob } from '../jobs/store.ts';
import { DAY, type Holder, isSame, type Liveness, type Records } from './backend.ts';

const { signal: never } = new AbortController();

/**
 * Makes what deletes jobs. A record is overwritten first, so that whoever writes to it meanwhile has to read it again,
 * and only then goes.
 */
export function createDelete(store: {
  records: () => Promise<Records>;
  liveness: (lease: Lease) => Promise<Liveness>;
  holder: Pick<Holder, 'watch'>;
  clock: Clock;
}): JobStore['delete'] {
  const { records, liveness, holder, clock } = store;
  const isOld = ({ submitted_at = '' }: Job) => Date.parse(submitted_at) < clock.now() - DAY;
  const mayGo = (job: Job) => isFinal(job.state) || job.state === 'unknown' || isOld(job);

  /** Whether a call follows a job; waits until that is known. */
  async function isFollowed({ lease }: StoredJob): Promise<boolean> {
    if (!lease) return false;
    const known = await liveness(lease);
    return (known === 'unknown' ? await holder.watch(lease, never) : known) === 'alive';
  }

  return async (id, mostUsd) => {
    const all = await records();
    for (;;) {
      const seen = await all.find(id);
      if (!seen || !mayGo(seen.job) || (await isFollowed(seen))) return undefined;
      const at = new Date(clock.now()).toISOString();
      let before: Job | undefined;
      let isOvertaken = false;
      const erase = ({ job, lease }: StoredJob) => {
        isOvertaken = !isSame(lease, seen.lease) || !mayGo(job);
        if (isOvertaken) return undefined;
        // If the reply was lost, this runs on its own result.
        if (!before || !isDeleted(job)) before = job;
        return { job: remainderOf(job, at, mostUsd) };
      };
      const erased = await all.change(id, erase, 'without a trace');
      if (!erased && isOvertaken) continue;
      if (erased && isOld(erased.job)) await all.discard(id, ({ job }) => isDeleted(job));
      return erased && before;
    }
  };
}
