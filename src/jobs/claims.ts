import { type Clock, unlessAborted } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Calls, PaidCall, Wait } from './calls.ts';
import { isFinal, type Job, type Observation, UNKNOWN_MODEL } from './job.ts';
import type { RunTimes } from './polling/run-times.ts';
import type { Intent, JobStore, LimitCheck, StoredJob } from './store.ts';
import { transition } from './transition.ts';

/**
 * The right of one call to follow a job and to answer for it. Recording never fails: once a job is submitted nothing
 * may be lost for want of a record. Where another call follows the job already, or no record tells of it, a claim only
 * looks on: what it sees is recorded, if there is a record, and what it answers is not.
 */
export interface Claim {
  /** The job as it is known now. */
  readonly job: Job;
  /** False for a job that another program submitted. */
  readonly isRecorded: boolean;
  /** Right before its POST: whether the job may be sent, durably. Throws `store_unavailable`; then it may not. */
  maySubmit(): Promise<boolean>;
  /** The POST was answered with a request id. */
  accepted(requestId: string): Promise<void>;
  /** Something was learned about the job. */
  observe(observation: Observation): Promise<void>;
  /** Ends the claim on a job that was certainly not sent. */
  discard(): Promise<void>;
  /** Ends the claim with the call's answer: if it arrives, the outcome is told, else the next call like it gets the job. */
  answer(): void;
  /** Ends the claim at once, so that the next call like it gets the job. */
  handOver(): Promise<void>;
}

export type Claims = ReturnType<typeof createClaims>;

export interface ClaimsOptions {
  store: JobStore;
  calls: Calls;
  runTimes: Pick<RunTimes, 'learn'>;
  /** The user's limits. */
  check: LimitCheck | undefined;
  clock: Clock;
  log: Log;
  /** Aborts when the process is about to end. */
  ended: AbortSignal;
}

/** Safe to repeat; gives the job as it then stands. */
// biome-ignore lint/suspicious/noConfusingVoidType: a release gives nothing.
type Write = () => Promise<StoredJob | undefined | void>;

// An older job is no retry any more: who asks again a day later wants a new picture. In ms.
const RESUMED_WITHIN = 24 * 3_600_000;
// How long, in ms, until what could not be recorded is tried again.
const RECORD_AGAIN_AFTER = 2_000;

export function createClaims(options: ClaimsOptions) {
  const { store, calls, check, clock, log } = options;

  // RunComfy knows the job whether or not the records can be read.
  async function find(requestId: string): Promise<StoredJob | undefined> {
    return store.byRequestId(requestId).catch((error) => void log.warn(error.message));
  }

  return {
    /** Records the intent of a call within the user's limits. Throws `spend_limit` or `store_unavailable`. */
    async reserve(call: PaidCall, fingerprint: string, wait: Wait): Promise<Claim> {
      const submitted_at = new Date(clock.now()).toISOString();
      const intent: Intent = { fingerprint, job: { ...call, state: 'reserved', submitted_at } };
      return claimOf(await store.reserve(intent, wait.call, check), wait, options);
    },

    /**
     * The earlier job that a call repeats, if there is one. A second identical call is a wish for a second picture
     * where the first was answered, failed or was cancelled, and while its caller still waits.
     */
    async resume(fingerprint: string, wait: Wait): Promise<Claim | undefined> {
      const since = new Date(clock.now() - RESUMED_WITHIN).toISOString();
      const abandoned = () => calls.abandoned(fingerprint, wait.call);
      for (;;) {
        // What an abandoned call leaves is what this one may repeat, so those end first.
        if (abandoned().length > 0) await unlessAborted(Promise.all(abandoned()), wait.signal);
        const stored = await store.claimRepeat(fingerprint, since, { id: wait.call, signal: wait.signal });
        if (stored) return claimOf(stored, wait, options);
        if (abandoned().length === 0) return undefined;
      }
    },

    /** A job by its request id, to follow it, and to answer for it unless another call does. */
    async join(requestId: string, wait: Wait): Promise<Claim> {
      const stored = await find(requestId);
      if (!stored) return unrecorded(requestId, options);
      calls.follows(wait.call, stored.fingerprint);
      const isTold = isFinal(stored.job.state) && stored.job.delivered_at !== undefined;
      const leased = isTold
        ? undefined
        : await store.lease(stored.id, wait.call).catch((error) => void log.warn(error.message));
      return leased ? claimOf(leased, wait, options) : claimOf(stored, undefined, options);
    },

    /** A job by its request id, to look at it only. */
    async peek(requestId: string): Promise<Claim> {
      const stored = await find(requestId);
      return stored ? claimOf(stored, undefined, options) : unrecorded(requestId, options);
    },
  };
}

