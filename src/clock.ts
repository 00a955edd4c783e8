/** Time as the program sees it: injected, so that tests run minutes in milliseconds. */
export interface Clock {
  /** Milliseconds since the epoch. */
  now(): number;
  /** Waits `ms`; rejects with the signal's reason as soon as the signal aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}

/** Does work that is given `ms`: its signal then aborts with `late`, and with the caller's where there is one. */
export async function within<Result>(
  clock: Clock,
  ms: number,
  late: Error,
  work: (signal: AbortSignal) => Promise<Result>,
  signal?: AbortSignal,
): Promise<Result> {
  const end = new AbortController();
  const done = new AbortController();
  clock.sleep(ms, done.signal).then(
    () => end.abort(late),
    () => {},
  );
  return work(signal ? AbortSignal.any([signal, end.signal]) : end.signal).finally(() => done.abort());
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
