import type { Clock } from '../clock.ts';
import type { Job } from '../jobs/job.ts';
import type { Intent, LimitCheck, Query, StoredJob } from '../jobs/store.ts';
import { DAY } from './backend.ts';

// How often a call tries for a place that a pending call may yet leave free, and its pauses in ms. A batch of 16 is
// pending for some 100 ms.
const MAX_TRIES = 12;
const [FIRST_PAUSE, MAX_PAUSE] = [40, 640];

/**
 * Reserves jobs within limits, across processes. A call counts all others after it is recorded itself, so of two that
 * race at least one sees the other: never do both get the last place. A call that is one too many only because of
 * pending ones tries again; the first of those by id stays on record meanwhile and the others withdraw, so that one of
 * them gets the place.
 */
export function createAdmission(store: {
  reserve(intents: readonly Intent[], call: string, isAgain: boolean): Promise<StoredJob[]>;
  withdraw(id: string, call: string): Promise<void>;
  newest(query: Query): AsyncGenerator<StoredJob>;
  clock: Clock;
  random: () => number;
}) {
  const { reserve, withdraw, newest, clock, random } = store;
  let last: Promise<unknown> = Promise.resolve();

  /** Why the jobs of a call exceed a limit, whether they do so even without the pending ones, and whether they are the first of those. */
  async function checkLimits(reserved: readonly StoredJob[], check: LimitCheck) {
    const now = clock.now();
    const others: StoredJob[] = [];
    const ids = new Set(reserved.map(({ id }) => id));
    const [first = ''] = [...ids].sort();
    for await (const other of newest({ since: new Date(now - (check.looksBack ?? DAY)).toISOString() }))
      if (!ids.has(other.id) && other.job.state !== 'cancelled') others.push(other);
    const checkAgainst = (stored: readonly StoredJob[]) => {
      const jobsOf = (some: readonly StoredJob[]) => some.map(({ job }) => job);
      return check(jobsOf(reserved), jobsOf(stored), now);
    };
    const error = checkAgainst(others);
    return (
      error && {
        error,
        isFinal: checkAgainst(others.filter((other) => !isPending(other.job))) !== undefined,
        isFirst: others.every((other) => !isPending(other.job) || other.id > first),
      }
    );
  }

  async function admit(intents: readonly Intent[], call: string, check: LimitCheck): Promise<StoredJob[]> {
    const withdrawAll = (stored: readonly StoredJob[]) =>
      Promise.all(stored.map(({ id }) => withdraw(id, call)));
    for (let tries = 1; ; tries++) {
      const stored = await reserve(intents, call, tries > 1);
      if (stored.some(({ job }) => job.state !== 'reserved')) return stored;
      const verdict = await checkLimits(stored, check).catch(async (error) => {
        await withdrawAll(stored);
        throw error;
      });
      if (!verdict) return stored;
      const isOver = verdict.isFinal || tries === MAX_TRIES;
      if (isOver || !verdict.isFirst) await withdrawAll(stored);
      if (isOver) throw verdict.error;
      await clock.sleep(random() * Math.min(MAX_PAUSE, FIRST_PAUSE * 2 ** tries));
    }
  }

  // One at a time within a process, so that only processes race.
  return (intents: readonly Intent[], call: string, check: LimitCheck): Promise<StoredJob[]> => {
    const admitted = last.then(() => admit(intents, call, check));
    last = admitted.catch(() => {});
    return admitted;
  };
}

const isPending = ({ state }: Job): boolean => state === 'reserved' || state === 'submitting';
