import { unlessAborted } from '../clock.ts';
import { type NewJob, untilDrain, type Wait } from './calls.ts';
import { DeletedError } from './deletion.ts';
import { isDeleted, isFinal, type Job, type Observation, UNKNOWN_MODEL } from './job.ts';
import type { JobsOptions } from './options.ts';
import type { Intent, LeaseOptions, StoredJob } from './store.ts';
import { saysMore, transition } from './transition.ts';

export type Claim = ReturnType<typeof claimOf>;
export type Claims = ReturnType<typeof createClaims>;

type ClaimsOptions = Pick<
  JobsOptions,
  'store' | 'calls' | 'runTimes' | 'estimates' | 'limits' | 'clock' | 'log' | 'ended'
>;

/** Safe to repeat; resolves to the job as it then stands. */
// biome-ignore lint/suspicious/noConfusingVoidType: a release resolves to nothing.
type Write = () => Promise<StoredJob | undefined | void>;

// In ms. A call that repeats one a day later is no retry but asks for a new image.
const RESUMED_WITHIN = 24 * 3_600_000;
const RECORD_AGAIN_AFTER = 2_000;

export function createClaims(options: ClaimsOptions) {
  const { store, calls, estimates, limits, clock, log } = options;
  const warn = (error: Error) => void log.warn(error.message);

  /** The claim of a call on a job, passive without a lease. RunComfy knows it without a record too. Throws DeletedError. */
  async function find(requestId: string, wait?: Wait): Promise<Claim> {
    const stored = await store.byRequestId(requestId, { withDeleted: true }).catch(warn);
    const job: Job = { model: UNKNOWN_MODEL, input: {}, state: 'in_queue', request_id: requestId };
    if (!stored) return claimOf({ id: '', job }, undefined, options, false);
    const claim = await claimStored(stored, wait, { alone: true });
    if (!isDeleted(claim.job)) return claim;
    await claim.handOver();
    throw new DeletedError(`job ${requestId}`);
  }

  async function claimStored(stored: StoredJob, wait?: Wait, how: LeaseOptions = {}): Promise<Claim> {
    if (wait) calls.follows(wait.call, stored.fingerprint);
    const { state, delivered_at } = stored.job;
    const isOver = isDeleted(stored.job) || (isFinal(state) && delivered_at !== undefined);
    const leased = wait && !isOver && (await store.lease(stored.id, wait.call, how).catch(warn));
    return leased ? claimOf(leased, wait, options) : claimOf(stored, undefined, options);
  }

  return {
    /** Records a call's intents, each with its wait, within the limits: all or none. Throws `spend_limit`, `store_unavailable`. */
    async reserve(jobs: readonly NewJob[]): Promise<Claim[]> {
      const submitted_at = new Date(clock.now()).toISOString();
      const intents = jobs.map(({ fingerprint, job }): Intent => {
        return { fingerprint, job: { ...job, state: 'reserved', submitted_at } };
      });
      const check = await limits?.(estimates.load);
      const reserved = await store.reserve(intents, jobs[0]?.wait.call ?? '', check);
      return reserved.map((stored, at) => claimOf(stored, jobs[at]?.wait, options));
    },

    /**
     * The earlier jobs that a call repeats, if there are any: one, or those of a batch, where those that another call
     * follows come as passive claims. A second identical call asks for new images if the first was answered, failed or
     * was cancelled, and while its caller still waits.
     */
    async resume(fingerprint: string, wait: Wait, waitOf = (_: Job) => wait): Promise<Claim[]> {
      const since = new Date(clock.now() - RESUMED_WITHIN).toISOString();
      const abandoned = () => calls.abandoned(fingerprint, wait.call);
      for (;;) {
        // This call may repeat what an abandoned one leaves, so those end first.
        if (abandoned().length > 0) await unlessAborted(Promise.all(abandoned()), wait.signal);
        const found = await store.claimRepeat(fingerprint, since, { ...wait, id: wait.call });
        if (found.length === 0 && abandoned().length > 0) continue;
        return found.map((stored) =>
          claimOf(stored, stored.lease?.call === wait.call ? waitOf(stored.job) : undefined, options),
        );
      }
    },

    /** A job by its request id, to follow it, and to answer for it unless another call does. */
    join: (requestId: string, wait: Wait): Promise<Claim> => find(requestId, wait),

    /** A job as it is stored, to follow it, and to answer for it unless another call certainly does. */
    claim: (stored: StoredJob, wait: Wait) => claimStored(stored, wait, { proof: untilDrain(wait) }),

    /** Whether a call still has the claim on a job that it had. */
    async holds({ id }: Claim, wait: Wait): Promise<boolean> {
      return (await store.lease(id, wait.call)) !== undefined;
    },

    /** A job by its request id, to read it only. */
    peek: (requestId: string): Promise<Claim> => find(requestId),
  };
}

