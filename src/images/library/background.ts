/**
 * Makes a queue that is worked off in the background, at most `concurrency` items at a time; of items with the same key
 * that wait, the last counts. `work` never rejects. `onIdle` follows each time that a worker finds nothing more to do.
 */
export function createBackgroundQueue<Item>({
  concurrency,
  work,
  onIdle,
}: {
  concurrency: number;
  work: (item: Item) => Promise<void>;
  onIdle: () => void;
}) {
  const waiting = new Map<string, Item>();
  let workers = 0;

  async function workOff(): Promise<void> {
    for (const [key, item] of waiting) {
      waiting.delete(key);
      await work(item);
    }
  }

  return {
    add: (key: string, item: Item): void => void waiting.set(key, item),
    /** Starts as many workers as there is work for. */
    start(): void {
      while (workers < concurrency && waiting.size > 0) {
        workers += 1;
        void workOff().finally(() => {
          workers -= 1;
          onIdle();
        });
      }
    },
  };
}
