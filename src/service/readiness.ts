import type { Clock } from '../clock.ts';

// In ms.
const MAX_WAIT = 1_000;
const MAX_AGE = 1_000;

/**
 * Tells within a second whether a check passes. Anybody may ask, as often as they like: one check runs at a time, and its
 * outcome holds for a second.
 */
export function createReadiness(clock: Clock, check: () => Promise<void>, onFailure: (error: Error) => void) {
  let last: { outcome: Promise<boolean>; endedAt: number | undefined } | undefined;

  function start() {
    const run = { endedAt: undefined as number | undefined, outcome: Promise.resolve(false) };
    run.outcome = check()
      .then(() => true)
      .catch((error) => {
        onFailure(error);
        return false;
      })
      .finally(() => {
        run.endedAt = clock.now();
      });
    return run;
  }

  return async (): Promise<boolean> => {
    // The clock may be set back.
    const isOld = last?.endedAt !== undefined && Math.abs(clock.now() - last.endedAt) >= MAX_AGE;
    if (!last || isOld) last = start();
    const answered = new AbortController();
    const late = clock.sleep(MAX_WAIT, answered.signal).then(() => false);
    return Promise.race([last.outcome, late]).finally(() => answered.abort());
  };
}
