import type { Account } from '../account.ts';
import type { Clock } from '../clock.ts';
import { OPEN_STATES } from '../jobs/job.ts';
import type { Approvals, JobStore, OpenCalls, Query, StoredJob, StoreOptions } from '../jobs/store.ts';
import { createMemoryApprovals } from './approvals.ts';
import { type Content, DAY, type Holder, isPrunable, type SingleRecords } from './backend.ts';
import { createJobStore } from './job-store.ts';
import { createReservations } from './reservations.ts';

/** A store of one process for tests; nothing outlives it. */
export const createMemoryStore = (options: StoreOptions): JobStore =>
  createMemory(options.clock).open({ ...options, holder: 'memory' });

/** Jobs of all accounts in memory, shared by what its stores take for several processes. */
export function createMemory(clock: Clock) {
  const accounts = new Map<string, { records: SingleRecords; approvals: Approvals }>();
  const dead = new Set<string>();
  return {
    /** From now on no lease of this process protects anything. */
    kill: (holder: string) => void dead.add(holder),
    /** A store as one process sees it. */
    open(given: { account: Account; openCalls: OpenCalls; holder: string }): JobStore {
      const { account, openCalls, holder: name } = given;
      const key = JSON.stringify([account.tenant, account.api]);
      const shared = accounts.get(key) ?? {
        records: createRecords(),
        approvals: createMemoryApprovals(clock),
      };
      accounts.set(key, shared);
      const holder: Holder = {
        acquire: async (_, call) => ({ holder: name, call }),
        has: () => false,
        release() {},
        owns: (lease) => lease.holder === name,
        liveness: async (lease) => (dead.has(lease.holder) ? 'dead' : 'alive'),
        watch: async () => 'dead',
      };
      const { records, approvals } = shared;
      const process = { account, clock, holder, records: async () => records };
      const reserve = createReservations({ ...process, random: Math.random });
      return createJobStore({ ...process, openCalls, reserve, approvals, check: async () => {} });
    },
  };
}

/** Copies come and go, as they do from a disk. */
function createRecords(): SingleRecords {
  const records = new Map<string, StoredJob>();
  const find = (id: string) => structuredClone(records.get(id));
  const newestFirst = () => [...records.keys()].sort().reverse();
  const submittedAt = ({ job }: StoredJob) => job.submitted_at ?? '';

  function put(id: string, before: number, { job, lease }: Content): StoredJob {
    const [, fingerprint = ''] = id.split(' ');
    const stored = { id, revision: before + 1, fingerprint, job, ...(lease && { lease }) };
    records.set(id, structuredClone(stored));
    return find(id) as StoredJob;
  }

  async function* newest({ since = '', fingerprint = '', isOpen }: Query) {
    for (const id of newestFirst()) {
      const stored = find(id);
      if (!stored || submittedAt(stored) < since) continue;
      if (isOpen && !OPEN_STATES.includes(stored.job.state)) continue;
      if (stored.fingerprint.startsWith(fingerprint)) yield stored;
    }
  }

  return {
    idOf: ({ fingerprint, job }, call) => [job.submitted_at, fingerprint, call].join(' '),
    create: async (id, content) => find(id) ?? put(id, 0, content),
    async change(id, alter, _, seen) {
      const now = find(id) ?? seen;
      const changed = now && alter(now);
      if (!now || !changed) return undefined;
      return changed === now && records.has(id) ? now : put(id, now.revision, changed);
    },
    async discard(id, may) {
      const stored = find(id);
      if (stored && may(stored)) records.delete(id);
    },
    find: async (id) => find(id),
    byRequestId: async (requestId) =>
      structuredClone([...records.values()].find(({ job }) => job.request_id === requestId)),
    newest: async (query) => newest(query),
    async prune(now, keep) {
      const at = (ms: number) => new Date(now - ms).toISOString();
      const [dayAgo, oldest] = [at(DAY), at(keep.days * DAY)];
      for (const [index, id] of newestFirst().entries()) {
        const stored = find(id) as StoredJob;
        const submitted = submittedAt(stored);
        const isTooMuch = index >= keep.jobs || submitted < oldest;
        if (submitted < dayAgo && isPrunable(stored.job, isTooMuch)) records.delete(id);
      }
    },
  };
}