/**
 * The right of one call to follow a job and to answer for it. Recording never fails: once a job is submitted nothing
 * may be lost for want of a record. Without an `owner`, whose lease it is, a claim is passive: it records observations,
 * if there is a record, but neither answers nor hands over.
 */
function claimOf(
  stored: Pick<StoredJob, 'id' | 'job'>,
  owner: Wait | undefined,
  { store, calls, runTimes, clock, log, ended }: ClaimsOptions,
  isRecorded = true,
) {
  const { id } = stored;
  const writes: Write[] = [];
  let writing: Promise<void> = Promise.resolve();
  let retrying: Promise<void> | undefined;

  async function writeAll(): Promise<void> {
    for (let write = writes[0]; write; write = writes[0]) {
      const now = await write();
      writes.shift();
      if (now && writes.length === 0) claim.job = now.job;
    }
  }

  /** Records something, or what became of a submit, after everything that could not be recorded before. Never rejects. */
  function record(write: Write, isSubmit = false): Promise<void> {
    writes.push(write);
    writing = writing.then(writeAll).catch((error) => {
      log.error(`cannot record job ${claim.job.request_id ?? id} as ${claim.job.state}: ${error.message}`);
      retrying ??= retry();
      // Until that is recorded the call goes on: who repeats it would believe the job in doubt.
      if (isSubmit && owner) calls.prolong(owner.call, retrying);
    });
    return writing;
  }

  /** Until it is recorded another process may believe that the job is lost, or followed. */
  async function retry(): Promise<void> {
    while (writes.length > 0 && !ended.aborted) {
      await clock.sleep(RECORD_AGAIN_AFTER, ended).catch(() => {});
      writing = writing.then(writeAll).catch(() => {});
      await writing;
    }
    retrying = undefined;
  }

  async function release(isDelivered: boolean): Promise<void> {
    if (!owner) return;
    const { state, delivered_at } = claim.job;
    const isFirst = isDelivered && (isFinal(state) || state === 'unknown') && delivered_at === undefined;
    const at = isFirst ? new Date(clock.now()).toISOString() : undefined;
    await record(() => store.release(id, owner.call, at));
  }

  // The job is no getter: with one an object takes up 0.8 kB more.
  const claim = {
    id,
    /** Whether it may answer for the job: not if another call follows it. */
    isActive: owner !== undefined,
    /** The job as it is known now. */
    job: stored.job,
    /** False for a job that another program submitted. */
    isRecorded,

    /** Right before its POST: whether the job may be sent, durably. Throws `store_unavailable`; then it may not. */
    async maySubmit(): Promise<boolean> {
      const current = owner && (await store.maySubmit(id, owner.call));
      if (current) claim.job = current.job;
      return current !== undefined;
    },

    /** The POST was answered with a request id. */
    async accepted(requestId: string): Promise<void> {
      claim.job = transition(claim.job, { kind: 'accepted', request_id: requestId }, clock.now());
      await record(() => store.accepted(stored as StoredJob, requestId), true);
    },

    /** Something was learned about the job. */
    async observe(observation: Observation): Promise<void> {
      const now = clock.now();
      const before = claim.job;
      claim.job = transition(before, observation, now);
      if (!isRecorded) return;
      runTimes.learn(claim.job);
      if (saysMore(before, claim.job))
        await record(() => store.update(id, (latest) => transition(latest, observation, now)));
    },

    /** Ends the claim on a job that was certainly not sent. */
    async discard(): Promise<void> {
      const { request_id } = claim.job;
      if (owner) await record(() => store.discard(id, owner.call, request_id), true);
    },

    /** Ends the claim with the call's answer: if that arrives, the outcome is delivered, else the next call like it gets the job. */
    answer(): void {
      if (owner) void calls.hold(owner.call, owner.delivered.then(release));
    },

    /** Ends the claim at once, so that the next call like it gets the job. */
    handOver: (): Promise<void> => release(false),
  };
  return claim;
}
