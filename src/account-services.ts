import type { Account } from './account.ts';
import type { Clock } from './clock.ts';
import type { Config } from './config/config.ts';
import type { Calls } from './jobs/calls.ts';
import { createIntervals } from './jobs/polling/intervals.ts';
import { createRateLimiter } from './jobs/polling/rate-limiter.ts';
import { createRunTimes } from './jobs/polling/run-times.ts';
import { createJobs } from './jobs/service.ts';
import { createLimitCheck } from './jobs/spending/limits.ts';
import type { JobStore } from './jobs/store.ts';
import type { Log } from './log.ts';
import { publishedPrice } from './models/price.ts';
import { createRunComfy } from './runcomfy/client.ts';
import type { Http } from './runcomfy/http.ts';

/** What the accounts of a process share. */
export interface SharedServices {
  config: Config;
  key: () => Promise<string>;
  redact: (text: string) => string;
  http: Http;
  calls: Calls;
  createStore: (account: Account) => JobStore;
  clock: Clock;
  random: () => number;
  log: Log;
  /** Aborts when the process is about to end. */
  ended: AbortSignal;
}

/** What serves one account: its own client with a retry budget, rate limiter, records and learned run times. */
export function createAccountServices(account: Account, shared: SharedServices) {
  const { config, clock, log } = shared;
  const { baseUrl, balanceUrl } = config;
  const api = createRunComfy({ ...shared, baseUrl, balanceUrl });
  const store = shared.createStore(account);
  const runTimes = createRunTimes({ store, log });
  const jobs = createJobs({
    ...shared,
    api,
    requireKey: shared.key,
    store,
    intervals: createIntervals(runTimes.expect),
    rateLimiter: createRateLimiter(clock),
    runTimes,
    check: createLimitCheck(config, publishedPrice),
    keep: { days: config.keepDays, jobs: config.keepJobs },
  });
  return { api, store, jobs };
}