/** A claim on a recorded job, for the call that has its lease; without one it only looks on. */
function claimOf(
  stored: Pick<StoredJob, 'id' | 'job'>,
  owner: Wait | undefined,
  { store, calls, runTimes, clock, log, ended }: ClaimsOptions,
  isRecorded = true,
): Claim {
  const { id } = stored;
  let job = stored.job;

  const writes: Write[] = [];
  let writing: Promise<void> = Promise.resolve();
  let isTryingAgain = false;

  async function writeAll(): Promise<void> {
    for (let write = writes[0]; write; write = writes[0]) {
      const current = await write();
      writes.shift();
      if (current && writes.length === 0) job = current.job;
    }
  }

  /** Records something, behind all that could not be recorded before. Never rejects. */
  function record(write: Write): Promise<void> {
    writes.push(write);
    writing = writing.then(writeAll).catch((error) => {
      log.error(`cannot record job ${job.request_id ?? id} as ${job.state}: ${error.message}`);
      if (!isTryingAgain) void tryAgain();
    });
    return writing;
  }

  /** Until it is recorded another process may take the job for one that is lost, or followed. */
  async function tryAgain(): Promise<void> {
    isTryingAgain = true;
    while (writes.length > 0 && !ended.aborted) {
      await clock.sleep(RECORD_AGAIN_AFTER, ended).catch(() => {});
      writing = writing.then(writeAll).catch(() => {});
      await writing;
    }
    isTryingAgain = false;
  }

  async function release(isTold: boolean): Promise<void> {
    if (!owner) return;
    const tells = isTold && (isFinal(job.state) || job.state === 'unknown') && job.delivered_at === undefined;
    const at = tells ? new Date(clock.now()).toISOString() : undefined;
    await record(() => store.release(id, owner.call, at));
  }

  return {
    get job() {
      return job;
    },
    isRecorded,

    async maySubmit() {
      const current = owner && (await store.maySubmit(id, owner.call));
      if (current) job = current.job;
      return current !== undefined;
    },

    async accepted(requestId) {
      job = transition(job, { kind: 'accepted', request_id: requestId }, clock.now());
      await record(() => store.accepted(stored as StoredJob, requestId));
    },

    async observe(observation) {
      const now = clock.now();
      const before = job;
      job = transition(before, observation, now);
      if (!isRecorded) return;
      runTimes.learn(job);
      if (!saysMore(before, job)) return;
      await record(() => store.update(id, (latest) => transition(latest, observation, now)));
    },

    async discard() {
      if (!owner) return;
      const forget = store.discard(id, owner.call, job.request_id);
      await forget.catch((error) => log.warn(`cannot remove the record of ${id}: ${error.message}`));
    },

    answer() {
      if (owner) void calls.hold(owner.call, owner.delivered.then(release));
    },

    handOver: () => release(false),
  };
}

/** A claim that writes nowhere: on a job of the account that another program submitted. */
function unrecorded(requestId: string, options: ClaimsOptions): Claim {
  const job: Job = { model: UNKNOWN_MODEL, input: {}, state: 'in_queue', request_id: requestId };
  return claimOf({ id: '', job }, undefined, options, false);
}

/** Whether an observation taught more than a new queue position. */
const saysMore = (before: Job, after: Job): boolean =>
  (['state', 'finished_at', 'urls', 'cost_usd', 'missing_since', 'denied_since'] as const).some(
    (field) => before[field] !== after[field],
  );
