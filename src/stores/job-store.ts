import { isDeepStrictEqual } from 'node:util';
import type { Account } from '../account.ts';
import type { Clock } from '../clock.ts';
import { remainderOf } from '../jobs/deletion.ts';
import { isDeleted, isFinal, type Job, type Observation } from '../jobs/job.ts';
import { createPace } from '../jobs/polling/pace.ts';
import type { Approvals, JobStore, Lease, Query, StoredJob, StoreOptions } from '../jobs/store.ts';
import { transition } from '../jobs/transition.ts';
import { type Content, type Holder, isSame, isWithdrawn, type Liveness, type Records } from './backend.ts';
import { createClaimRepeat } from './claim-repeat.ts';
import { createDelete } from './delete.ts';
import { createUnfollowed } from './unfollowed.ts';

/**
 * A store of jobs, made of records and a holder of leases. Nothing is opened until a job needs it. Its budget of reads is
 * this process's own, unless it is given `takeReads`.
 */
export function createJobStore({
  account,
  openCalls,
  clock,
  holder,
  records,
  reserve,
  approvals,
  check,
  takeReads = inProcess(clock),
}: StoreOptions & {
  holder: Holder;
  records: () => Promise<Records>;
  reserve: JobStore['reserve'];
  approvals: Approvals;
  check: () => Promise<void>;
  takeReads?: JobStore['takeReads'];
}): JobStore {
  const change: Records['change'] = async (id, alter, need, seen) =>
    (await records()).change(id, (now) => withoutDeleted(now, alter(now)), need, seen);
  const keyOf = (id: string, call: string) => leaseKey(account, id, call);
  const owns = (lease: Lease | undefined, call: string) =>
    lease !== undefined && holder.owns(lease) && lease.call === call;

  /** Whether somebody follows a job, as far as that is known at once. */
  async function liveness(lease?: Lease): Promise<Liveness> {
    if (!lease) return 'dead';
    if (holder.owns(lease)) return openCalls.has(lease.call) ? 'alive' : 'dead';
    return holder.liveness(lease);
  }

  /** Leases a job to a call, unless another call has leased it since it was `seen`, or it is no longer `wanted`. */
  async function acquireLease(seen: StoredJob, call: string, wanted = (_: Job) => true, alone?: true) {
    const key = keyOf(seen.id, call);
    const lease = { ...(await holder.acquire(key, call)), ...(alone && { alone }) };
    const alter = (now: StoredJob) => {
      if (owns(now.lease, call)) return now;
      return isSame(now.lease, seen.lease) && wanted(now.job) ? { ...now, lease } : undefined;
    };
    const leased = await inDoubtUnless(change(seen.id, alter, 'not durable'), key);
    if (owns(leased?.lease, call)) return leased;
    holder.release(key);
    return undefined;
  }

  /** Awaits the write of a lease. If that fails, the lease may be recorded or not. */
  async function inDoubtUnless<Result>(written: Promise<Result>, key: string): Promise<Result> {
    return written.catch((error) => {
      holder.release(key, true);
      throw error;
    });
  }

  /** Records of a job in a state what was observed, unless somebody leased it since it was `seen`; its lease ends. */
  function conclude(seen: StoredJob, state: Job['state'], observation: Observation) {
    const alter = ({ job, lease }: StoredJob) =>
      isSame(lease, seen.lease) && job.state === state
        ? { job: transition(job, observation, clock.now()) }
        : undefined;
    return change(seen.id, alter, 'durable');
  }

  /** Cancels a reservation that nobody follows, so that whoever made it can no longer send it. */
  const cancelReserved = (seen: StoredJob) => conclude(seen, 'reserved', { kind: 'cancelled' });

  async function* newest(query: Query = {}): AsyncGenerator<StoredJob> {
    const all = await records();
    for await (const stored of await all.newest(query))
      if (!isWithdrawn(stored.job) && (query.withDeleted || !isDeleted(stored.job))) yield stored;
  }

  const claimRepeat = createClaimRepeat({
    ...{ newest, owns, liveness, acquireLease, cancelReserved },
    watch: (lease, signal) => holder.watch(lease, signal),
  });

  return {
    account,
    approvals,
    check,
    takeReads,
    newest,
    reserve,
    async maySubmit(id, call) {
      const submit = (now: StoredJob) => {
        if (!owns(now.lease, call)) return undefined;
        if (now.job.state === 'submitting') return now;
        return now.job.state === 'reserved' ? withJob(now, { ...now.job, state: 'submitting' }) : undefined;
      };
      const stored = await change(id, submit, 'before submit');
      // This may be a later revision than the one that was written.
      return stored?.job.state === 'submitting' && owns(stored.lease, call) ? stored : undefined;
    },
    async accepted(seen, requestId) {
      const accept = (now: StoredJob) =>
        withJob(now, transition(now.job, { kind: 'accepted', request_id: requestId }, clock.now()));
      return (await change(seen.id, accept, 'durable', seen)) as StoredJob;
    },
    update: (id, alter) => change(id, (now) => withJob(now, allowed(now.job, alter(now.job))), 'not durable'),
    async discard(id, call, lead) {
      const key = keyOf(id, call);
      let isStanding = false;
      const may = ({ job, lease }: StoredJob) => {
        isStanding = owns(lease, call) && job.request_id !== lead;
        return owns(lease, call) && !isStanding;
      };
      await inDoubtUnless(
        records().then((all) => all.discard(id, may)),
        key,
      );
      holder.release(key, isStanding);
    },
    async claimRepeat(fingerprint, since, by) {
      // Nearly every call is a new one.
      for await (const _ of newest({ since, fingerprint, withDeleted: true }))
        return claimRepeat(fingerprint, since, by);
      by.signal.throwIfAborted();
      return [];
    },
    async lease(id, call, { alone, proof } = {}) {
      const seen = await (await records()).find(id);
      if (!seen || owns(seen.lease, call)) return seen;
      let alive = await liveness(seen.lease);
      if (alive === 'unknown' && seen.lease && proof)
        alive = await holder.watch(seen.lease, proof).catch(() => 'unknown');
      return alive === 'dead' ? acquireLease(seen, call, undefined, alone) : undefined;
    },
    delete: createDelete({ records, liveness, holder, clock }),
    async release(id, call, deliveredAt) {
      const end = (now: StoredJob) => {
        const job = withDelivery(now.job, deliveredAt);
        return owns(now.lease, call) ? { job } : withJob(now, job);
      };
      const key = keyOf(id, call);
      await inDoubtUnless(change(id, end, 'not durable'), key);
      holder.release(key);
    },
    unfollowed: createUnfollowed({ newest, liveness }),
    giveUp: (seen) =>
      seen.job.state === 'reserved'
        ? cancelReserved(seen)
        : conclude(seen, 'submitting', { kind: 'response_lost' }),
    async byRequestId(requestId, { withDeleted } = {}) {
      const stored = await (await records()).byRequestId(requestId);
      return stored && isDeleted(stored.job) && !withDeleted ? undefined : stored;
    },
    prune: async (now, keep) => (await records()).prune(now, keep),
  };
}

