import { ToolError } from '../errors.ts';
import { createCancelBatch } from './batch/cancel-batch.ts';
import { createFollowBatch } from './batch/follow-batch.ts';
import { createGenerateBatch } from './batch/generate-batch.ts';
import { createPeekBatch } from './batch/peek-batch.ts';
import { fingerprintOf, type PaidCall, type Wait } from './calls.ts';
import { type Claim, createClaims } from './claims.ts';
import { createFollow, failureOf } from './follow.ts';
import { createGenerate } from './generate.ts';
import { isFinal, type Job, type JobState, lacksCostOrOutput, OPEN_STATES } from './job.ts';
import type { JobsOptions } from './options.ts';
import { createOwnJobs } from './own-jobs.ts';
import { createLateCosts } from './spending/late-costs.ts';

export interface Cancellation {
  outcome: 'cancelled' | 'already_ended' | 'still_running';
  job: Job;
}

/** Which jobs to list. */
interface JobFilter {
  states?: readonly JobState[];
  /** ISO 8601. */
  since?: string;
  /** Only jobs of this very call. */
  like?: PaidCall;
  fits?: (job: Job) => boolean;
  limit: number;
}

/** Sends a read when it may. */
type Read = <Reply>(send: () => Promise<Reply>) => Promise<Reply>;

// Of a read: below that of late costs.
const LAST = () => -2;

export type Jobs = ReturnType<typeof createJobs>;

/** What can be done with the jobs of one account. Methods throw ToolError. */
export function createJobs(given: JobsOptions) {
  const own = given.isShared ? createOwnJobs(given.store) : undefined;
  const options = own ? { ...given, store: own.store } : given;
  const { api, store, calls, estimates, rateLimiter, runTimes } = options;
  const lateCosts = createLateCosts(options);
  const claims = createClaims(options);
  const follow = createFollow({ ...options, lateCosts });
  const paid = createGenerate({ ...options, claims, follow });

  async function readOnce(
    claim: Claim,
    requestId: string,
    signal: AbortSignal,
    read: Read = (send) => send(),
  ): Promise<Job> {
    if (isFinal(claim.job.state)) return claim.job;
    // Only /status tells the position in the queue, and only /result how a job ended.
    const status = await read(() => api.status(requestId, signal));
    if (status.state !== 'ended') await claim.observe({ kind: 'status', reply: status });
    else {
      const reply = await read(() => api.result(requestId, signal));
      if (reply !== 'not_finished') await claim.observe({ kind: 'result', reply });
      if (lacksCostOrOutput(claim.job)) lateCosts.ask(claim);
    }
    return claim.job;
  }

  /**
   * Reads a job of this account that nobody waits for, once and behind all other reads, and records what that shows,
   * be it that RunComfy knows it no more. Neither follows nor delivers it.
   */
  async function lookAfter(requestId: string, signal: AbortSignal): Promise<Job> {
    const claim = await claims.peek(requestId);
    const read: Read = (send) => rateLimiter.read(LAST, signal, send);
    try {
      return await readOnce(claim, requestId, signal, read);
    } catch (error) {
      const observation = error instanceof ToolError && !signal.aborted ? failureOf(error) : undefined;
      if (observation?.kind !== 'missing') throw error;
      await claim.observe(observation);
      return claim.job;
    }
  }

  /** Asks RunComfy to cancel; only a queued job can be. Resolves to the job as it then is. */
  async function cancel(requestId: string, signal: AbortSignal): Promise<Cancellation> {
    await own?.require(requestId);
    const claim = await claims.peek(requestId);
    if (isFinal(claim.job.state)) return { outcome: 'already_ended', job: claim.job };
    if ((await api.cancel(requestId, signal)) === 'cancelled') {
      await claim.observe({ kind: 'cancelled' });
      return { outcome: 'cancelled', job: claim.job };
    }
    const job = await readOnce(claim, requestId, signal);
    return { outcome: isFinal(job.state) ? 'already_ended' : 'still_running', job };
  }

  return {
    generate: paid.generate,
    generateBatch: createGenerateBatch({ ...options, ...paid, claims }),
    followBatch: createFollowBatch({ ...options, ...paid, claims, follow }),
    cancelBatch: createCancelBatch({ ...options, cancel }),

    /** What calls probably cost, by what is known of the account's jobs now. Never rejects. */
    estimator: estimates.load,

    /** What the account's own jobs cost, by model. Never rejects. */
    costHistory: estimates.loadHistory,

    /**
     * Approves what was asked with a code, once; undefined if there is no such question, or no longer. Absent where nothing
     * needs approval.
     */
    approve: options.requireApproval && store.approvals.approve,

    /** Follows a job of this account, which has to be recorded where others use the same one. */
    follow: (requestId: string, wait: Wait) =>
      calls.open(wait, undefined, async () => {
        await own?.require(requestId);
        const claim = await claims.join(requestId, wait);
        await runTimes.loadHistory();
        return follow(claim, requestId, { firstInterval: 0 }, wait);
      }),

    /**
     * Reads a job once, without following or delivering it: a call that repeats its own still gets it. Throws
     * `unknown_request` for one that its user deleted.
     */
    async peek(requestId: string, signal: AbortSignal): Promise<Job> {
      await own?.require(requestId);
      return readOnce(await claims.peek(requestId), requestId, signal);
    },

    /** A job as it is recorded; undefined without a record. Asks RunComfy nothing. */
    async recorded(requestId: string): Promise<Job | undefined> {
      await own?.require(requestId);
      const { isRecorded, job } = await claims.peek(requestId);
      return isRecorded ? job : undefined;
    },

    peekBatch: createPeekBatch({ ...options, lookAfter }),

    /** How long jobs like this one run, in seconds, by what was learned of others; undefined before that. Never rejects. */
    async runSeconds(call: PaidCall): Promise<number | undefined> {
      await runTimes.loadHistory();
      const { median, jobs } = runTimes.expect(call);
      return jobs > 0 ? median : undefined;
    },

    lookAfter,

    cancel,

    /** Deletes a job by the id of its record, as the store does, and what was kept of it; false if it stays. */
    async delete(id: string): Promise<boolean> {
      const stored = await store.update(id, (job) => job);
      const mayCost = stored && stored.job.cost_usd === undefined;
      const mostUsd = mayCost ? (await estimates.load())(stored.job)?.high : undefined;
      const deleted = await store.delete(id, mostUsd);
      if (deleted) await options.onDeleted?.(deleted);
      return deleted !== undefined;
    },

    /** Deletes old records of an account that calls no more, once an hour at most, and waits for nothing. */
    prune: paid.prune,

    /** Recorded jobs, newest first. */
    async list({ states, since, like, fits = () => true, limit }: JobFilter): Promise<Job[]> {
      const jobs: Job[] = [];
      const query = {
        ...(since !== undefined && { since }),
        ...(like && { fingerprint: fingerprintOf(store.account, like) }),
        ...(states?.every((state) => OPEN_STATES.includes(state)) && { isOpen: true as const }),
        skipUnreadable: true,
      };
      for await (const { job } of store.newest(query)) {
        if ((states && !states.includes(job.state)) || !fits(job)) continue;
        jobs.push(job);
        if (jobs.length === limit) break;
      }
      return jobs;
    },
  };
}
