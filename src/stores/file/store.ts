import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Account } from '../../account.ts';
import type { Clock } from '../../clock.ts';
import { codeOf } from '../../errors.ts';
import type { Job } from '../../jobs/job.ts';
import type { Intent, JobStore, Lease, OpenCalls, Query, StoredJob } from '../../jobs/store.ts';
import { transition } from '../../jobs/transition.ts';
import type { Log } from '../../log.ts';
import { allowed, delivered, isUnanswered, isWithdrawn, submitting } from '../rules.ts';
import { createAdmission } from './admission.ts';
import { type Link, linkFile, unusable } from './disk.ts';
import type { Holder } from './holder.ts';
import { accountDir, fingerprintIn, idOf, timeInId } from './names.ts';
import type { Liveness } from './process-identity.ts';
import { prune } from './prune.ts';
import { createRecords, type Records } from './records.ts';

export interface FileStoreOptions {
  dataDir: string;
  account: Account;
  openCalls: OpenCalls;
  holder: Holder;
  clock: Clock;
  random: () => number;
  log: Log;
  link?: Link;
}

/** The jobs of an account in a folder, shared by all processes without a lock. Nothing is read or made until a job needs it. */
export function createFileStore(options: FileStoreOptions): JobStore {
  const { dataDir, account, openCalls, holder, clock, random, log, link = linkFile } = options;
  let opened: ReturnType<typeof open> | undefined;

  async function open() {
    const base = accountDir(dataDir, account);
    const asideDir = join(base, 'set-aside');
    const records = createRecords({ dir: join(base, 'jobs'), asideDir, account, log, link });
    const from = join(dataDir, 'jobs');
    const names = await readdir(from).catch((error) => {
      if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return [];
      throw unusable(from, error, 'read');
    });
    if (names.length > 0) {
      const old = await import('./import.ts');
      await old.importRecords(names, { from, asideDir, account, records, log });
    }
    return records;
  }

  /** The records, once those of 0.1.0 are imported. Where that fails, the next who asks tries again. */
  function records() {
    opened ??= open().catch((error) => {
      opened = undefined;
      throw error;
    });
    return opened;
  }

  const change: Records['change'] = async (id, alter, need) => (await records()).change(id, alter, need);

  const leaseKey = (id: string, call: string) => JSON.stringify([account, id, call]);
  const owns = (lease: Lease | undefined, call: string) =>
    lease !== undefined && holder.owns(lease) && lease.call === call;

  /** Whether somebody follows a job, as far as that can be told at once. */
  async function liveness(lease?: Lease): Promise<Liveness> {
    if (!lease) return 'dead';
    if (holder.owns(lease)) return openCalls.has(lease.call) ? 'alive' : 'dead';
    return holder.liveness(lease);
  }

  /** Leases a job that nobody follows; undefined where somebody does by now, or it is not wanted any more. */
  async function take(seen: StoredJob, call: string, isWanted = (_: Job) => true) {
    const lease = await holder.acquire(leaseKey(seen.id, call), call);
    const own = (now: StoredJob) => {
      if (owns(now.lease, call)) return now;
      return isSame(now.lease, seen.lease) && isWanted(now.job) ? { ...now, lease } : undefined;
    };
    let taken: StoredJob | undefined;
    try {
      taken = await change(seen.id, own, 'not durable');
      return owns(taken?.lease, call) ? taken : undefined;
    } finally {
      if (!owns(taken?.lease, call)) holder.release(leaseKey(seen.id, call));
    }
  }

  /** Withdraws a reservation that nobody follows, so that who made it cannot send it any more. */
  function cancelReserved(seen: StoredJob) {
    const cancel = ({ job, lease }: StoredJob) =>
      isSame(lease, seen.lease) && job.state === 'reserved'
        ? { job: transition(job, { kind: 'cancelled' }, clock.now()) }
        : undefined;
    return change(seen.id, cancel, 'durable');
  }

  async function reserve({ fingerprint, job }: Intent, call: string, isAgain = false): Promise<StoredJob> {
    const all = await records();
    const id = idOf(job.submitted_at, fingerprint, call);
    // One that is there was reserved by this call before.
    const isNew = !isAgain && !holder.has(leaseKey(id, call));
    const lease = await holder.acquire(leaseKey(id, call), call);
    return all.create(id, { job, lease }, isNew).catch(async (error) => {
      await withdraw(id, call).catch(() => {});
      throw error;
    });
  }

  /** Takes a reservation of this call back. */
  async function withdraw(id: string, call: string): Promise<void> {
    holder.release(leaseKey(id, call));
    await (await records()).discard(id, ({ job, lease }) => job.state === 'reserved' && owns(lease, call));
  }

  async function* newest(query: Query = {}): AsyncGenerator<StoredJob> {
    const { since, fingerprint, skipUnreadable } = query;
    const from = since === undefined ? '' : timeInId(since);
    const isWanted = (id: string) =>
      id >= from && (fingerprint === undefined || fingerprintIn(id) === fingerprint);
    const all = await records();
    const listed = await all.list(from === '' && fingerprint === undefined ? undefined : isWanted);
    const skip = skipUnreadable ? (error: Error) => log.warn(error.message) : undefined;
    for await (const stored of all.read(listed, skip)) if (!isWithdrawn(stored.job)) yield stored;
  }

  const reserveWithin = createAdmission({ reserve, withdraw, newest, clock, random });

  return {
    account,
    newest,
    reserve: (intent, call, check) => (check ? reserveWithin(intent, call, check) : reserve(intent, call)),
    async maySubmit(id, call) {
      const submit = (now: StoredJob) => {
        const isUnsent = now.job.state === 'reserved' || now.job.state === 'submitting';
        if (!isUnsent || !owns(now.lease, call)) return undefined;
        return withJob(now, submitting(now.job));
      };
      const stored = await change(id, submit, 'before submit');
      // What stands there may be a later revision than the one that was written.
      return stored?.job.state === 'submitting' && owns(stored.lease, call) ? stored : undefined;
    },
    async accepted(seen, requestId) {
      const accept = (now: StoredJob) =>
        withJob(now, transition(now.job, { kind: 'accepted', request_id: requestId }, clock.now()));
      const recorded = () => change(seen.id, accept, 'durable');
      const all = await records();
      const stored = (await recorded()) ?? (await all.recreate(seen, accept(seen))) ?? (await recorded());
      if (!stored) throw unusable(all.dir, { code: 'EEXIST' }, 'written');
      return stored;
    },
    update: (id, alter) => change(id, (now) => withJob(now, allowed(now.job, alter(now.job))), 'not durable'),
    async discard(id, call, lead) {
      holder.release(leaseKey(id, call));
      const may = ({ job, lease }: StoredJob) => job.request_id === lead && owns(lease, call);
      await (await records()).discard(id, may);
    },
    async claimRepeat(fingerprint, since, { id: call, signal }) {
      const proven = new Map<string, Liveness>();
      search: for (;;) {
        signal.throwIfAborted();
        const inDoubt = new Map<string, Lease>();
        for await (const seen of newest({ since, fingerprint })) {
          if (!isUnanswered(seen.job)) continue;
          const { lease } = seen;
          const isReserved = seen.job.state === 'reserved';
          if (owns(lease, call)) {
            if (isReserved) continue;
            return seen;
          }
          const alive = (lease && proven.get(lease.holder)) ?? (await liveness(lease));
          if (alive === 'unknown' && lease) inDoubt.set(lease.holder, lease);
          if (alive !== 'dead') continue;
          const claimed = isReserved ? await cancelReserved(seen) : await take(seen, call, isUnanswered);
          // Another call was faster; it may have ended already.
          if (!claimed) continue search;
          if (!isReserved) return claimed;
        }
        if (inDoubt.size === 0) return undefined;
        const watch = async (lease: Lease) =>
          void proven.set(lease.holder, await holder.watch(lease, signal));
        await Promise.all([...inDoubt.values()].map(watch));
      }
    },
    async lease(id, call) {
      const seen = (await (await records()).latest(id))?.stored;
      if (!seen || owns(seen.lease, call)) return seen;
      return (await liveness(seen.lease)) === 'dead' ? take(seen, call) : undefined;
    },
    async release(id, call, deliveredAt) {
      const end = (now: StoredJob) => {
        const job = delivered(now.job, deliveredAt);
        return owns(now.lease, call) ? { job } : withJob(now, job);
      };
      await change(id, end, 'not durable').finally(() => holder.release(leaseKey(id, call)));
    },
    async byRequestId(requestId) {
      const all = await records();
      const listed = (await all.list()).filter(({ id }) =>
        [undefined, requestId].includes(all.requestIdOf(id)),
      );
      let unread: Error | undefined;
      const skip = (error: Error) => {
        unread = error;
      };
      for await (const stored of all.read(listed, skip))
        if (stored.job.request_id === requestId) return stored;
      if (unread) throw unread;
      return undefined;
    },
    prune: async (now, keep) => prune(await records(), now, keep),
  };
}

const withJob = (stored: StoredJob, job: Job): StoredJob =>
  job === stored.job ? stored : { ...stored, job };

const isSame = (one: Lease | undefined, other: Lease | undefined) =>
  one?.holder === other?.holder && one?.call === other?.call;
