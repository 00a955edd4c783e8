import type { Job } from '../job.ts';
import type { RunTime } from './run-times.ts';

type Kind = Pick<Job, 'model' | 'input'>;

/** Seconds of waiting that one request is worth. */
export const POLL_COST = 0.05;
const MIN_S = 0.5;
const MAX_S = 10;
// Halvings of the range between those two: the interval is exact to 0.04 s.
const HALVINGS = 8;
// A position in the queue is never older than this.
const MAX_QUEUED_S = 5;
// The start of the run is known to lie between two polls: if those are further apart than this many sigmas, it is the
// start and no longer the run time that makes the end uncertain.
const QUEUED_SIGMAS = 2;

export type Intervals = ReturnType<typeof createIntervals>;

/**
 * When to poll, by what is known of the run times of such jobs. Each poll costs a request, `pollCost` seconds, and each
 * second between the end and the poll costs the user one. Both methods take for how many ms a job has run, or nothing
 * if it is queued.
 */
export function createIntervals(runTimeOf: (job: Kind) => RunTime, pollCost = POLL_COST) {
  return {
    /** Milliseconds until the next poll. */
    next(job: Kind, runningMs?: number): number {
      const running = runningMs === undefined ? undefined : runningMs / 1000;
      return 1000 * intervalOf(runTimeOf(job), pollCost, running);
    },
    /** Seconds for which the job is expected to have been over, if the last poll was `sinceMs` ago: the priority of a poll. */
    priority(job: Kind, sinceMs: number, runningMs?: number): number {
      const survival = survivalOf(runTimeOf(job));
      // A clock that is set back makes no time negative.
      const [since, running] = [Math.max(0, sinceMs) / 1000, Math.max(0, runningMs ?? 0) / 1000];
      const ended = 1 - survival(running + since) / survival(running);
      // On average it ended half of the time ago; a queued one has also started in that time.
      return (ended * since) / (runningMs === undefined ? 3 : 2);
    },
  };
}

/** Seconds until the next poll of a job that has run for `running` seconds, or is queued if that is undefined. */
export function intervalOf(runTime: RunTime, pollCost: number, running?: number): number {
  if (running !== undefined) return runningInterval(runTime, pollCost, Math.max(0, running));
  // It may start at once, so it is polled as soon as a job that just started; sooner still while few jobs are known.
  const longest = Math.min(
    MAX_QUEUED_S,
    1 + runTime.jobs,
    QUEUED_SIGMAS * runTime.sigma * runTime.median,
    runningInterval(runTime, pollCost, 0),
  );
  return Math.max(MIN_S, longest);
}

// The standard deviation of ln v where v is drawn so that P(v > x) = (1 + x)^-2.
const SPREAD = Math.sqrt(Math.PI ** 2 / 3 - 1);
const MEDIAN_V = Math.SQRT2 - 1;

/**
 * A run is assumed to survive t seconds with probability (1 + v)^-2, where v is a power of t. That follows a log-normal
 * within what can be learned, needs no error function, and its hazard falls only with 1/t: a job that takes longer than
 * ever is still polled regularly. A log-normal with a second, wide one mixed in for that needed 10% more requests in
 * simulation.
 *
 * Where polls are dense, an interval of sqrt(2c / hazard) balances polls against waiting, and all polls and waiting from
 * t on then cost the integral of sqrt(2c * hazard). With that as the cost of what follows, the next poll is best where
 * P(ended since the last poll) = P(still running) * sqrt(2c * hazard). Computed for log-normals of sigma 0.25 and medians
 * of 8 to 90 s, that waits no longer than the best of all plans (by dynamic programming), while intervals of
 * sqrt(2c / hazard) wait 30% longer for jobs of 8 s, which get only a few polls, and 5% for those of 20 s.
 */
function runningInterval({ median, sigma }: RunTime, pollCost: number, running: number): number {
  const power = SPREAD / sigma;
  const v = (t: number) => MEDIAN_V * (t / median) ** power;
  const now = 1 + v(running);
  const isDue = (interval: number) => {
    const t = running + interval;
    const later = 1 + v(t);
    const hazard = (2 * power * (1 - 1 / later)) / t;
    // Long before the likely end both sides may round to 0: then it is not due.
    return (later / now) ** 2 - 1 > Math.sqrt(2 * pollCost * hazard);
  };
  let [early, due] = [MIN_S, MAX_S];
  if (isDue(early)) return early;
  for (let halving = 0; halving < HALVINGS; halving++) {
    const middle = (early + due) / 2;
    if (isDue(middle)) due = middle;
    else early = middle;
  }
  return due;
}

/** The probability that a run takes longer than some seconds. */
function survivalOf({ median, sigma }: RunTime): (seconds: number) => number {
  const power = SPREAD / sigma;
  return (seconds) => (1 + MEDIAN_V * (seconds / median) ** power) ** -2;
}
