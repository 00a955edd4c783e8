import type { RunTiming } from '../../src/jobs/job.ts';
import { timingAfter, timingAtEnd } from '../../src/jobs/polling/poll.ts';

/** A job as it goes, in ms from its submit. */
export interface Life {
  queueMs: number;
  runMs: number;
}

/** What following a job came to: the wait from its end to the look that saw it, and all requests. */
export interface Followed {
  waitedMs: number;
  requests: number;
  /** As the record would tell it; undefined where it would not. */
  ranMs?: number | undefined;
}

/** Follows a job as poll.ts does, without a clock and a service: reads are taken to need no time. */
export function follow({ queueMs, runMs }: Life, gap: (runningMs?: number) => number): Followed {
  const end = queueMs + runMs;
  let timing: RunTiming = { seenAt: 0 };
  let requests = 0;
  for (let now = gap(); ; ) {
    requests += 1;
    if (now >= end) {
      // A job that ended while it was taken to be queued is read by /status and then by /result.
      if (timing.startedAt === undefined) requests += 1;
      return { waitedMs: now - end, requests, ranMs: timingAtEnd(timing, now).ranMs };
    }
    timing = timingAfter(timing, now < queueMs ? 'in_queue' : 'in_progress', now);
    now += timing.startedAt === undefined ? gap() : gap(now - timing.startedAt);
  }
}

/** Follows a job as clients commonly do: /status at gaps that depend on nothing but their number, then /result. */
export function followByCount({ queueMs, runMs }: Life, gap: (looks: number) => number): Followed {
  const end = queueMs + runMs;
  let looks = 0;
  let now = 0;
  while (now < end || looks === 0) {
    now += gap(looks);
    looks += 1;
  }
  return { waitedMs: now - end, requests: looks + 1 };
}
