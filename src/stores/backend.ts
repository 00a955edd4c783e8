import { isDeleted, isFinal, type Job } from '../jobs/job.ts';
import type { Intent, Lease, Query, Retention, StoredJob } from '../jobs/store.ts';

/** What one revision of a record holds and another may not. */
export type Content = Pick<StoredJob, 'job' | 'lease'>;

/** Whether a write has to outlast a power cut, whether a submit depends on it, and whether what it replaces has to be gone. */
export type Need = 'before submit' | 'durable' | 'not durable' | 'without a trace';

/** The records of an account, each changed by compare-and-set. */
export interface Records {
  /**
   * Changes a record as it now stands; `alter` runs again where another writer was faster. It returns what it was given
   * if there is nothing to write, and undefined if nothing may be; then, and for a record that is gone, this resolves
   * to undefined too. A record that is gone is created again from `seen`, if that is given.
   */
  change(
    id: string,
    alter: (stored: StoredJob) => Content | undefined,
    need: Need,
    seen?: StoredJob,
  ): Promise<StoredJob | undefined>;
  /** Deletes a record if `may` allows it, whatever is written meanwhile. */
  discard(id: string, may: (stored: StoredJob) => boolean): Promise<void>;
  find(id: string): Promise<StoredJob | undefined>;
  byRequestId(requestId: string): Promise<StoredJob | undefined>;
  /** Newest first, withdrawn reservations included, each read when it is asked for. */
  newest(query: Query): Promise<AsyncIterable<StoredJob>>;
  prune(now: number, keep: Retention): Promise<void>;
}

/** Records that are created one by one, where nothing can create all of a call in one step. */
export interface SingleRecords extends Records {
  /** Always the same for the same call, so that a repeated reservation finds its record. */
  idOf(intent: Intent, call: string): string;
  /** Creates a record, or finds the one that has its id; `isNew` promises that there is none. */
  create(id: string, content: Content, isNew?: boolean): Promise<StoredJob>;
}

/** Whether a process is alive; `unknown` if it cannot be examined from here. */
export type Liveness = 'alive' | 'dead' | 'unknown';

/** This process as a holder of leases, and what it can tell of other ones. */
export interface Holder {
  /** A lease for a call. From now on this process proves that it is alive, until it holds no key any more. */
  acquire(key: string, call: string): Promise<Lease>;
  has(key: string): boolean;
  /** The record names the lease no more; or it still may (`isInDoubt`), as that could not be written. */
  release(key: string, isInDoubt?: boolean): void;
  owns(lease: Lease): boolean;
  /** Whether another process is alive, as far as that is known at once. */
  liveness(lease: Lease): Promise<Liveness>;
  /** Waits for proof that a process which cannot be examined is alive, else it is dead. Rejects with the signal's reason. */
  watch(lease: Lease, signal: AbortSignal): Promise<'alive' | 'dead'>;
}

/** Whether a lease is the same call's. */
export const isSame = (one?: Lease, other?: Lease): boolean =>
  one?.holder === other?.holder && one?.call === other?.call;

/** In ms: how far limits and repeated calls look back. */
export const DAY = 86_400_000;

/** Whether a job was cancelled before it was sent, so that it never was one. */
export const isWithdrawn = ({ state, request_id }: Job): boolean =>
  state === 'cancelled' && request_id === undefined;

/** Whether a job of more than 24 hours ago goes: one that is too old or too much, or withdrawn, or deleted by the user. */
export const isPrunable = (job: Job, isTooMuch: boolean): boolean =>
  isDeleted(job) || (!job.favourite && isSettled(job) && (isTooMuch || isWithdrawn(job)));

/** Whether nobody is owed an answer for a job. One that is only reserved was never sent. */
const isSettled = ({ state, delivered_at }: Job): boolean =>
  state === 'cancelled' ||
  state === 'reserved' ||
  ((isFinal(state) || state === 'unknown') && delivered_at !== undefined);
