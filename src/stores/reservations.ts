import { takenOver } from '../errors.ts';
import type { Intent, JobStore, StoredJob, StoreOptions } from '../jobs/store.ts';
import { createAdmission } from './admission.ts';
import type { Holder, SingleRecords } from './backend.ts';
import { leaseKey } from './job-store.ts';

/** Reserves jobs one record after the other, within limits, for stores that cannot do it in one step. */
export function createReservations({
  account,
  clock,
  random,
  holder,
  records,
}: Pick<StoreOptions, 'account' | 'clock'> & {
  random: () => number;
  holder: Holder;
  records: () => Promise<SingleRecords>;
}): JobStore['reserve'] {
  const keyOf = (id: string, call: string) => leaseKey(account, id, call);
  const isOwn = (stored: StoredJob | undefined, call: string) =>
    stored?.lease !== undefined && holder.owns(stored.lease) && stored.lease.call === call;

  async function reserveOne(intent: Intent, call: string, isAgain: boolean): Promise<StoredJob> {
    const all = await records();
    const id = all.idOf(intent, call);
    // If this process holds the key, this call has reserved the job before.
    const isNew = !isAgain && !holder.has(keyOf(id, call));
    const lease = await holder.acquire(keyOf(id, call), call);
    return all.create(id, { job: intent.job, lease }, isNew).catch(async (error) => {
      await withdraw(id, call).catch(() => {});
      throw error;
    });
  }

  /** Reserves all jobs of a call, or none. */
  async function reserve(intents: readonly Intent[], call: string, isAgain = false): Promise<StoredJob[]> {
    const tried = await Promise.allSettled(intents.map((intent) => reserveOne(intent, call, isAgain)));
    const reserved = tried.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
    const failed = tried.find((one) => one.status === 'rejected');
    // If this process was frozen, its call may have been repeated when only some of these were there.
    const missing = failed || intents.length === 1 ? undefined : await firstLost(reserved, call);
    if (!failed && !missing) return reserved;
    await Promise.all(reserved.map(({ id }) => withdraw(id, call).catch(() => {})));
    throw failed ? failed.reason : takenOver();
  }

  /** The first of some reservations that is no longer this call's. */
  async function firstLost(reserved: readonly StoredJob[], call: string): Promise<StoredJob | undefined> {
    const all = await records();
    const found = await Promise.all(reserved.map(({ id }) => all.find(id)));
    return reserved.find((_, index) => !isOwn(found[index], call));
  }

  /** Deletes a reservation of this call. */
  async function withdraw(id: string, call: string): Promise<void> {
    holder.release(keyOf(id, call));
    await (await records()).discard(id, (stored) => stored.job.state === 'reserved' && isOwn(stored, call));
  }

  const admit = createAdmission({
    ...{ reserve, withdraw, clock, random },
    newest: async function* (query) {
      yield* await (await records()).newest(query);
    },
  });
  return (intents, call, check) => (check ? admit(intents, call, check) : reserve(intents, call));
}
