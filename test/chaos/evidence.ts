import type { Job } from '../../src/jobs/job.ts';
import type { SandboxJob } from '../../src/sandbox/engine.ts';
import type { LibraryFound } from './library.ts';
import type { Slowness } from './slowness.ts';
import type { Task } from './tasks.ts';
import type { Telling, Witness } from './witness.ts';

// A process that had so long, in ms, after an answer was read must have recorded that it was; on a machine that is
// slow just then, so many times as long as a small durable write took.
const RECORDED_WITHIN = 100;
const TIMES_A_WRITE = 10;

/** What is held against each other at the end of a run. */
export interface Evidence {
  tasks: readonly Task[];
  /** What upstream accepted. */
  accepted: readonly SandboxJob[];
  records: readonly Job[];
  library: LibraryFound;
  witness: Witness;
  slowness: Slowness;
}

/** The evidence by what it is about. */
export function indexed({ accepted, records, witness: { tellings }, slowness }: Evidence) {
  const jobs = grouped(accepted, promptOf);
  const recorded = grouped(records, promptOf);
  const ended = grouped(
    tellings.filter(({ said }) => said === 'ended'),
    ({ requestId }) => requestId,
  );
  const promptById = new Map(records.map((job) => [job.request_id, promptOf(job)]));
  const placeOf = ({ batch, place }: Telling) => (batch === undefined ? '' : `${batch} ${place}`);
  const promptByPlace = new Map<string, string>(
    records.flatMap((job) => (job.batch ? [[`${job.batch.id} ${job.batch.index}`, promptOf(job)]] : [])),
  );
  const isAccepted = new Set(accepted.map(({ id }) => id));
  const isDoubt = ({ said, requestId = '' }: Telling) =>
    said === 'unknown' ||
    said === 'earlier_unknown' ||
    (said === 'gone' && requestId !== '' && !isAccepted.has(requestId));
  const doubts = grouped(
    tellings.filter(isDoubt),
    (one) => one.prompt ?? promptByPlace.get(placeOf(one)) ?? promptById.get(one.requestId),
  );
  /** Of a batch each answer tells it again. */
  const once = (tellings: readonly Telling[]) => [
    ...new Map(tellings.map((one, nth) => [placeOf(one) || nth, one])).values(),
  ];
  return {
    jobsOf: (prompt: string) => jobs.get(prompt) ?? [],
    deliveredOf: (prompt: string) =>
      (recorded.get(prompt) ?? []).filter((job) => job.delivered_at !== undefined),
    recordsOf: (prompt: string) => recorded.get(prompt) ?? [],
    /** The answers with which a job ended. */
    endingsOf: (requestId = '') => ended.get(requestId) ?? [],
    /** The answers that rightly called a job unknown and were the last of their call; upstream forgets none. */
    doubtsOf: (prompt: string) =>
      once((doubts.get(prompt) ?? []).filter(({ isPartial }) => isPartial !== true)),
    /** The answers to the calls that submitted a job themselves and knew no more of it. */
    ownDoubtsOf: (prompt: string) =>
      once((doubts.get(prompt) ?? []).filter(({ said }) => said === 'unknown')),
    /** Whether the process had enough time after an answer was read to record that. */
    hadTime({ process: { endsAt }, at }: Telling): boolean {
      if (endsAt === undefined) return true;
      return endsAt - at >= Math.max(RECORDED_WITHIN, TIMES_A_WRITE * slowness.between(at, endsAt));
    },
  };
}

export type Indexed = ReturnType<typeof indexed>;

export const promptOf = ({ input }: Pick<Job, 'input'>): string => String(input.prompt);

function grouped<Item>(items: readonly Item[], key: (item: Item) => string | undefined): Map<string, Item[]> {
  const groups = new Map<string, Item[]>();
  for (const item of items) {
    const name = key(item) ?? '';
    groups.set(name, [...(groups.get(name) ?? []), item]);
  }
  return groups;
}
