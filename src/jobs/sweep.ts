import { isFinal, type Job } from './job.ts';
import type { JobsOptions } from './options.ts';
import type { Jobs } from './service.ts';
import type { StoredJob } from './store.ts';

/** How far back it looks, in ms: what RunComfy has not ended in a week, it does not end. */
export const SWEPT_WITHIN = 7 * 86_400_000;
// In ms. The call of a job that is younger is about to be made again, or its holder just being watched.
const LEFT_FOR = 60_000;
// Jobs that are read in one pass.
const AT_ONCE = 5;
// A job is read again after a tenth of its age, within these bounds in ms.
const [SHARE, SOONEST, LATEST] = [0.1, 25_000, 3_600_000];

export type Sweep = ReturnType<typeof createSweep>;

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
}: Pick<JobsOptions, 'store' | 'clock'> & {
  lookAfter: Jobs['lookAfter'];
  onEnded: (job: Job) => void;
}) {
  /** When a job was read, in ms, by its id. */
  const read = new Map<string, number>();

  function isDue({ id, job }: StoredJob): boolean {
    const at = read.get(id);
    if (at === undefined) return true;
    const share = (at - Date.parse(job.submitted_at ?? '')) * SHARE;
    const passed = clock.now() - at;
    // A clock that was set back must not keep it from being read.
    return passed < 0 || passed >= Math.min(LATEST, Math.max(SOONEST, share));
  }

  /** One pass. Rejects with what the records or RunComfy answer, or the signal's reason. */
  return async (signal: AbortSignal): Promise<void> => {
    const at = (ms: number) => new Date(clock.now() - ms).toISOString();
    const seen = new Set<string>();
    // Without their inputs: there may be thousands.
    const due: { id: string; requestId: string }[] = [];
    for await (const stored of store.unfollowed(at(SWEPT_WITHIN), at(LEFT_FOR))) {
      signal.throwIfAborted();
      const { id, job } = stored;
      if (job.request_id === undefined) await store.giveUp(stored);
      else if (isDue(stored)) due.push({ id, requestId: job.request_id });
      seen.add(id);
    }
    for (const id of read.keys()) if (!seen.has(id)) read.delete(id);
    // Those first that were read longest ago, or never.
    due.sort((a, b) => (read.get(a.id) ?? 0) - (read.get(b.id) ?? 0));
    for (const { id, requestId } of due.slice(0, AT_ONCE)) {
      read.set(id, clock.now());
      const after = await lookAfter(requestId, signal);
      if (isFinal(after.state)) onEnded(after);
    }
  };
}
