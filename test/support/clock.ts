import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';
import { createIdle } from './idle.ts';

// In ms of real time.
const GIVES_UP_AFTER = 120_000;

/** A clock that jumps. */
export interface JumpingClock extends Clock {
  /** How often a request is looked at, once a ms at most, before its server is taken for one that waits too. */
  patience: number;
  /** Resolves as soon as this holds, before time goes on; or with false if it never does. */
  until(holds: () => boolean): Promise<boolean>;
  /** Lets so many ms pass at once. */
  advance(ms: number): void;
  /** Nothing that sleeps now is woken any more. */
  stop(): void;
}

/**
 * A clock that stands still while anything moves and jumps to the next timer when all is idle, so that minutes pass in
 * milliseconds, and as many of them on a busy machine as on a quiet one. HTTP, files and decoders stay real.
 */
export function createJumpingClock(start = Date.parse('2026-01-01T00:00:00Z')): JumpingClock {
  let now = start;
  let isRunning = false;
  let isStopped = false;
  const timers = new Set<{ at: number; wake: () => void }>();
  const conditions = new Set<{ holds: () => boolean; end: number; go: (held: boolean) => void }>();

  const idle = createIdle(
    () => clock.patience,
    () => isStopped,
  );

  async function run(): Promise<void> {
    isRunning = true;
    while (timers.size + conditions.size > 0) {
      await idle();
      const [over] = [...conditions].filter(({ holds, end }) => holds() || performance.now() > end);
      const [next] = [...timers].sort((a, b) => a.at - b.at);
      if (over) {
        conditions.delete(over);
        over.go(over.holds());
      } else if (next) {
        timers.delete(next);
        now = Math.max(now, next.at);
        next.wake();
      } else await delay(1);
    }
    isRunning = false;
  }

  const clock: JumpingClock = {
    patience: 40,
    now: () => now,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const timer = { at: now + ms, wake };
        const drop = () => {
          timers.delete(timer);
          reject(signal?.reason);
        };
        function wake() {
          signal?.removeEventListener('abort', drop);
          resolve();
        }
        timers.add(timer);
        signal?.addEventListener('abort', drop, { once: true });
        if (!isRunning) void run();
      });
    },
    until(holds) {
      return new Promise((go) => {
        conditions.add({ holds, end: performance.now() + GIVES_UP_AFTER, go });
        if (!isRunning) void run();
      });
    },
    advance(ms) {
      now += ms;
    },
    stop() {
      isStopped = true;
      timers.clear();
      conditions.clear();
    },
  };
  return clock;
}

/** A clock that runs `factor` times as fast as the real one, for tests whose other processes are on real time. */
export function createFastClock(factor: number): Clock {
  const began = Date.now();
  const startedAt = performance.now();
  return {
    now: () => began + (performance.now() - startedAt) * factor,
    async sleep(ms, signal) {
      signal?.throwIfAborted();
      await delay(ms / factor, undefined, signal ? { signal } : {}).catch((error) => {
        signal?.throwIfAborted();
        throw error;
      });
    },
  };
}
