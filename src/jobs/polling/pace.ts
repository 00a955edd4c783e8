import type { Clock } from '../../clock.ts';

/** How many reads may be sent at once after a pause. */
export const BURST = 5;

/**
 * A budget of reads in this process: takes some at a pace, and tells the ms to wait before the last of them may be sent.
 * Each one before it may go 1000 / perSecond ms sooner.
 */
export function createPace(clock: Clock): (count: number, perSecond: number) => number {
  // When all that was taken is used up; up to BURST reads go ahead of it.
  let readyAt = Number.NEGATIVE_INFINITY;
  let askedAt = clock.now();
  return (count, perSecond) => {
    const now = clock.now();
    // A clock that is set back must not stop the reads.
    readyAt -= Math.max(0, askedAt - now);
    askedAt = now;
    const each = 1000 / perSecond;
    readyAt = Math.max(readyAt, now) + count * each;
    return Math.max(0, readyAt - now - BURST * each);
  };
}
