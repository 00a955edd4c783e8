import type { Account } from '../account.ts';
import type { Clock } from '../clock.ts';
import type { ToolError } from '../errors.ts';
import type { Job } from './job.ts';

/** Who follows a job and will answer for it: one call of one process. */
export interface Lease {
  /** The process, as the store knows it. */
  readonly holder: string;
  readonly call: string;
  /** The call is about this job by its request id, and not about its batch. */
  readonly alone?: true | undefined;
}

/** How a job is leased, see `lease` of the store. */
export interface LeaseOptions {
  alone?: true;
  proof?: AbortSignal;
}

/** A job as a store keeps it. */
export interface StoredJob {
  /** Opaque; only its store can read anything in it. */
  readonly id: string;
  /** Rises with every change. */
  readonly revision: number;
  /** By which a repeated call finds the job. */
  readonly fingerprint: string;
  readonly job: Job;
  /** Absent if nobody follows the job. */
  readonly lease?: Lease;
}

/** A job that is about to be submitted. */
export interface Intent {
  readonly fingerprint: string;
  readonly job: Job & { readonly state: 'reserved'; readonly submitted_at: string };
}

/**
 * Why the jobs of a call would be too many at `now` (ms), given all others of the account that were submitted within the
 * time that it looks back and may cost something; undefined if they are not. Pure.
 */
export interface LimitCheck {
  (jobs: readonly Job[], others: readonly Job[], now: number): ToolError | undefined;
  /** In ms; 24 hours unless it says less. */
  readonly looksBack?: number;
}

/** The calls of this process that still want their jobs: a lease of this process protects a job for those only. */
export interface OpenCalls {
  has(call: string): boolean;
}

export interface StoreOptions {
  account: Account;
  openCalls: OpenCalls;
  clock: Clock;
}

export interface Query {
  /** ISO 8601; by the time of the submit. */
  since?: string;
  /** What the fingerprint begins with: those of a batch have the same beginning. */
  fingerprint?: string;
  /** Only jobs that are reserved, being submitted, or that RunComfy works on. */
  isOpen?: true;
  /** Skip what cannot be read now, where nothing paid depends on it. */
  skipUnreadable?: boolean;
  /** Also what is left of jobs that the user deleted: for limits and repeated calls. */
  withDeleted?: true;
  /** Called for each record that is there but says nothing here, such as one of a newer version of this program. */
  onIgnored?: () => void;
}

/** What the user is asked to approve: a call, or a batch, at what it may cost. */
export interface ApprovalRequest {
  readonly fingerprint: string;
  /** The most that it is estimated to cost; absent if that is unknown. */
  readonly usd?: number;
  /** What it is, in a few words. */
  readonly subject: string;
  /** In ms since the epoch. From then on it is as if nobody had asked. */
  readonly expires: number;
}

/** The requests of one account for approval, shared by all processes that serve it. Methods throw `store_unavailable`. */
export interface Approvals {
  /** Records a request. Of its code only a hash is kept. */
  request(code: string, request: ApprovalRequest): Promise<void>;
  /** Approves a request by its code, which may be said again. Undefined if there is none, or its approval was taken. */
  approve(code: string): Promise<ApprovalRequest | undefined>;
  /**
   * Uses up an approval for these calls at no less than this cost (undefined is unknown), if there is one: of all who ask,
   * in whatever process, exactly one gets it. An approval at an unknown cost is for any.
   */
  take(fingerprint: string, usd: number | undefined): Promise<boolean>;
}

/** What is kept. Favourites count among the newest jobs, but stay beyond them too. */
export interface Retention {
  days: number;
  jobs: number;
}

/**
 * The durable record of the paid calls of one account, shared by all processes that serve it. Every change is
 * compare-and-set: of two writers one has to read again, so that no write is lost. Final states absorb. Methods throw
 * `store_unavailable` if the records cannot be read or written.
 */
