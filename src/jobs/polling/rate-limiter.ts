import type { Clock } from '../../clock.ts';
import type { JobStore } from '../store.ts';
import { createPace } from './pace.ts';
import type { TakePlace } from './turns.ts';

/** The seconds of waiting that a read is expected to save at a time (ms). */
type Priority = (now: number) => number;

/** For a read that somebody is waiting for, or that another read depends on. */
export const AT_ONCE: Priority = () => Number.POSITIVE_INFINITY;

export type RateLimiter = ReturnType<typeof createRateLimiter>;

// RunComfy publishes no limit; ten reads a second is what is assumed to be welcome.
const PER_SECOND = 10;
// Reads are taken for so many ms at once: so few that processes which share a budget alternate, so many that the way to
// a database slows nothing down.
const TAKEN_FOR = 300;
// For how many ms a process keeps a pace of its own where its store did not answer.
const ON_ITS_OWN = 5_000;

const nothing = () => {};

interface Waiting {
  priority: Priority;
  /** Takes what gives back the place of the read. */
  go: (giveBack: () => void) => void;
}

/**
 * Paces all that a process reads about the jobs of an account, by the budget that it shares with other processes: reads
 * slow down together instead of being refused. Without an answer of `takeReads` it keeps that pace by itself. Where there
 * are several accounts, a read waits for a place too.
 */
export function createRateLimiter(
  clock: Clock,
  {
    perSecond = PER_SECOND,
    takeReads,
    takePlace,
  }: {
    perSecond?: number | undefined;
    takeReads?: JobStore['takeReads'];
    takePlace?: TakePlace | undefined;
  } = {},
) {
  const waiting = new Set<Waiting>();
  const takeOwn = createPace(clock);
  const atOnce = Math.max(1, Math.floor((perSecond * TAKEN_FOR) / 1000));
  let failedAt: number | undefined;
  let isHandingOut = false;

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

  /** The ms to wait before the last of some reads may be sent. */
  async function take(count: number): Promise<number> {
    // Those that come from the common budget count too: there is no burst when it is away.
    const own = takeOwn(count, perSecond);
    const since = failedAt === undefined ? undefined : clock.now() - failedAt;
    // A clock that is set back must not keep the budgets apart.
    if (!takeReads || (since !== undefined && since >= 0 && since < ON_ITS_OWN)) return own;
    try {
      const wait = await takeReads(count, perSecond);
      failedAt = undefined;
      return wait;
    } catch {
      failedAt = clock.now();
      return own;
    }
  }

  async function handOut(): Promise<void> {
    isHandingOut = true;
    while (waiting.size > 0) {
      const count = Math.min(waiting.size, atOnce);
      const last = await take(count);
      const takenAt = clock.now();
      for (let nth = 1; nth <= count && waiting.size > 0; nth++) {
        const passed = Math.max(0, clock.now() - takenAt);
        const wait = last - ((count - nth) / perSecond) * 1000 - passed;
        if (wait > 0) await clock.sleep(Math.ceil(wait));
        const giveBack = takePlace ? await takePlace() : nothing;
        // Only now, as a read of a higher priority may have come meanwhile.
        const next = highest();
        if (next) {
          waiting.delete(next);
          next.go(giveBack);
        } else giveBack();
      }
    }
    isHandingOut = false;
  }

  async function place(priority: Priority, signal: AbortSignal): Promise<() => void> {
    signal.throwIfAborted();
    return new Promise((resolve, reject) => {
      const drop = () => {
        waiting.delete(one);
        reject(signal.reason);
      };
      const go = (giveBack: () => void) => {
        signal.removeEventListener('abort', drop);
        resolve(giveBack);
      };
      const one = { priority, go };
      waiting.add(one);
      signal.addEventListener('abort', drop, { once: true });
      if (!isHandingOut) void handOut();
    });
  }

  return {
    /** Resolves when a read may be sent, to what has to be called when it is over. Rejects with the signal's reason. */
    place,
    /** Reads when it may, the read of the highest priority first. Rejects with the signal's reason if that aborts before. */
    async read<Reply>(priority: Priority, signal: AbortSignal, send: () => Promise<Reply>): Promise<Reply> {
      const giveBack = await place(priority, signal);
      try {
        return await send();
      } finally {
        giveBack();
      }
    },
    /** Resolves when something may be sent that counts as a read, and takes no place. Rejects with the signal's reason. */
    async acquire(priority: Priority, signal: AbortSignal): Promise<void> {
      (await place(priority, signal))();
    },
  };
}
