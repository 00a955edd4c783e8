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
/** Those of them that a server holds. */
const held = new WeakSet<object>();

subscribe('undici:request:create', (message) => open.add((message as { request: object }).request));
for (const end of ['undici:request:trailers', 'undici:request:error'])
  subscribe(end, (message) => open.delete((message as { request: object }).request));

// Pauses in real time, as between two tries to read a file, are no idleness.
let pauses = 0;
const timers: typeof import('node:timers/promises') = createRequire(import.meta.url)('node:timers/promises');
const delay = timers.setTimeout;
timers.setTimeout = (...given) => {
  pauses += 1;
  return (delay as typeof timers.setTimeout)(...given).finally(() => {
    pauses -= 1;
  });
};
syncBuiltinESMExports();

/** How many events from outside, such as data on a socket, this process has had. */
const events = () => performance.nodeTiming.uvMetricsInfo.events;

/**
 * Resolves when nothing in this process moves: no request, no file, no decoder, no import, no pause in real time. What
 * keeps a request open for longer than `patience`, in ms, while nothing else moves, is a server that waits as well.
 */
export async function idle(patience: () => number): Promise<void> {
  let seen = events();
  let since = performance.now();
  for (let quiet = 0; quiet < QUIET_TURNS; ) {
    await turn();
    if (seen !== events()) {
      seen = events();
      since = performance.now();
      quiet = 0;
    } else if (pauses > 0 || isPoolBusy()) {
      await delay(1);
      since = performance.now();
      quiet = 0;
    } else if (++quiet === QUIET_TURNS) {
      await vi.dynamicImportSettled();
      const moving = [...open].filter((request) => !held.has(request));
      if (seen === events() && moving.length === 0) return;
      if (performance.now() - since > patience()) for (const request of moving) held.add(request);
      else await delay(1);
      quiet = 0;
    }
  }
}
