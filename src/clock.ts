/** Time as the program sees it: injected, so that tests run minutes in milliseconds. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits `ms`; rejects with the signal's reason as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/**
 * A signal that aborts with the caller's, or with `reason` after `ms`, or before that if `early` aborts; `clear` stops the
 * timer when the wait is over.
 */
export function startDeadline(
  clock: Clock,
  ms: number,
  {
    signal,
    reason,
    early,
  }: { signal?: AbortSignal | undefined; reason?: Error; early?: AbortSignal | undefined },
): { signal: AbortSignal; clear(): void } {
  // One controller, for the timer too: each costs a waiting job almost 1 kB.
  const end = new AbortController();
  const follow = () => end.abort(signal?.reason);
  const endEarly = () => end.abort(reason);
  if (signal?.aborted) follow();
  else if (early?.aborted) endEarly();
  signal?.addEventListener('abort', follow);
  early?.addEventListener('abort', endEarly);
  if (Number.isFinite(ms))
    clock.sleep(Math.max(0, ms), end.signal).then(
      () => end.abort(reason),
      () => {},
    );
  return {
    signal: end.signal,
    clear() {
      signal?.removeEventListener('abort', follow);
      early?.removeEventListener('abort', endEarly);
      end.abort();
    },
  };
}

/** Does work that has `ms`: its signal then aborts with `late`, and with the caller's signal if there is one. */
export function within<Result>(
  clock: Clock,
  ms: number,
  late: Error,
  work: (signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const deadline = startDeadline(clock, ms, { signal, reason: late });
  return work(deadline.signal).finally(deadline.clear);
}

/** The result of work that cannot be stopped; rejects with the signal's reason as soon as it aborts. */
export function unlessAborted<Result>(work: Promise<Result>, signal: AbortSignal): Promise<Result> {
  return new Promise((resolve, reject) => {
    const abort = () => reject(signal.reason);
    if (signal.aborted) abort();
    signal.addEventListener('abort', abort, { once: true });
    // Always handled: a rejection that nobody handles would end the process.
    work.finally(() => signal.removeEventListener('abort', abort)).then(resolve, reject);
  });
}

// setTimeout fires at once when it is asked for more than 2^31 - 1 ms.
const MAX_TIMER = 2 ** 31 - 1;

// By hand: `node:timers/promises` keeps 1.9 kB for a wait that can be aborted, and a thousand jobs wait at once.
const sleepOnce: Clock['sleep'] = (ms, signal) =>
  new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const wake = () => {
      signal?.removeEventListener('abort', abort);
      resolve();
    };
    const timer = setTimeout(wake, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });

const sleep: Clock['sleep'] = (ms, signal) =>
  ms > MAX_TIMER
    ? sleepOnce(MAX_TIMER, signal).then(() => sleep(ms - MAX_TIMER, signal))
    : sleepOnce(ms, signal);

export const systemClock: Clock = { now: Date.now, sleep };
