import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import { type Calls, fingerprintOf, type Outcome, type PaidCall, type Wait } from './calls.ts';
import { type Claim, createClaims } from './claims.ts';
import { createFollow } from './follow.ts';
import { createGenerate } from './generate.ts';
import { isFinal, type Job, type JobState, lacksCostOrOutput } from './job.ts';
import type { Intervals } from './polling/intervals.ts';
import type { RateLimiter } from './polling/rate-limiter.ts';
import type { RunTimes } from './polling/run-times.ts';
import { createLateCosts } from './spending/late-costs.ts';
import type { JobStore, LimitCheck, Retention } from './store.ts';

export interface Cancellation {
  outcome: 'cancelled' | 'already_ended' | 'still_running';
  job: Job;
}

/** Which jobs to list. */
export interface JobFilter {
  states?: readonly JobState[];
  /** ISO 8601. */
  since?: string;
  /** Only jobs of this very call. */
  like?: PaidCall;
  fits?: (job: Job) => boolean;
  limit: number;
}

/** Everything that happens to the jobs of one account. Methods throw ToolError. */
export interface Jobs {
  /**
   * Submits a paid job, or takes up the earlier one that this call repeats, and follows it to its end or the wait's.
   * The input is recorded and tells whether a call repeats another; `body` is what goes out, where that differs.
   */
  generate(
    model: string,
    input: Record<string, unknown>,
    wait: Wait,
    body?: Record<string, unknown>,
  ): Promise<Outcome>;
  /** Follows a job of this account, also one that no record tells of. */
  follow(requestId: string, wait: Wait): Promise<Outcome>;
  /** One look at a job, which neither follows nor delivers it: a call that repeats its own still gets it. */
  peek(requestId: string, signal: AbortSignal): Promise<Job>;
  /** Asks RunComfy to cancel; only a queued job can be. Returns the job as it then is. */
  cancel(requestId: string, signal: AbortSignal): Promise<Cancellation>;
  /** Recorded jobs, newest first. */
  list(filter: JobFilter): Promise<Job[]>;
}

export interface JobsOptions {
  api: RunComfy;
  /** Throws `no_key` where a call would have no key to send. */
  requireKey: () => Promise<unknown>;
  store: JobStore;
  calls: Calls;
  intervals: Intervals;
  rateLimiter: RateLimiter;
  runTimes: RunTimes;
  /** The user's limits. */
  check: LimitCheck | undefined;
  keep: Retention;
  clock: Clock;
  log: Log;
  /** Aborts when the process is about to end: what nobody waits for is given up. */
  ended: AbortSignal;
}

export function createJobs(options: JobsOptions): Jobs {
  const { api, store, calls, runTimes } = options;
  const lateCosts = createLateCosts(options);
  const claims = createClaims(options);
  const follow = createFollow({ ...options, lateCosts });
  const generate = createGenerate({ ...options, claims, follow });

  async function lookAt(claim: Claim, requestId: string, signal: AbortSignal): Promise<Job> {
    if (isFinal(claim.job.state)) return claim.job;
    // Only /status tells the position in the queue, and only /result how a job ended.
    const status = await api.status(requestId, signal);
    if (status.state !== 'ended') await claim.observe({ kind: 'status', reply: status });
    else {
      const reply = await api.result(requestId, signal);
      if (reply !== 'not_finished') await claim.observe({ kind: 'result', reply });
      if (lacksCostOrOutput(claim.job)) lateCosts.ask(claim);
    }
    return claim.job;
  }

  return {
    generate,

    follow: (requestId, wait) =>
      calls.open(wait, undefined, async () => {
        const claim = await claims.join(requestId, wait);
        await runTimes.loadHistory();
        return follow(claim, requestId, { firstInterval: 0 }, wait);
      }),

    async peek(requestId, signal) {
      return lookAt(await claims.peek(requestId), requestId, signal);
    },

    async cancel(requestId, signal) {
      const claim = await claims.peek(requestId);
      if (isFinal(claim.job.state)) return { outcome: 'already_ended', job: claim.job };
      if ((await api.cancel(requestId, signal)) === 'cancelled') {
        await claim.observe({ kind: 'cancelled' });
        return { outcome: 'cancelled', job: claim.job };
      }
      const job = await lookAt(claim, requestId, signal);
      return { outcome: isFinal(job.state) ? 'already_ended' : 'still_running', job };
    },

    async list({ states, since, like, fits = () => true, limit }) {
      const jobs: Job[] = [];
      const query = {
        ...(since !== undefined && { since }),
        ...(like && { fingerprint: fingerprintOf(store.account, like) }),
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
