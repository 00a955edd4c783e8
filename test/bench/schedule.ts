import { createIntervals, POLL_COST } from '../../src/jobs/polling/intervals.ts';
import { createRunTimes, type RunTimes } from '../../src/jobs/polling/run-times.ts';
import { createLog } from '../../src/log.ts';
import { createRandom } from '../support/random.ts';
import { type Followed, follow, followByCount, type Life } from './follow.ts';
import { drawRunTimes, type Shape } from './run-times.ts';

/** A kind of job, and what was learned before it. Times in seconds. */
export interface Situation {
  shape: Shape;
  median: number;
  sigma: number;
  /** Mean of an exponential time in the queue; 0 is none. */
  queue: number;
  learned: number;
  /** By how much the run times have changed since they were learned. */
  drift: number;
}

/** What following the jobs of a situation cost on average. Times in seconds. */
export interface Cost {
  waiting: number;
  p90: number;
  requests: number;
}

export interface ScheduleRow extends Situation {
  /** The product as it is. */
  ours: Cost;
  /** The product with the cost of a look chosen so that it makes as many requests as a fixed 2 s. */
  equal: Cost;
  fixed1: Cost;
  fixed2: Cost;
  fixed5: Cost;
  backOff: Cost;
  /** Waiting of `equal` over that of `fixed2`. */
  ratio: number;
}

export interface ScheduleBench {
  situations?: readonly Situation[];
  /** How often each situation is learned anew, and how many jobs are then followed each time. */
  learners?: number;
  jobs?: number;
  seed?: number;
}

const SHAPES: readonly Shape[] = ['log-normal', 'gamma'];
const MEDIANS = [8, 20, 45, 90];
const SIGMAS = [0.1, 0.25, 0.5, 0.8];
const PAST: readonly Pick<Situation, 'learned' | 'drift' | 'queue'>[] = [
  ...[0, 3, 10, 30].map((learned) => ({ learned, drift: 1, queue: 0 })),
  ...[1.5, 0.67].map((drift) => ({ learned: 10, drift, queue: 0 })),
  { learned: 10, drift: 1, queue: 15 },
];

/** All situations of the published table. */
export const SITUATIONS: readonly Situation[] = PAST.flatMap((past) =>
  SIGMAS.flatMap((sigma) =>
    MEDIANS.flatMap((median) => SHAPES.map((shape) => ({ shape, median, sigma, ...past }))),
  ),
);

const KIND = { model: 'a/b', input: {} };

/** Simulates the intervals and its rivals without a clock; the same options give the same rows. */
export function simulateSchedules({
  situations = SITUATIONS,
  learners = 40,
  jobs = 8,
  seed = 1,
}: ScheduleBench = {}): ScheduleRow[] {
  return situations.map((situation) => rowOf(situation, learners, jobs, createRandom(seed)));
}

function rowOf(situation: Situation, learners: number, jobs: number, random: () => number): ScheduleRow {
  const { shape, median, sigma, queue, learned, drift } = situation;
  const draw = drawRunTimes(shape, median, sigma, random);
  const life = (factor: number): Life => ({
    queueMs: -1000 * queue * Math.log(1 - random()),
    runMs: 1000 * factor * draw(),
  });
  const groups = Array.from({ length: learners }, () => ({
    runTimes: learnFrom(Array.from({ length: learned }, () => life(1))),
    lives: Array.from({ length: jobs }, () => life(drift)),
  }));
  const byCount = (interval: (looks: number) => number) =>
    costOf(groups.flatMap(({ lives }) => lives.map((one) => followByCount(one, interval))));
  const bySchedule = (lookCost: number) =>
    costOf(
      groups.flatMap(({ runTimes, lives }) => {
        const expected = runTimes.expect(KIND);
        const { next } = createIntervals(() => expected, lookCost);
        return lives.map((one) => follow(one, (runningMs) => next(KIND, runningMs)));
      }),
    );
  const fixed2 = byCount(() => 2_000);
  const equal = withRequests(fixed2.requests, bySchedule);
  return {
    ...situation,
    ours: bySchedule(POLL_COST),
    equal,
    fixed1: byCount(() => 1_000),
    fixed2,
    fixed5: byCount(() => 5_000),
    backOff: byCount((looks) => Math.min(10_000, 1_000 * 1.5 ** looks)),
    ratio: equal.waiting / fixed2.waiting,
  };
}

/** What the product knows after it has followed these jobs, with the errors of seeing start and end by looks. */
function learnFrom(lives: readonly Life[]): RunTimes {
  const store = { async *newest() {} };
  const runTimes = createRunTimes({ store, log: createLog('silent', (text) => text) });
  const { next } = createIntervals(runTimes.expect);
  for (const [index, life] of lives.entries()) {
    const { ranMs } = follow(life, (runningMs) => next(KIND, runningMs));
    if (ranMs === undefined) continue;
    const request_id = String(index);
    runTimes.learn({ ...KIND, state: 'succeeded', request_id, ran_seconds: ranMs / 1000 });
  }
  return runTimes;
}

function costOf(all: readonly Followed[]): Cost {
  const mean = (of: (one: Followed) => number) => all.reduce((sum, one) => sum + of(one), 0) / all.length;
  const waits = all.map(({ waitedMs }) => waitedMs).sort((a, b) => a - b);
  return {
    waiting: mean(({ waitedMs }) => waitedMs) / 1000,
    p90: (waits[Math.floor(0.9 * waits.length)] ?? 0) / 1000,
    requests: mean(({ requests }) => requests),
  };
}

const CHEAPEST = 1e-5;
const DEAREST = 100;
const MAX_TRIES = 12;
const CLOSE_ENOUGH = 0.01;

/** The cost of a look that comes closest to a number of requests without passing it. */
function withRequests(requests: number, costAt: (lookCost: number) => Cost): Cost {
  let [low, high] = [CHEAPEST, DEAREST];
  let guess = POLL_COST;
  let best: Cost | undefined;
  for (let tries = 0; tries < MAX_TRIES && (best?.requests ?? 0) < (1 - CLOSE_ENOUGH) * requests; tries++) {
    const cost = costAt(guess);
    if (cost.requests > requests) low = guess;
    else [high, best] = [guess, cost];
    // Where looks are dense, their number goes with the root of their cost; where the shortest interval holds, less.
    const next = guess * (cost.requests / requests) ** (best ? 2 : 3);
    guess = next > low && next < high ? next : Math.sqrt(low * high);
  }
  return best ?? costAt(DEAREST);
}
