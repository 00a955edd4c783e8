import { setTimeout as delay } from 'node:timers/promises';
import type { Clock } from '../../src/clock.ts';

/**
 * A clock that stands still while anything runs and jumps to the next timer when all is idle, so that minutes
 * pass in milliseconds. For code that waits for nothing but this clock.
 */
export function createJumpingClock(start = Date.parse('2026-01-01T00:00:00Z')): Clock {
  let now = start;
  let pumping = false;
  const timers: { at: number; wake: () => void }[] = [];

  function pump(): void {
    const next = timers.sort((a, b) => a.at - b.at).shift();
    pumping = next !== undefined;
    if (!next) return;
    now = Math.max(now, next.at);
    next.wake();
    setImmediate(pump);
  }

  return {
    now: () => now,
    sleep(ms, signal) {
      return new Promise((resolve, reject) => {
        if (signal?.aborted) return reject(signal.reason);
        const timer = { at: now + ms, wake };
        const drop = () => {
          timers.splice(timers.indexOf(timer), 1);
          reject(signal?.reason);
        };
        function wake() {
          signal?.removeEventListener('abort', drop);
          resolve();
        }
        timers.push(timer);
        signal?.addEventListener('abort', drop, { once: true });
        if (!pumping) setImmediate(pump);
        pumping = true;
      });
    },
  };
}

/** A clock that runs `factor` times as fast as the real one, for code that also waits for real HTTP. */
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
