import type { Job } from '../job.ts';
import type { RunTime } from './run-times.ts';

/** When to look again. Each look costs a request, and each second between the end and the look costs the user one. */
export interface Intervals {
  /** Milliseconds until the next look at a job that has run for `runningMs`, or is queued where that is left out. */
  next(job: Pick<Job, 'model' | 'input'>, runningMs?: number): number;
  /**
   * Seconds for which the job is expected to have been over by now, if the last look was `sinceMs` ago and saw it after
   * it had run for `runningMs`, or queued where that is left out: the priority of a look.
   */
  priority(job: Pick<Job, 'model' | 'input'>, sinceMs: number, runningMs?: number): number;
}

/** Seconds of waiting that one request is worth. */
export const LOOK_COST = 0.05;
const MIN_S = 0.5;
const MAX_S = 10;
// Halvings of the range between those two: the interval is exact to 0.04 s.
const HALVINGS = 8;
// A position in the queue is never older than this.
const MAX_QUEUED_S = 5;
// The start of the run is known to lie between two looks: further apart than this many sigmas, and it is the
// start and no longer the run time that makes the end uncertain.
const QUEUED_SIGMAS = 2;

/** Intervals by what is known of the run times of such jobs. `lookCost` in seconds. */
export function createIntervals(
  runTimeOf: (job: Pick<Job, 'model' | 'input'>) => RunTime,
  lookCost = LOOK_COST,
): Intervals {
  return {
    next(job, runningMs) {
      const running = runningMs === undefined ? undefined : runningMs / 1000;
      return 1000 * intervalOf(runTimeOf(job), lookCost, running);
    },
    priority(job, sinceMs, runningMs) {
      const over = goingOn(runTimeOf(job));
      // A clock that is set back makes no time negative.
      const [since, running] = [Math.max(0, sinceMs) / 1000, Math.max(0, runningMs ?? 0) / 1000];
      const ended = 1 - over(running + since) / over(running);
      // It ended half of the time ago on average; one that was queued has begun in that time too.
      return (ended * since) / (runningMs === undefined ? 3 : 2);
    },
  };
}

/** Seconds until the next look at a job that has run for `running` seconds, or is queued where that is undefined. */
export function intervalOf(runTime: RunTime, lookCost: number, running?: number): number {
  if (running !== undefined) return runningInterval(runTime, lookCost, Math.max(0, running));
  // It may start at once, so it is looked at as soon as a job that just started; sooner still while few jobs are known.
  const longest = Math.min(
    MAX_QUEUED_S,
    1 + runTime.jobs,
    QUEUED_SIGMAS * runTime.sigma * runTime.median,
    runningInterval(runTime, lookCost, 0),
  );
  return Math.max(MIN_S, longest);
}

// The standard deviation of ln v where v is drawn so that P(v > x) = (1 + x)^-2.
const SPREAD = Math.sqrt(Math.PI ** 2 / 3 - 1);
const MEDIAN_V = Math.SQRT2 - 1;

/**
 * A run is taken to go on after t seconds with probability (1 + v)^-2, where v is a power of t. That follows a
 * log-normal within what can be learned, needs no error function, and its hazard falls only with 1/t: a job that
 * takes longer than ever is still looked at regularly. A log-normal with a second, wide one mixed in for that needed
 * 10% more requests in simulation.
 *
 * Where looks are dense, an interval of sqrt(2c / hazard) balances looks against waiting, and all looks and waiting from t
 * on then cost the integral of sqrt(2c * hazard). With that as the cost of what comes after it, the next look is best
 * where P(ended since the last look) = P(still running) * sqrt(2c * hazard). Computed for log-normals of sigma 0.25 and
 * medians of 8 to 90 s, that waits no longer than the best of all plans (by dynamic programming), where intervals of
 * sqrt(2c / hazard) wait 30% longer for jobs of 8 s, which get a few looks only, and 5% for those of 20 s.
 */
function runningInterval({ median, sigma }: RunTime, lookCost: number, running: number): number {
  const power = SPREAD / sigma;
  const v = (t: number) => MEDIAN_V * (t / median) ** power;
  const now = 1 + v(running);
  const isDue = (interval: number) => {
    const t = running + interval;
    const later = 1 + v(t);
    const hazard = (2 * power * (1 - 1 / later)) / t;
    // Long before the likely end both sides may be too small to be told from 0: then it is not due.
    return (later / now) ** 2 - 1 > Math.sqrt(2 * lookCost * hazard);
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

/** The probability with which a run goes on for longer than so many seconds. */
function goingOn({ median, sigma }: RunTime): (seconds: number) => number {
  const power = SPREAD / sigma;
  return (seconds) => (1 + MEDIAN_V * (seconds / median) ** power) ** -2;
}
