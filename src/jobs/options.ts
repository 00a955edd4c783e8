import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import type { Calls } from './calls.ts';
import type { Job } from './job.ts';
import type { Intervals } from './polling/intervals.ts';
import type { RateLimiter } from './polling/rate-limiter.ts';
import type { RunTimes } from './polling/run-times.ts';
import type { RequireApproval } from './spending/approval.ts';
import type { Estimates, Estimator } from './spending/estimates.ts';
import type { JobStore, LimitCheck, Retention } from './store.ts';

/** What the jobs of one account need; each part takes what it uses. */
export interface JobsOptions {
  api: RunComfy;
  /** Throws `no_key` if a call would have no key to send. */
  requireKey: () => Promise<unknown>;
  store: JobStore;
  calls: Calls;
  intervals: Intervals;
  rateLimiter: RateLimiter;
  runTimes: RunTimes;
  estimates: Estimates;
  /** The user's limits. */
  limits: ((loadEstimates: () => Promise<Estimator>) => Promise<LimitCheck>) | undefined;
  requireApproval: RequireApproval | undefined;
  keep: Retention;
  /** Called when old records are deleted: what belongs to them goes too. */
  onPruned?: () => void;
  /** Removes what belonged to a job that the user deleted. Never rejects. */
  onDeleted?: (job: Job) => Promise<void>;
  /** Others may use the same RunComfy account: only jobs on record here are this one's. */
  isShared?: boolean | undefined;
  clock: Clock;
  log: Log;
  /** Aborts when the process is about to end: what nobody waits for is given up. */
  ended: AbortSignal;
}
