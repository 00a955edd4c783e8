import type { Clock } from '../../clock.ts';

/** The seconds of waiting that a read is expected to save at a time (ms). */
type Priority = (now: number) => number;

/** For a read that somebody is waiting for, or that another read depends on. */
export const AT_ONCE: Priority = () => Number.POSITIVE_INFINITY;

export type RateLimiter = ReturnType<typeof createRateLimiter>;

// RunComfy publishes no limit; ten reads a second is what is assumed to be welcome.
const PER_SECOND = 10;
// How many may be sent at once after a pause.
const BURST = 5;

interface Waiting {
  priority: Priority;
  go: () => void;
}

/**
 * A token bucket for all that a process reads about the jobs of an account: reads slow down together instead of being
 * refused.
 */
export function createRateLimiter(clock: Clock, perSecond = PER_SECOND) {
  const waiting = new Set<Waiting>();
  let tokens = BURST;
  let countedAt = clock.now();
  let isHandingOut = false;

  function refill(): void {
    const now = clock.now();
    // A clock that is set back must not stop the reads.
    tokens = Math.min(BURST, tokens + (Math.max(0, now - countedAt) / 1000) * perSecond);
    countedAt = now;
  }

  function highest(): Waiting | undefined {
    const now = clock.now();
    let best: Waiting | undefined;
    let most = Number.NEGATIVE_INFINITY;
    for (const one of waiting) {
      const priority = one.priority(now);
      // A read whose priority is NaN must neither be passed over for ever nor keep the others waiting.
      if (!best || priority > most) [best, most] = [one, Number.isNaN(priority) ? most : priority];
    }
    return best;
  }

  async function handOut(): Promise<void> {
    isHandingOut = true;
    for (let next = highest(); next; next = highest()) {
      refill();
      if (tokens < 1) await clock.sleep(Math.ceil(((1 - tokens) / perSecond) * 1000));
      else {
        tokens -= 1;
        waiting.delete(next);
        next.go();
      }
    }
    isHandingOut = false;
  }

  return {
    /** Resolves when a read may be sent, the one of the highest priority first. Rejects with the signal's reason. */
    async acquire(priority: Priority, signal: AbortSignal): Promise<void> {
      signal.throwIfAborted();
      return new Promise((resolve, reject) => {
        const drop = () => {
          waiting.delete(one);
          reject(signal.reason);
        };
        const go = () => {
          signal.removeEventListener('abort', drop);
          resolve();
        };
        const one = { priority, go };
        waiting.add(one);
        signal.addEventListener('abort', drop, { once: true });
        if (!isHandingOut) void handOut();
      });
    },
  };
}
