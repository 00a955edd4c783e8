import type { Log } from '../../log.ts';
import type { Job } from '../job.ts';
import type { JobStore } from '../store.ts';

/** What is expected of a job's run time: its median in seconds and the sigma of its logarithm. */
export interface RunTime {
  median: number;
  sigma: number;
  /** On how many jobs this is based; older ones count less. */
  jobs: number;
}

// Nothing is published; these models are assumed to take 8 to 90 s. So a model's median is assumed to lie around
// PRIOR_MEDIAN seconds with MODEL_SIGMA between models, and a job around its model's with JOB_SIGMA. The first job of
// a model thus tells a lot about its median, and some two jobs as much about the sigma as was assumed.
const PRIOR_MEDIAN = 40;
const MODEL_SIGMA = 0.7;
const JOB_SIGMA = 0.5;
const JOB_SIGMA_WORTH = 2;
// Run times drift: no history is trusted to predict the next job better.
const MIN_SIGMA = 0.2;
// A sigma from few jobs is often too small, which costs far more than one that is too large.
const SIGMA_DOUBT = 1.5;
// Each job counts this much less than the next one, to follow drift: some 40 jobs count at most.
const FADING = 0.95;
// A job further off than this factor counts as this far off, so that one stuck job does not spoil what is known.
const MAX_STEP = Math.log(5);
const STEADY_FROM = 3;

/** Inputs that affect the run time of a model, by their published descriptions. */
const DURATION_INPUTS = ['quality', 'resolution'] as const;
// In seconds. Anything outside is not the run time of an image.
const MIN_RUN = 0.01;
const MAX_RUN = 3_600;

// How many of the newest records are read, and how many samples of each kind they give.
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
  const log = Math.log(seconds);
  const run = sums.weight < STEADY_FROM ? log : Math.min(mean + MAX_STEP, Math.max(mean - MAX_STEP, log));
  const weight = sums.weight * FADING + 1;
  const moved = mean + (run - mean) / weight;
  return {
    weight,
    squaredWeight: sums.squaredWeight * FADING ** 2 + 1,
    mean: moved,
    squares: sums.squares * FADING + (run - mean) * (run - moved),
  };
}

/** The expected next run time, with all its uncertainty in the sigma. */
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
  // No published input is anything but text here: it comes from a record that something else wrote.
  const texts = DURATION_INPUTS.map((name) =>
    typeof input[name] === 'string' ? input[name].slice(0, 20) : '',
  );
  return [model, ...texts].join('\n');
}

export type RunTimes = ReturnType<typeof createRunTimes>;

/** Run times of an account by model, quality and resolution, learned from jobs as they end and from the records. */
export function createRunTimes({ store, log }: { store: Pick<JobStore, 'newest'>; log: Log }) {
  const known = new Map<string, { sums: Sums; expected: RunTime }>();
  const nothing = { sums: NOTHING, expected: expectation(NOTHING) };
  /** Request ids of jobs that were learned from while they were followed: by several calls, and also in a record. */
  const learned = new Set<string>();
  /** Those that end while the history is loaded: they are newer than it. */
  let meanwhile: Job[] | undefined;
  let loading: Promise<void> | undefined;

  const isSample = ({ state, request_id, ran_seconds: ran = 0 }: Job): boolean =>
    state === 'succeeded' &&
    ran >= MIN_RUN &&
    ran <= MAX_RUN &&
    request_id !== undefined &&
    !learned.has(request_id);

  function add(job: Job): void {
    const key = keyOf(job);
    const sums = withRun((known.get(key) ?? nothing).sums, job.ran_seconds as number);
    known.set(key, { sums, expected: expectation(sums) });
  }

  /** The samples among the newest records, newest first. */
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

  async function load(ended: Job[]): Promise<void> {
    const jobs = await recorded().catch((error): Job[] => {
      log.warn(`cannot learn from the records: ${error.message}`);
      return [];
    });
    for (const job of jobs.reverse()) if (isSample(job)) add(job);
    for (const job of ended) add(job);
    meanwhile = undefined;
  }

  return {
    expect: (job: Kind): RunTime => (known.get(keyOf(job)) ?? nothing).expected,
    /** Learns from a job, if its run time is known closely. */
    learn(job: Job): void {
      if (!isSample(job)) return;
      learned.add(job.request_id as string);
      if (meanwhile) meanwhile.push(job);
      else add(job);
    },
    /** Learns from the newest records, once; resolves when that is done. Never rejects. */
    loadHistory(): Promise<void> {
      if (!loading) {
        meanwhile = [];
        loading = load(meanwhile);
      }
      return loading;
    },
  };
}