/** Names the lease of a call on a job, for the holder. */
export const leaseKey = (account: Account, id: string, call: string): string =>
  JSON.stringify([account, id, call]);

function inProcess(clock: Clock): JobStore['takeReads'] {
  const take = createPace(clock);
  return async (count, perSecond) => take(count, perSecond);
}

const withJob = (stored: StoredJob, job: Job): StoredJob =>
  job === stored.job ? stored : { ...stored, job };

/** The first delivery counts. */
const withDelivery = (job: Job, at: string | undefined): Job =>
  at === undefined || job.delivered_at !== undefined ? job : { ...job, delivered_at: at };

/** A change, or the job as it was if the change would undo an end or a request id. */
function allowed(before: Job, after: Job): Job {
  const losesId = before.request_id !== undefined && after.request_id !== before.request_id;
  // What is accepted exists, whatever was thought before.
  const isAccepted = before.request_id === undefined && after.request_id !== undefined;
  const reopens = isFinal(before.state) && after.state !== before.state && !isAccepted;
  return losesId || reopens ? before : after;
}

/** A change without what it would bring back of a job that the user deleted. */
function withoutDeleted(now: StoredJob, changed: Content | undefined): Content | undefined {
  const { deleted_at } = now.job;
  if (!changed || changed === now || deleted_at === undefined) return changed;
  const job = remainderOf({ ...changed.job, deleted_at }, deleted_at, now.job.estimated_usd);
  const isNew = !isSame(now.lease, changed.lease) || now.lease?.alone !== changed.lease?.alone;
  return !isNew && isDeepStrictEqual(job, now.job) ? now : { ...changed, job };
}
