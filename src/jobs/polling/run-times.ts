import type { Log } from '../../log.ts';
import type { Job } from '../job.ts';
import type { JobStore } from '../store.ts';

/** What is expected of a job's run time: its median in seconds and the sigma of its logarithm. */
export interface RunTime {
  median: number;
  sigma: number;
  /** On how many jobs this rests; the older ones count less. */
  jobs: number;
}

// Nothing is published; 8 to 90 s is what is assumed of these models. So a model's median is taken to lie around
// PRIOR_MEDIAN seconds with MODEL_SIGMA between models, and a job around its model's with JOB_SIGMA. The first job of
// a model thus tells a lot about its median, and some two jobs as much about the sigma as is assumed of it.
const PRIOR_MEDIAN = 40;
const MODEL_SIGMA = 0.7;
const JOB_SIGMA = 0.5;
const JOB_SIGMA_WORTH = 2;
// Run times drift: no job is taken to tell the next one's closer.
const MIN_SIGMA = 0.2;
// A sigma from few jobs is often too small, which costs far more than one that is too large.
const SIGMA_DOUBT = 1.5;
// Each job counts this much less than the next one, so that drift is followed: some 40 jobs count at most.
const FADING = 0.95;
// So that one stuck job does not spoil what is known: further off than this factor counts as this far off.
const MAX_STEP = Math.log(5);
const STEADY_FROM = 3;

/** Inputs that change the run time of a model, by their published descriptions. */
const DURATION_INPUTS = ['quality', 'resolution'] as const;
// Seconds; what lies outside is no run time of an image.
const MIN_RUN = 0.01;
const MAX_RUN = 3_600;

// How many of the newest records are read, and how many jobs of them count for each kind.
const MAX_RECORDS = 200;
const MAX_JOBS = 50;

/** Fading sums over the logarithms of run times. */
interface Sums {
  weight: number;
  squaredWeight: number;
  mean: number;
  squares: number;
}

const NOTHING: Sums = { weight: 0, squaredWeight: 0, mean: 0, squares: 0 };

function withRun(sums: Sums, seconds: number): Sums {
  const { mean } = sums;
  const told = Math.log(seconds);
  const run = sums.weight < STEADY_FROM ? told : Math.min(mean + MAX_STEP, Math.max(mean - MAX_STEP, told));
  const weight = sums.weight * FADING + 1;
  const moved = mean + (run - mean) / weight;
  return {
    weight,
    squaredWeight: sums.squaredWeight * FADING ** 2 + 1,
    mean: moved,
    squares: sums.squares * FADING + (run - mean) * (run - moved),
  };
}

/** What the next run time is expected to be, with all that is uncertain about it in its sigma. */
function expectation({ weight, squaredWeight, mean, squares }: Sums): RunTime {
  const jobs = weight === 0 ? 0 : weight ** 2 / squaredWeight;
  const freedom = weight === 0 ? 0 : weight - squaredWeight / weight;
  const variance = Math.max(
    MIN_SIGMA ** 2,
    (JOB_SIGMA_WORTH * JOB_SIGMA ** 2 + squares) / (JOB_SIGMA_WORTH + freedom),
  );
  const trust = 1 / MODEL_SIGMA ** 2 + jobs / variance;
  const median = Math.exp((Math.log(PRIOR_MEDIAN) / MODEL_SIGMA ** 2 + (mean * jobs) / variance) / trust);
  const doubted = variance * (1 + SIGMA_DOUBT / (JOB_SIGMA_WORTH + jobs));
  return { median, sigma: Math.sqrt(doubted + 1 / trust), jobs };
}

type Kind = Pick<Job, 'model' | 'input'>;

function keyOf({ model, input }: Kind): string {
  // What is no word stands in no published input: it comes from a record that something else wrote.
  const words = DURATION_INPUTS.map((name) =>
    typeof input[name] === 'string' ? input[name].slice(0, 20) : '',
  );
  return [model, ...words].join('\n');
}

/** Run times of an account by model, quality and resolution, learned from jobs as they end and from the records. */
export interface RunTimes {
  expect(job: Kind): RunTime;
  /** Learns from a job, if its run time is known closely. */
  learn(job: Job): void;
  /** Learns from the newest records, once; resolves when that is done. Never rejects. */
  loadHistory(): Promise<void>;
}

export interface RunTimesOptions {
  store: Pick<JobStore, 'newest'>;
  log: Log;
}

export function createRunTimes({ store, log }: RunTimesOptions): RunTimes {
  const known = new Map<string, { sums: Sums; expected: RunTime }>();
  const nothing = { sums: NOTHING, expected: expectation(NOTHING) };
  /** Request ids of jobs that taught while they were followed: several calls may follow a job, and a record tells of it. */
  const taught = new Set<string>();
  /** Those that ended while the records are read: they are newer than what is read. */
  let meanwhile: Job[] | undefined;
  let recalled: Promise<void> | undefined;

  const isSample = ({ state, request_id, ran_seconds: ran }: Job): boolean =>
    state === 'succeeded' &&
    typeof ran === 'number' &&
    ran >= MIN_RUN &&
    ran <= MAX_RUN &&
    request_id !== undefined &&
    !taught.has(request_id);

  function add(job: Job): void {
    const key = keyOf(job);
    const sums = withRun((known.get(key) ?? nothing).sums, job.ran_seconds as number);
    known.set(key, { sums, expected: expectation(sums) });
  }

  /** The jobs of the newest records that teach, newest first. */
  async function recorded(): Promise<Job[]> {
    const jobs: Job[] = [];
    const counts = new Map<string, number>();
    let read = 0;
    for await (const { job } of store.newest({ skipUnreadable: true })) {
      const key = keyOf(job);
      const count = counts.get(key) ?? 0;
      if (isSample(job) && count < MAX_JOBS) {
        jobs.push(job);
        counts.set(key, count + 1);
      }
      read += 1;
      if (read === MAX_RECORDS) break;
    }
    return jobs;
  }

  async function loadHistory(ended: Job[]): Promise<void> {
    const jobs = await recorded().catch((error): Job[] => {
      log.warn(`cannot learn from the records: ${error.message}`);
      return [];
    });
    for (const job of jobs.reverse()) if (isSample(job)) add(job);
    for (const job of ended) add(job);
    meanwhile = undefined;
  }

  return {
    expect: (job) => (known.get(keyOf(job)) ?? nothing).expected,
    learn(job) {
      if (!isSample(job)) return;
      taught.add(job.request_id as string);
      if (meanwhile) meanwhile.push(job);
      else add(job);
    },
    loadHistory() {
      if (!recalled) {
        meanwhile = [];
        recalled = loadHistory(meanwhile);
      }
      return recalled;
    },
  };
}
