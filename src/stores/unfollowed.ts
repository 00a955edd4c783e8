import type { JobStore, Lease, StoredJob } from '../jobs/store.ts';
import type { Liveness } from './backend.ts';

// Of whose leases is asked at once: in files each is a file that is opened.
const JUDGED_AT_ONCE = 1_000;

/** Makes what tells the open jobs that certainly nobody follows. */
export function createUnfollowed({
  newest,
  liveness,
}: Pick<JobStore, 'newest'> & { liveness: (lease?: Lease) => Promise<Liveness> }): JobStore['unfollowed'] {
  /** Those of some jobs. Asked at once, they are answered by one look at the processes. */
  async function unfollowedOf(some: readonly StoredJob[]): Promise<StoredJob[]> {
    const states = await Promise.all(some.map(({ lease }) => liveness(lease)));
    return some.filter((_, nth) => states[nth] === 'dead');
  }

  return async function* (since, until) {
    let some: StoredJob[] = [];
    for await (const stored of newest({ since, isOpen: true, skipUnreadable: true })) {
      if ((stored.job.submitted_at ?? '') <= until) some.push(stored);
      if (some.length < JUDGED_AT_ONCE) continue;
      yield* await unfollowedOf(some);
      some = [];
    }
    yield* await unfollowedOf(some);
  };
}
