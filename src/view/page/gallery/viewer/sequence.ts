/** What can be shown: which output of which job, or a job without any as its output 0. */
export interface Shown {
  id: string;
  index: number;
}

/** Where the picture that is shown stands among all, though they may change while it is shown. */
export function createSequence(all: () => readonly Shown[]) {
  // The list hears of it a moment later.
  const deleted = new Set<string>();
  let current: Shown | undefined;
  /** Where it was last. */
  let place = 0;

  /** All of them now; the current one's place, -1 if it is not among them. */
  function look() {
    const list = all().filter(({ id }) => !deleted.has(id));
    const found = list.findIndex(({ id, index }) => id === current?.id && index === current.index);
    if (found !== -1) place = found;
    return { list, found };
  }

  return {
    set(shown: Shown): void {
      current = shown;
      look();
    },
    /** Its number from 1, and how many there are; undefined if it is not among them. */
    position(): { number: number; count: number } | undefined {
      const { list, found } = look();
      return found === -1 ? undefined : { number: found + 1, count: list.length };
    },
    neighbour(step: number): Shown | undefined {
      const { list, found } = look();
      // In place of one that a filter no longer lets through is its next.
      const from = found === -1 && step > 0 ? place - 1 : place;
      return list[from + step];
    },
    first: (): Shown | undefined => look().list[0],
    last: (): Shown | undefined => look().list.at(-1),
    /** A job was deleted here. */
    forget: (id: string) => void deleted.add(id),
    /** What to show once the current one's job is gone. */
    afterLoss(): Shown | undefined {
      const { list } = look();
      return list[Math.min(Math.max(0, place - (current?.index ?? 0)), list.length - 1)];
    },
  };
}
