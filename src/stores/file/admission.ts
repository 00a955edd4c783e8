import type { Clock } from '../../clock.ts';
import type { ToolError } from '../../errors.ts';
import type { Job } from '../../jobs/job.ts';
import type { Intent, LimitCheck, Query, StoredJob } from '../../jobs/store.ts';
import { DAY } from '../rules.ts';

// How often a call tries for a place that another pending call may yet leave free, and its first pause in ms.
const MAX_TRIES = 6;
const FIRST_PAUSE = 40;

export interface AdmissionOptions {
  reserve(intent: Intent, call: string, isAgain: boolean): Promise<StoredJob>;
  withdraw(id: string, call: string): Promise<void>;
  newest(query: Query): AsyncGenerator<StoredJob>;
  clock: Clock;
  random: () => number;
}

/**
 * Reserves jobs that limits may forbid, across processes. A call counts all others after it is recorded itself, so of
 * two that race at least one sees the other: never do both get the last place. Who is too many only because of calls
 * that are pending themselves tries again; the first of them by id stays on record meanwhile and the others withdraw,
 * so that one of them gets the place.
 */
export function createAdmission({ reserve, withdraw, newest, clock, random }: AdmissionOptions) {
  let last: Promise<unknown> = Promise.resolve();

  /** Why a reserved job is one too many, or undefined where it is not. */
  async function judge({ id, job }: StoredJob, check: LimitCheck): Promise<Verdict | undefined> {
    const now = clock.now();
    const others: StoredJob[] = [];
    for await (const other of newest({ since: new Date(now - DAY).toISOString() }))
      if (other.id !== id && other.job.state !== 'cancelled') others.push(other);
    const over = (jobs: readonly StoredJob[]) =>
      check(
        job,
        jobs.map((other) => other.job),
        now,
      );
    const error = over(others);
    if (!error) return undefined;
    return {
      error,
      isFinal: over(others.filter((other) => !isPending(other.job))) !== undefined,
      isFirst: others.every((other) => !isPending(other.job) || other.id > id),
    };
  }

  async function admit(intent: Intent, call: string, check: LimitCheck): Promise<StoredJob> {
    for (let tries = 1; ; tries++) {
      const stored = await reserve(intent, call, tries > 1);
      if (stored.job.state !== 'reserved') return stored;
      const verdict = await judge(stored, check).catch(async (error) => {
        await withdraw(stored.id, call);
        throw error;
      });
      if (!verdict) return stored;
      const isOver = verdict.isFinal || tries === MAX_TRIES;
      if (isOver || !verdict.isFirst) await withdraw(stored.id, call);
      if (isOver) throw verdict.error;
      await clock.sleep(random() * FIRST_PAUSE * 2 ** tries);
    }
  }

  return (intent: Intent, call: string, check: LimitCheck): Promise<StoredJob> => {
    // One at a time within a process, so that only processes race.
    const admitted = last.then(() => admit(intent, call, check));
    last = admitted.catch(() => {});
    return admitted;
  };
}

interface Verdict {
  error: ToolError;
  /** It is too many even without the calls that are pending. */
  isFinal: boolean;
  /** Of the pending calls it is the first. */
  isFirst: boolean;
}

const isPending = ({ state }: Job): boolean => state === 'reserved' || state === 'submitting';
