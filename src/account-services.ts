import type { Account } from './account.ts';
import type { Config } from './config/config.ts';
import type { JobsOptions } from './jobs/options.ts';
import { createIntervals } from './jobs/polling/intervals.ts';
import { createRateLimiter } from './jobs/polling/rate-limiter.ts';
import { createRunTimes } from './jobs/polling/run-times.ts';
import type { Turns } from './jobs/polling/turns.ts';
import { createJobs } from './jobs/service.ts';
import { createApproval } from './jobs/spending/approval.ts';
import { createEstimates } from './jobs/spending/estimates.ts';
import { createLimits } from './jobs/spending/limits.ts';
import type { JobStore } from './jobs/store.ts';
import { publishedPrice } from './models/price.ts';
import { createRunComfy } from './runcomfy/client.ts';
import type { Instruments } from './runtime.ts';

/** What the accounts of a process share. */
type SharedServices = Pick<
  JobsOptions,
  'calls' | 'isShared' | 'clock' | 'log' | 'ended' | 'onPruned' | 'onDeleted'
> &
  Pick<Parameters<typeof createRunComfy>[0], 'key' | 'redact' | 'refusedAdvice' | 'http' | 'random'> & {
    config: Config;
    /** How many reads of jobs are sent a second; undefined for what is assumed to be welcome. */
    readsPerSecond?: number | undefined;
    createStore: (account: Account) => JobStore;
    instruments?: Instruments | undefined;
    turns?: Turns | undefined;
  };

/** What serves one account: its own client with a retry budget, rate limiter, records and learned run times. */
export function createAccountServices(account: Account, shared: SharedServices) {
  const { config, clock, log } = shared;
  const { baseUrl, balanceUrl } = config;
  const client = createRunComfy({ ...shared, baseUrl, balanceUrl });
  const api = shared.instruments?.api(client) ?? client;
  const store = shared.createStore(account);
  const runTimes = createRunTimes({ store, log });
  const estimates = createEstimates({ store, priceOf: publishedPrice, clock, log });
  const jobs = createJobs({
    ...shared,
    api,
    requireKey: shared.key,
    store,
    intervals: createIntervals(runTimes.expect),
    rateLimiter: createRateLimiter(clock, {
      perSecond: shared.readsPerSecond,
      takeReads: store.takeReads,
      takePlace: shared.turns?.forAccount(),
    }),
    runTimes,
    estimates,
    limits: createLimits(config, account.tenant),
    requireApproval: createApproval({ ...config, approvals: store.approvals, estimates, clock }),
    keep: { days: config.keepDays, jobs: config.keepJobs },
  });
  return { api, store, jobs };
}
