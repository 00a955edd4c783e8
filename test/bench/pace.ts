import { createIntervals } from '../../src/jobs/polling/intervals.ts';
import { poll } from '../../src/jobs/polling/poll.ts';
import { createRateLimiter } from '../../src/jobs/polling/rate-limiter.ts';
import { createRunTimes } from '../../src/jobs/polling/run-times.ts';
import { createLog } from '../../src/log.ts';
import { createJumpingClock } from '../support/clock.ts';
import { createRandom } from '../support/random.ts';
import { drawRunTimes } from './run-times.ts';
import { median, quantile, type Table } from './table.ts';

const ARRIVALS = 3.5;
const JOBS = 1_000;
const RUN = { median: 20, sigma: 0.4 };
const LEARNED = 30;
const KIND = { model: 'a-model', input: {} };

type Strategy = { name: string; learned: boolean; byPriority: boolean };
const STRATEGIES: readonly Strategy[] = [
  { name: 'each every 2 s, first come first served', learned: false, byPriority: false },
  { name: 'learned intervals, first come first served', learned: true, byPriority: false },
  { name: 'learned intervals, by priority: this server', learned: true, byPriority: true },
];

/** More jobs than the rate limiter admits in time, on a virtual clock, with the real poll, intervals and rate limiter. */
export async function pace(): Promise<Table[]> {
  const rows: (string | number)[][] = [];
  for (const strategy of STRATEGIES) {
    const { waits, reads } = await simulate(strategy);
    rows.push([
      strategy.name,
      waits.reduce((sum, wait) => sum + wait, 0) / JOBS,
      median(waits),
      quantile(waits, 0.9),
      reads / JOBS,
    ]);
  }
  return [
    {
      title: `${ARRIVALS} new jobs a second under a limit of ten reads a second`,
      columns: ['seconds from the end to its look', 'mean', 'median', 'p90', 'reads a job'],
      rows,
      notes: [`Simulated: ${JOBS} jobs, log-normal run times of ${RUN.median} s, sigma ${RUN.sigma}.`],
    },
  ];
}

async function simulate({ learned, byPriority }: Strategy): Promise<{ waits: number[]; reads: number }> {
  const clock = createJumpingClock();
  const random = createRandom(7);
  const draw = drawRunTimes('log-normal', RUN.median, RUN.sigma, random);
  const intervals = createIntervals(learn(draw));
  const shared = createRateLimiter(clock);
  let reads = 0;

  async function run(arrivesIn: number): Promise<number> {
    await clock.sleep(arrivesIn);
    const submittedAt = clock.now();
    const end = submittedAt + draw() * 1000;
    const counted = <Seen>(seen: Seen) => {
      reads += 1;
      return Promise.resolve(seen);
    };
    const api = {
      status: () => counted({ state: clock.now() < end ? ('in_progress' as const) : ('ended' as const) }),
      result: () =>
        counted({ state: clock.now() < end ? ('in_progress' as const) : ('succeeded' as const), urls: [] }),
    };
    const interval = (runningMs?: number) => (learned ? intervals.next(KIND, runningMs) : 2_000);
    const submitted_at = new Date(submittedAt).toISOString();
    const job = { ...KIND, state: 'in_queue' as const, submitted_at };
    const priority = (since: number, running?: number) =>
      byPriority ? intervals.priority(KIND, since, running) : 0;
    for await (const _ of poll('r', job, {
      api,
      isRecorded: true,
      firstInterval: interval(),
      interval,
      priority,
      rateLimiter: shared,
      clock,
      signal: new AbortController().signal,
    }));
    return (clock.now() - end) / 1000;
  }

  let at = 0;
  const runs = Array.from({ length: JOBS }, () => {
    at += (-Math.log(1 - random()) / ARRIVALS) * 1000;
    return run(at);
  });
  return { waits: await Promise.all(runs), reads };
}

function learn(draw: () => number) {
  const store = { newest: async function* () {} };
  const runTimes = createRunTimes({ store, log: createLog('silent', String) });
  for (let count = 0; count < LEARNED; count++) {
    const job = { ...KIND, state: 'succeeded' as const, request_id: `${count}`, ran_seconds: draw() };
    runTimes.learn(job);
  }
  return runTimes.expect;
}
