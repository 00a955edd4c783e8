import type { Clock } from '../../../clock.ts';

// In ms. A process whose timer is so late stood still, and what came meanwhile is read within so many ms.
const TICK = 500;
const STOOD_STILL = 2_000;
const READ_WITHIN = 500;

/** Tells when a process that stood still, as it was frozen or its machine slept, has read what came meanwhile. */
export function createThaw(clock: Clock) {
  const watched = new Set<object>();
  let tickedAt = clock.now();
  let isTicking = false;
  let thawedAt = Number.NEGATIVE_INFINITY;

  function tick(): void {
    const now = clock.now();
    if (now - tickedAt > STOOD_STILL) thawedAt = now;
    tickedAt = now;
  }

  async function keepTicking(): Promise<void> {
    isTicking = true;
    tickedAt = clock.now();
    while (watched.size > 0) {
      await clock.sleep(TICK);
      tick();
    }
    isTicking = false;
  }

  return {
    /** Watches the time until what it returns is called. */
    watch(): () => void {
      const one = {};
      watched.add(one);
      if (!isTicking) void keepTicking();
      return () => void watched.delete(one);
    },
    /** Resolves at once, but half a second after the process stood still for more than 2 s while it was watched. */
    async inputRead(): Promise<void> {
      // Nothing else may have noticed it yet.
      if (isTicking) tick();
      const left = thawedAt + READ_WITHIN - clock.now();
      // The clock may be set back.
      if (left > 0 && left <= READ_WITHIN) await clock.sleep(left);
    },
  };
}
