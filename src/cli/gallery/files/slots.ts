/** Gives so many places at a time; the rest wait in turn. */
export function createSlots(count: number) {
  let free = count;
  const waiting = new Set<() => void>();

  function giveBack(): void {
    const [next] = waiting;
    if (next) next();
    else free += 1;
  }

  /** Waits for a place, and resolves to what gives it back. Rejects with the signal's reason, and then takes none. */
  return async (signal: AbortSignal): Promise<() => void> => {
    signal.throwIfAborted();
    if (free > 0) free -= 1;
    else
      await new Promise<void>((resolve, reject) => {
        const leave = () => {
          waiting.delete(go);
          reject(signal.reason);
        };
        const go = () => {
          waiting.delete(go);
          resolve();
        };
        waiting.add(go);
        signal.addEventListener('abort', leave, { once: true });
      });
    return giveBack;
  };
}
