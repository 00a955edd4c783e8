/** How many reads of all accounts are under way at once: ten accounts that read at full pace, at 0.3 s a read. */
export const READS_AT_ONCE = 32;

/** Waits for a place and takes it; what it resolves to gives the place back. */
export type TakePlace = () => Promise<() => void>;

export type Turns = ReturnType<typeof createTurns>;

/**
 * Places for the reads that are under way at once, which the accounts of a process take in turn: each asks for one, and
 * stands last in the queue when it asks for the next. One alone has half of them at most, as its reads may hang.
 */
export function createTurns(places = READS_AT_ONCE) {
  const most = Math.ceil(places / 2);
  const queue = new Set<{ held: number; go: () => void }>();
  let free = places;

  function serve(): void {
    for (const one of queue) {
      if (free === 0) return;
      if (one.held === most) continue;
      queue.delete(one);
      free -= 1;
      one.held += 1;
      one.go();
    }
  }

  return {
    /** For one account, which asks for a place only when it has got the one before. */
    forAccount(): TakePlace {
      const one = { held: 0, go() {} };
      const giveBack = () => {
        free += 1;
        one.held -= 1;
        serve();
      };
      return () =>
        new Promise((resolve) => {
          one.go = () => resolve(giveBack);
          queue.add(one);
          serve();
        });
    },
  };
}
