import type { Clock } from '../../clock.ts';
import { createSweep } from '../../jobs/sweep.ts';
import type { Program } from '../../program.ts';
import { refreshProblem } from './http/problems.ts';

// In ms.
const [EVERY, AFTER_A_PROBLEM] = [3_000, 10_000];
// In ms. A user may open the gallery right after a chat ended, or after a year.
const AGES = { youngest: 0, oldest: 10 * 365 * 86_400_000, soonest: 5_000 };

/** Reads jobs that no call follows until the signal aborts, so that they end in the records; delivers none. */
export type Collect = (signal: AbortSignal, onProblem: (text: string) => void) => Promise<void>;

/** Makes it. `hasOpen` tells whether any job on record is to end yet. */
export function createCollect(
  { store, jobs, originals }: Pick<Program, 'store' | 'jobs' | 'originals'>,
  clock: Clock,
  hasOpen: () => boolean,
): Collect {
  return async (signal, onProblem) => {
    // A new one each time: who opens the gallery is shown what is true now.
    const { lookAfter } = jobs;
    const sweep = createSweep({ store, lookAfter, clock, onEnded: originals.keepLater, limits: AGES });
    while (!signal.aborted) {
      let pause = EVERY;
      try {
        const { read, due, open } = hasOpen() ? await sweep(signal) : { read: 0, due: 0, open: 0 };
        if (read > 0 || open === 0) onProblem('');
        if (due > 0) pause = 0;
      } catch (error) {
        if (signal.aborted) return;
        onProblem(refreshProblem(error));
        pause = AFTER_A_PROBLEM;
      }
      await clock.sleep(pause, signal).catch(() => {});
    }
  };
}
