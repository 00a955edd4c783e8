import { subscribe } from 'node:diagnostics_channel';
import { createRequire, syncBuiltinESMExports } from 'node:module';
import { performance } from 'node:perf_hooks';
import { setImmediate as turn } from 'node:timers/promises';
import { vi } from 'vitest';
import { isPoolBusy } from '../../src/thread-pool.ts';

// Turns of the event loop in which nothing may come from outside: what was read in one is answered in the next.
const QUIET_TURNS = 4;

/** Requests of this process, by undici or by Node's fetch, which have not ended. */
const open = new Set<object>();

subscribe('undici:request:create', (message) => open.add((message as { request: object }).request));
for (const end of ['undici:request:trailers', 'undici:request:error'])
  subscribe(end, (message) => open.delete((message as { request: object }).request));

// Pauses in real time, as between two tries to read a file, are no idleness.
const pauses = new Set<object>();
const timers: typeof import('node:timers/promises') = createRequire(import.meta.url)('node:timers/promises');
const delay = timers.setTimeout;
timers.setTimeout = (...given) => {
  const pause = {};
  pauses.add(pause);
  return (delay as typeof timers.setTimeout)(...given).finally(() => pauses.delete(pause));
};
syncBuiltinESMExports();

/** Some work that no clock may jump over, such as a statement that a database executes. */
export function underWay<Result>(work: Promise<Result>): Promise<Result> {
  const pause = {};
  pauses.add(pause);
  return work.finally(() => pauses.delete(pause));
}

/** How many events from outside, such as data on a socket, this process has had. */
const events = () => performance.nodeTiming.uvMetricsInfo.events;

/**
 * What resolves when nothing in this process moves: no request, no file, no decoder, no import, no pause in real time.
 * A request that stays open for `patience` looks at all this, each at least a ms after the last, while nothing moves, is
 * held by a server that waits as well. Looks are counted, not time: a process that gets no time may find its data later.
 * Resolves too when `isStopped`: two that look at the same time see each other move.
 */
export function createIdle(
  patience: () => number,
  isStopped: () => boolean = () => false,
): () => Promise<void> {
  const held = new WeakSet<object>();
  // What an earlier test left behind.
  const left = new Set(pauses);
  const isPausing = () => [...pauses].some((pause) => !left.has(pause));

  return async () => {
    let seen = events();
    let looks = 0;
    for (let quiet = 0; quiet < QUIET_TURNS; ) {
      await turn();
      if (isStopped()) return;
      if (quiet === QUIET_TURNS - 1) await vi.dynamicImportSettled();
      if (seen !== events() || isPausing() || isPoolBusy()) {
        if (seen === events()) await delay(1);
        seen = events();
        [quiet, looks] = [0, 0];
      } else if (++quiet === QUIET_TURNS) {
        const moving = [...open].filter((request) => !held.has(request));
        if (moving.length === 0) return;
        if (++looks > patience()) for (const request of moving) held.add(request);
        await delay(1);
        quiet = 0;
      }
    }
  };
}
