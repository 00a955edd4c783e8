import { createSchedule } from '../../src/jobs/polling/interval.ts';
import { watch } from '../../src/jobs/polling/poll.ts';
import { createPace } from '../../src/jobs/polling/rate-limiter.ts';
import { createRunTimes } from '../../src/jobs/polling/run-times.ts';
import { createLog } from '../../src/log.ts';
import { createJumpingClock } from '../helpers/clock.ts';
import { createRandom } from '../helpers/random.ts';
import { drawRunTimes } from './run-times.ts';
import { median, quantile, type Table } from './table.ts';

const ARRIVALS = 3.5;
const JOBS = 1_000;
const RUN = { median: 20, sigma: 0.4 };
const LEARNED = 30;
const KIND = { model: 'a-model', input: {} };

type Strategy = { name: string; learned: boolean; byWorth: boolean };
const STRATEGIES: readonly Strategy[] = [
  { name: 'each every 2 s, first come first served', learned: false, byWorth: false },
  { name: 'learned gaps, first come first served', learned: true, byWorth: false },
  { name: 'learned gaps, by worth: this server', learned: true, byWorth: true },
];

/** More jobs than the pace can look at in time, on a virtual clock, with the real watch, schedule and pace. */
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
      title: `${ARRIVALS} new jobs a second under a pace of ten reads a second`,
      columns: ['seconds from the end to its look', 'mean', 'median', 'p90', 'reads a job'],
      rows,
      notes: [`Simulated: ${JOBS} jobs, log-normal run times of ${RUN.median} s, sigma ${RUN.sigma}.`],
    },
  ];
}

async function simulate({ learned, byWorth }: Strategy): Promise<{ waits: number[]; reads: number }> {
  const clock = createJumpingClock();
  const random = createRandom(7);
  const draw = drawRunTimes('log-normal', RUN.median, RUN.sigma, random);
  const schedule = createSchedule(learn(draw));
  const shared = createPace(clock);
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
    const gap = (runningMs?: number) => (learned ? schedule.gap(KIND, runningMs) : 2_000);
    const from = {
      state: 'in_queue' as const,
      sight: { seenAt: submittedAt },
      submittedAt,
      firstGap: gap(),
      isRecorded: true,
    };
    const worth = (since: number, running?: number) => (byWorth ? schedule.worth(KIND, since, running) : 0);
    for await (const _ of watch('r', from, {
      api,
      gap,
      worth,
      pace: shared,
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
