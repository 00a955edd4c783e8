import type { Account } from '../account.ts';
import type { Clock } from '../clock.ts';
import type { Job } from '../jobs/job.ts';
import type { JobStore, Lease, OpenCalls, Query, StoredJob, StoreOptions } from '../jobs/store.ts';
import { transition } from '../jobs/transition.ts';
import { allowed, DAY, delivered, isSettled, isUnanswered, isWithdrawn, submitting } from './rules.ts';

/** Jobs in memory, which several processes share, as far as the stores that are opened on it can tell. */
export interface Memory {
  /** A store as one process sees it. */
  open(options: { account: Account; openCalls: OpenCalls; holder: string }): JobStore;
  /** From now on no lease of this process protects anything. */
  kill(holder: string): void;
}

/** A store of one process for tests; nothing outlives it. */
export const createMemoryStore = (options: StoreOptions): JobStore =>
  createMemory(options.clock).open({ ...options, holder: 'memory' });

/** Jobs of all accounts, for stores that are opened on them. */
export function createMemory(clock: Clock): Memory {
  const accounts = new Map<string, Map<string, StoredJob>>();
  const dead = new Set<string>();
  return {
    kill: (holder) => void dead.add(holder),
    open({ account, openCalls, holder }) {
      const key = JSON.stringify([account.tenant, account.api]);
      const jobs = accounts.get(key) ?? new Map<string, StoredJob>();
      accounts.set(key, jobs);

      const owns = (call: string, lease?: Lease) => lease?.holder === holder && lease.call === call;
      const isProtected = (lease?: Lease) =>
        lease !== undefined &&
        (lease.holder === holder ? openCalls.has(lease.call) : !dead.has(lease.holder));

      /** Keeps a job with what is new about it. Copies come and go, as they do from a disk. */
      function put(stored: StoredJob, change: { job?: Job; lease?: Lease | undefined }): StoredJob {
        const { lease: before, ...rest } = stored;
        const lease = 'lease' in change ? change.lease : before;
        const job = change.job ?? stored.job;
        jobs.set(stored.id, { ...rest, job, revision: stored.revision + 1, ...(lease && { lease }) });
        return get(stored.id) as StoredJob;
      }

      const get = (id: string) => structuredClone(jobs.get(id));
      const newestFirst = () =>
        [...jobs.values()].sort((a, b) => (a.id < b.id ? 1 : -1)).map((stored) => structuredClone(stored));
      const submittedAt = ({ job }: StoredJob) => job.submitted_at ?? '';

      return {
        account,
        async reserve({ fingerprint, job }, call, check) {
          const id = `${job.submitted_at}-${fingerprint}-${call}`;
          const earlier = get(id);
          if (earlier) return earlier;
          const now = clock.now();
          const since = new Date(now - DAY).toISOString();
          const others = newestFirst().filter((one) => submittedAt(one) >= since);
          const costly = others.filter((one) => one.job.state !== 'cancelled').map((one) => one.job);
          const error = check?.(job, costly, now);
          if (error) throw error;
          const lease = { holder, call };
          return put({ id, revision: 0, fingerprint, job: structuredClone(job) }, { lease });
        },
        async maySubmit(id, call) {
          const stored = get(id);
          if (!stored || !owns(call, stored.lease)) return undefined;
          if (stored.job.state === 'submitting') return stored;
          if (stored.job.state !== 'reserved') return undefined;
          return put(stored, { job: submitting(stored.job) });
        },
        async accepted(seen, requestId) {
          const stored = get(seen.id) ?? structuredClone(seen);
          const observation = { kind: 'accepted', request_id: requestId } as const;
          const job = transition(stored.job, observation, clock.now());
          return job === stored.job && jobs.has(seen.id) ? stored : put(stored, { job });
        },
        async update(id, change) {
          const stored = get(id);
          if (!stored) return undefined;
          const job = allowed(stored.job, change(stored.job));
          return job === stored.job ? stored : put(stored, { job });
        },
        async discard(id, call, lead) {
          const stored = jobs.get(id);
          if (stored?.job.request_id === lead && owns(call, stored?.lease)) jobs.delete(id);
        },
        async claimRepeat(fingerprint, since, { id: call, signal }) {
          signal.throwIfAborted();
          for (const stored of newestFirst()) {
            if (stored.fingerprint !== fingerprint || submittedAt(stored) < since) continue;
            if (!isUnanswered(stored.job)) continue;
            const isReserved = stored.job.state === 'reserved';
            if (owns(call, stored.lease) && !isReserved) return stored;
            if (isProtected(stored.lease)) continue;
            if (!isReserved) return put(stored, { lease: { holder, call } });
            put(stored, {
              job: transition(stored.job, { kind: 'cancelled' }, clock.now()),
              lease: undefined,
            });
          }
          return undefined;
        },
        async lease(id, call) {
          const stored = get(id);
          if (!stored || owns(call, stored.lease)) return stored;
          return isProtected(stored.lease) ? undefined : put(stored, { lease: { holder, call } });
        },
        async release(id, call, deliveredAt) {
          const stored = get(id);
          if (!stored) return;
          const job = delivered(stored.job, deliveredAt);
          if (owns(call, stored.lease)) put(stored, { job, lease: undefined });
          else if (job !== stored.job) put(stored, { job });
        },
        async byRequestId(requestId) {
          return newestFirst().find(({ job }) => job.request_id === requestId);
        },
        async *newest({ since = '', fingerprint }: Query = {}) {
          for (const { id } of newestFirst()) {
            const stored = get(id);
            if (!stored || submittedAt(stored) < since || isWithdrawn(stored.job)) continue;
            if (fingerprint === undefined || stored.fingerprint === fingerprint) yield stored;
          }
        },
        async prune(now, keep) {
          const dayAgo = new Date(now - DAY).toISOString();
          const oldest = new Date(now - keep.days * DAY).toISOString();
          for (const [index, stored] of newestFirst().entries()) {
            const at = submittedAt(stored);
            const isOld = index >= keep.jobs || at < oldest || isWithdrawn(stored.job);
            if (at < dayAgo && isOld && isSettled(stored.job)) jobs.delete(stored.id);
          }
        },
      };
    },
  };
}
