import type { Clock } from '../../clock.ts';

/** The rate limiter of all that a process reads about its jobs: they slow down together instead of being refused. */
export interface RateLimiter {
  /**
   * Resolves when the next read may go out. Where more are due than may go, the one of the highest priority goes first: `priority`
   * tells the seconds of waiting that the read is expected to have in it at a time (ms). Rejects with the signal's reason.
   */
  acquire(priority: (now: number) => number, signal: AbortSignal): Promise<void>;
}

// RunComfy publishes no limit; ten reads a second is what is assumed to be welcome.
const PER_SECOND = 10;
// What may go out at once after a pause.
const BURST = 5;

interface Waiting {
  priority: (now: number) => number;
  go: () => void;
}

/** A token bucket whose tokens go to the reads of the highest priority. */
export function createRateLimiter(clock: Clock, perSecond = PER_SECOND): RateLimiter {
  const waiting = new Set<Waiting>();
  let tokens = BURST;
  let countedAt = clock.now();
  let handingOut = false;

  function refill(): void {
    const now = clock.now();
    // A clock that is set back must not stop the reads.
    tokens = Math.min(BURST, tokens + (Math.max(0, now - countedAt) / 1000) * perSecond);
    countedAt = now;
  }

  function worthiest(): Waiting | undefined {
    const now = clock.now();
    let best: Waiting | undefined;
    let most = Number.NEGATIVE_INFINITY;
    for (const one of waiting) {
      const priority = one.priority(now);
      // One whose priority is no number must not be passed over for ever, nor keep the others waiting.
      if (!best || priority > most) [best, most] = [one, Number.isNaN(priority) ? most : priority];
    }
    return best;
  }

  async function handOut(): Promise<void> {
    handingOut = true;
    for (let next = worthiest(); next; next = worthiest()) {
      refill();
      if (tokens < 1) await clock.sleep(Math.ceil(((1 - tokens) / perSecond) * 1000));
      else {
        tokens -= 1;
        waiting.delete(next);
        next.go();
      }
    }
    handingOut = false;
  }

  return {
    async acquire(priority, signal) {
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
        if (!handingOut) void handOut();
      });
    },
  };
}
