import type { ServerContext } from '@modelcontextprotocol/server';
import type { Clock } from '../clock.ts';

// In ms. Polls may be further apart when many jobs share a rate limiter; some clients' timeouts are reset by progress.
const MAX_SILENCE = 10_000;

/** Begins to report the progress of a call. */
export type StartProgress = ReturnType<typeof createProgress>;

/**
 * Reports the progress of calls in seconds, which rise as the protocol demands. Advisory: its failures do not matter. One
 * timer serves all calls: one for each would be 2 kB of every call that waits.
 */
export function createProgress(clock: Clock) {
  /** What repeats a report, and when; the earliest first, as all wait equally long. */
  const due = new Map<() => void, number>();
  let sleep: AbortController | undefined;

  async function repeat(): Promise<void> {
    for (let [next] = due; next; [next] = due) {
      const [report, at] = next;
      const ms = Math.min(at - clock.now(), MAX_SILENCE);
      if (ms > 0) {
        sleep = new AbortController();
        await clock.sleep(ms, sleep.signal).catch(() => {});
      } else {
        due.delete(report);
        report();
      }
    }
    sleep = undefined;
  }

  return (context: ServerContext, progressToken: string | number, began: number) => {
    let last = -1;
    let said: string | undefined;
    let words: () => string;
    const send = (message: string) => {
      if (context.mcpReq.signal.aborted) return;
      said = message;
      last = Math.max(last + 0.001, (clock.now() - began) / 1000);
      const params = { progressToken, progress: last, message };
      context.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
      due.delete(again);
      due.set(again, clock.now() + MAX_SILENCE);
      if (!sleep) void repeat();
    };
    const again = () => send(words());
    return {
      /** Says these words, if they are new; and again, as they then are, until others come. */
      report(next: () => string): void {
        const message = next();
        // The jobs of a batch are polled many times a second.
        if (message === said) return;
        words = next;
        send(message);
      },
      stop(): void {
        due.delete(again);
        // A timer that is left would keep the process from its end.
        if (due.size === 0) sleep?.abort();
      },
    };
  };
}
