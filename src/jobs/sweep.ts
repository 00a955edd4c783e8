import { isFinal, type Job } from './job.ts';
import type { JobsOptions } from './options.ts';
import type { Jobs } from './service.ts';
import type { StoredJob } from './store.ts';

/** How far back it looks, in ms: what RunComfy has not ended in a week, it does not end. */
export const SWEPT_WITHIN = 7 * 86_400_000;
// In ms. The call of a job that is younger is about to be made again, or its holder just being watched: it is not given up.
const LEFT_FOR = 60_000;
// Jobs that are read in one pass.
const AT_ONCE = 5;
// A job is read again after a tenth of its age, within these bounds in ms.
const [SHARE, LATEST] = [0.1, 3_600_000];
const LIMITS: SweepLimits = { youngest: LEFT_FOR, oldest: SWEPT_WITHIN, soonest: 25_000 };

export type Sweep = ReturnType<typeof createSweep>;

/** Which jobs are read, and how soon again, in ms. */
export interface SweepLimits {
  /** How old they are at least, and at most. */
  youngest: number;
  oldest: number;
  /** The least time after which a job is read again. */
  soonest: number;
}

/** What one pass did: how many jobs it read, how many more were due, and of how many RunComfy has yet to tell the end. */
export interface Swept {
  read: number;
  due: number;
  open: number;
}

/**
 * Makes what looks after the jobs of an account that no call follows, so that they end in the records: one pass reads
 * some of them once. It leases none and delivers none: a call that repeats one gets it at any time, so that processes
 * which look after the same job do no harm.
 */
export function createSweep({
  store,
  lookAfter,
  clock,
  onEnded,
  limits: { youngest, oldest, soonest } = LIMITS,
}: Pick<JobsOptions, 'store' | 'clock'> & {
  lookAfter: Jobs['lookAfter'];
  onEnded: (job: Job) => void;
  limits?: SweepLimits;
}) {
  /** When a job was read, in ms, by its id. */
  const read = new Map<string, number>();

  function isDue({ id, job }: StoredJob): boolean {
    const at = read.get(id);
    if (at === undefined) return true;
    const share = (at - Date.parse(job.submitted_at ?? '')) * SHARE;
    const passed = clock.now() - at;
    // A clock that was set back must not keep it from being read.
    return passed < 0 || passed >= Math.min(LATEST, Math.max(soonest, share));
  }

  /** One pass. Rejects with what the records or RunComfy answer, or the signal's reason. */
  return async (signal: AbortSignal): Promise<Swept> => {
    const at = (ms: number) => new Date(clock.now() - ms).toISOString();
    const seen = new Set<string>();
    let open = 0;
    // Without their inputs: there may be thousands.
    const due: { id: string; requestId: string }[] = [];
    for await (const stored of store.unfollowed(at(oldest), at(youngest))) {
      signal.throwIfAborted();
      const { id, job } = stored;
      if (job.request_id !== undefined) {
        open += 1;
        if (isDue(stored)) due.push({ id, requestId: job.request_id });
      } else if ((job.submitted_at ?? '') <= at(LEFT_FOR)) await store.giveUp(stored);
      seen.add(id);
    }
    for (const id of read.keys()) if (!seen.has(id)) read.delete(id);
    // Those first that were read longest ago, or never.
    due.sort((a, b) => (read.get(a.id) ?? 0) - (read.get(b.id) ?? 0));
    const now = due.splice(0, AT_ONCE);
    for (const { id, requestId } of now) {
      read.set(id, clock.now());
      const after = await lookAfter(requestId, signal);
      if (!isFinal(after.state)) continue;
      onEnded(after);
      open -= 1;
    }
    return { read: now.length, due: due.length, open };
  };
}
