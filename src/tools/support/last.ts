type Input = Record<string, unknown>;

export type Last = ReturnType<typeof createLast>;

// Calls are repeated soon or never.
const MAX_CALLS = 100;
const MAX_MEANINGS = 8;

/** The word by which agents name the newest picture. */
export const LAST = 'last';

/** What `last` means in this process: the newest picture that it answered with. */
export function createLast() {
  let newest: string | undefined;
  const onTheWay = new Set<Promise<void>>();
  /** The inputs with which calls that said `last` were recorded. */
  const meanings = new Map<string, Input[]>();

  return {
    /** Tells the handle of the picture in an answer that is about to leave; of several, the name of their batch. */
    onAnswer: (handle: string, delivered: Promise<boolean>): void => {
      const noted: Promise<void> = delivered.then((isDelivered) => {
        onTheWay.delete(noted);
        if (isDelivered) newest = handle;
      });
      onTheWay.add(noted);
    },
    /**
     * The handle of the newest picture, or the batch of the newest ones. An answer may be read before its delivery is
     * known here.
     */
    async handle(): Promise<string | undefined> {
      await Promise.all(onTheWay);
      return newest;
    },
    /**
     * What a call that says `last` meant before, and from now on may mean as well: a repeated call is the same call,
     * though `last` has moved on.
     */
    means(call: string, recorded: Input): readonly Input[] {
      const before = meanings.get(call) ?? [];
      meanings.delete(call);
      meanings.set(call, [...before, recorded].slice(-MAX_MEANINGS));
      const [oldest = ''] = meanings.keys();
      if (meanings.size > MAX_CALLS) meanings.delete(oldest);
      return before;
    },
  };
}
