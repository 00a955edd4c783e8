import { setMaxListeners } from 'node:events';
import { ToolError } from '../../errors.ts';
import type { Outcome, Wait } from '../calls.ts';
import type { Claim } from '../claims.ts';
import type { Job } from '../job.ts';
import { hasEnded, type Member } from './batch.ts';

/**
 * Gathers what becomes of a batch's jobs, each on a wait of its own. To the records the answer of each is delivered only
 * with the one that tells the end of all: until then the same call gets all of them again.
 */
export function createMembers(wait: Wait) {
  // Every job listens to its end.
  setMaxListeners(0, wait.signal);
  let tell: (isWhole: boolean) => void = () => {};
  const isWhole = new Promise<boolean>((resolve) => {
    tell = resolve;
  });
  const delivered = isWhole.then((whole) => whole && wait.delivered);
  const latest = new Map<number, Job>();
  const claims: Claim[] = [];

  function report(index: number, job: Job): void {
    latest.set(index, job);
    wait.onPoll([...latest].sort(([a], [b]) => a - b).map(([, one]) => one));
  }

  /** What work on a claimed job brings. */
  async function follow(index: number, claim: Claim, work: Promise<Outcome>): Promise<Member> {
    claims.push(claim);
    report(index, claim.job);
    const { model } = claim.job;
    try {
      const { job, readError } = await work;
      report(index, job);
      return { index, model, job, ...(readError && { error: readError }) };
    } catch (error) {
      if (!(error instanceof ToolError)) throw error;
      // For the progress: nothing more is expected of it.
      report(index, { ...claim.job, state: 'unknown' });
      const isSubmitted = claim.job.request_id !== undefined || error.charged !== 'no';
      return { index, model, ...(isSubmitted && { job: claim.job }), error };
    }
  }

  return {
    waitOf: (index: number): Wait => ({
      ...wait,
      delivered,
      onPoll: ([job]) => job && report(index, job),
    }),
    follow,
    /** Resolves when all have ended, or the wait is over; `absent` are those that were not claimed. */
    async gather(following: readonly Promise<Member>[], absent: readonly Member[] = []): Promise<Member[]> {
      // If the caller gave up, each job still has to be cancelled or handed over.
      const settled = await Promise.allSettled(following);
      const members = settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const all = [...members, ...absent].sort((a, b) => a.index - b.index);
      const failed = settled.find((one) => one.status === 'rejected');
      const isOver = !failed && all.every(hasEnded);
      tell(isOver);
      // The same call may come as soon as this one is answered: what has ended must be free too.
      if (!isOver) await Promise.all(claims.map((claim) => claim.handOver()));
      if (failed) throw failed.reason;
      return all;
    },
  };
}