export interface JobStore {
  readonly account: Account;
  readonly approvals: Approvals;
  /**
   * Counts the jobs of a call against the limits, records them and leases them to it, in one step; durable when it
   * returns. The same call and intents get the same jobs again. Throws the limit's error; then none is recorded.
   */
  reserve(intents: readonly Intent[], call: string, check?: LimitCheck): Promise<StoredJob[]>;
  /**
   * Makes a `reserved` job `submitting`, durably, if it is still leased to the call; tells the same of one that is
   * `submitting` already. Undefined: it must not be sent.
   */
  maySubmit(id: string, call: string): Promise<StoredJob | undefined>;
  /**
   * Records the request id of an accepted job, which outweighs every doubt and lease and never changes. A record that
   * is gone is created again.
   */
  accepted(stored: StoredJob, requestId: string): Promise<StoredJob>;
  /**
   * Changes a job as it now stands, which may be more than the caller last saw. `change` is pure and runs again if
   * another writer was faster, and on its own result if the reply was lost: then it must change nothing more. The same
   * object means that there is nothing to write. Undefined if the job is gone.
   */
  update(id: string, change: (job: Job) => Job): Promise<StoredJob | undefined>;
  /**
   * Forgets a job that was certainly not sent, while it is leased to the call. One that has a request id stays, unless
   * that is a `lead` which turned out to be no job's.
   */
  discard(id: string, call: string, lead?: string): Promise<void>;
  /**
   * Leases the newest job of a repeated call since a time (ISO 8601) that neither failed nor was cancelled, whose
   * outcome was never delivered, and that nobody follows; the same caller gets the same job again. One that is only
   * `reserved` is cancelled instead, so that whoever reserved it can no longer send it. If it is unclear whether
   * somebody follows a job, waits for proof, but no longer than until `drain` aborts: then it comes as others lease it.
   * Rejects with the signal's reason. None if there is none.
   *
   * For the beginning of the fingerprints of a batch: all its jobs that stand, in their order, if that holds for one of
   * them and nobody follows the first for all. Those that another call follows come with that one's lease, unless it
   * is `alone`.
   */
  claimRepeat(
    fingerprint: string,
    since: string,
    by: { id: string; signal: AbortSignal; drain?: AbortSignal | undefined },
  ): Promise<StoredJob[]>;
  /**
   * Leases a job to a call, `alone` if not for its batch. Undefined if another call follows it, or may, or the job is
   * gone. With the signal `proof` it waits to learn whether a process lives that may follow it.
   */
  lease(id: string, call: string, how?: LeaseOptions): Promise<StoredJob | undefined>;
  /**
   * Deletes a job that has ended, is `unknown` or is older than 24 hours, and that no call follows; durable, and no late
   * observation undoes it. Until 24 hours after its submit what limits and repeated calls need stays (`remainderOf`), with
   * the most that it may cost, in USD. Resolves to the job as it was; undefined if it stays, or is gone.
   */
  delete(id: string, mostUsd?: number): Promise<Job | undefined>;
  /** Ends the call's lease, with the time (ISO 8601) at which the outcome was delivered, if it was. Leaves other leases. */
  release(id: string, call: string, deliveredAt?: string): Promise<void>;
  /**
   * The open jobs, submitted between two times (ISO 8601), that certainly no call follows: newest first, some at a
   * time. A process that may live is no such certainty, and is watched from now on. Leases nothing.
   */
  unfollowed(since: string, until: string): AsyncGenerator<StoredJob>;
  /**
   * Ends a job without a request id as it was told by `unfollowed`: one that is only `reserved` is cancelled, one that is
   * `submitting` becomes `unknown`. Undefined if a call has leased it since, or it has changed.
   */
  giveUp(stored: StoredJob): Promise<StoredJob | undefined>;
  /** Exact match; what is left of a deleted job only on request. */
  byRequestId(requestId: string, query?: Pick<Query, 'withDeleted'>): Promise<StoredJob | undefined>;
  /** Newest first, each read when it is asked for; what is left of deleted ones only on request. */
  newest(query?: Query): AsyncGenerator<StoredJob>;
  /**
   * Deletes jobs that nobody is owed an answer for and that are older than `keep.days` or beyond the newest `keep.jobs`,
   * but no favourite and none of the last 24 hours, on which limits and repeated calls depend. What is left of jobs that
   * the user deleted goes after these. `now` in ms.
   */
  prune(now: number, keep: Retention): Promise<void>;
  /**
   * Takes reads of jobs from the account's budget: `perSecond`, and a few more after a pause. Resolves to the ms to wait
   * before the last of them may be sent, each one before it 1000 / perSecond ms sooner. In memory and in files each
   * process has a budget of its own, even where several share a folder.
   */
  takeReads(count: number, perSecond: number): Promise<number>;
  /** Resolves if a record could be written now. */
  check(): Promise<void>;
}
