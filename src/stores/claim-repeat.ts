import { untilDrain } from '../jobs/calls.ts';
import type { Job } from '../jobs/job.ts';
import type { JobStore, Lease, Query, StoredJob } from '../jobs/store.ts';
import type { Holder, Liveness } from './backend.ts';

/** Makes what leases the jobs of a repeated call to it: the one job of a call, or those of a batch. */
export function createClaimRepeat(store: {
  newest(query: Query): AsyncGenerator<StoredJob>;
  owns(lease: Lease | undefined, call: string): boolean;
  liveness(lease: Lease | undefined): Promise<Liveness>;
  acquireLease(seen: StoredJob, call: string, wanted: (job: Job) => boolean): Promise<StoredJob | undefined>;
  cancelReserved(seen: StoredJob): Promise<unknown>;
  watch: Holder['watch'];
}): JobStore['claimRepeat'] {
  const { newest, owns, liveness, acquireLease, cancelReserved, watch } = store;

  return async (fingerprint, since, { id: call, signal, drain }) => {
    const proven = new Map<string, Liveness>();
    const query = { since, fingerprint, withDeleted: true } as const;
    async function livenessOf({ lease, job }: StoredJob): Promise<Liveness> {
      // Who asks for one job by its request id does not answer for the batch, and must not keep it from its call.
      if (job.batch && lease?.alone) return 'dead';
      return (lease && proven.get(nameOf(lease))) ?? liveness(lease);
    }

    /** The leases of a group of whose processes nobody knows whether they live. */
    async function doubtful(group: readonly StoredJob[]): Promise<Lease[]> {
      const others = group.filter(({ lease }) => !owns(lease, call));
      const states = await Promise.all(others.map(livenessOf));
      return others.flatMap(({ lease }, place) => (lease && states[place] === 'unknown' ? [lease] : []));
    }

    /**
     * The jobs of a group that stand, once this call has leased the first of them, which is the right to all: what is
     * only reserved is cancelled, and what another call follows stays with that one.
     */
    async function leaseOthers({ id, job: { batch } }: StoredJob): Promise<StoredJob[]> {
      if (!batch) return [];
      const read = async () =>
        (await groupsOf(newest(query))).find((group) => group.some((one) => one.id === id));
      for (const other of (await read()) ?? [])
        if (other.job.state === 'reserved') await cancelReserved(other);
        else if (!owns(other.lease, call) && (await livenessOf(other)) === 'dead')
          await acquireLease(other, call, () => true);
      return (await read()) ?? [];
    }

    search: for (;;) {
      signal.throwIfAborted();
      const inDoubt = new Map<string, Lease>();
      let doubted: readonly StoredJob[] = [];
      for (const group of await groupsOf(newest(query))) {
        const [first] = group;
        if (!first || !group.some(({ job }) => isUnanswered(job))) continue;
        const { lease, job } = first;
        const isReserved = job.state === 'reserved';
        if (owns(lease, call)) {
          if (isReserved) continue;
          return group;
        }
        if ((await livenessOf(first)) === 'alive') continue;
        // Nothing is leased before all is known of its batch: the caller may give up meanwhile.
        const unknown = await doubtful(group);
        for (const one of unknown) inDoubt.set(nameOf(one), one);
        if (unknown.length > 0) {
          if (doubted.length === 0) doubted = group;
          continue;
        }
        if (isReserved) {
          await cancelReserved(first);
          continue search;
        }
        const wanted = (now: Job) => isUnanswered(now) || !isUnanswered(job);
        const leased = await acquireLease(first, call, wanted);
        // Another call was faster; it may have ended already.
        if (!leased) continue search;
        const others = await leaseOthers(leased);
        return others.length > 0 ? others : [leased];
      }
      if (inDoubt.size === 0) return [];
      const proof = untilDrain({ signal, drain });
      const prove = async (lease: Lease) => void proven.set(nameOf(lease), await watch(lease, proof));
      try {
        await Promise.all([...inDoubt.values()].map(prove));
      } catch (error) {
        if (signal.aborted || !drain?.aborted) throw error;
        return [...doubted];
      }
    }
  };
}

/** Of one process one call may have ended while another goes on. */
const nameOf = ({ holder, call }: Lease): string => JSON.stringify([holder, call]);

/** Jobs by the call that submitted them, newest first; those of a batch in its order. */
async function groupsOf(jobs: AsyncIterable<StoredJob>): Promise<StoredJob[][]> {
  const groups = new Map<string, StoredJob[]>();
  for await (const stored of jobs) {
    const key = stored.job.batch?.id ?? stored.id;
    groups.set(key, [...(groups.get(key) ?? []), stored]);
  }
  const indexOf = ({ job }: StoredJob) => job.batch?.index ?? 0;
  return [...groups.values()].map((group) => group.sort((a, b) => indexOf(a) - indexOf(b)));
}

/** Whether a call that is made again should get this job instead of a new one. */
const isUnanswered = ({ state, delivered_at }: Job): boolean =>
  delivered_at === undefined && state !== 'failed' && state !== 'cancelled';
