import type { ServerContext } from '@modelcontextprotocol/server';
import type { Clock } from '../clock.ts';

// In ms. Polls may be further apart when many jobs share a rate limiter; some clients' timeouts are reset by progress.
const MAX_SILENCE = 10_000;

/** Reports progress in seconds, which rises as the protocol demands. Advisory: its failures do not matter. */
export function createProgress(
  context: ServerContext,
  progressToken: string | number,
  clock: Clock,
  began: number,
): { report(words: () => string): void; stop(): void } {
  let last = -1;
  let said: string | undefined;
  let next = new AbortController();
  const stop = () => next.abort();
  const report = (words: () => string, isDue = false) => {
    const message = words();
    // The jobs of a batch are polled many times a second.
    if ((message === said && !isDue) || context.mcpReq.signal.aborted) return;
    stop();
    said = message;
    last = Math.max(last + 0.001, (clock.now() - began) / 1000);
    const params = { progressToken, progress: last, message };
    context.mcpReq.notify({ method: 'notifications/progress', params }).catch(() => {});
    next = new AbortController();
    clock.sleep(MAX_SILENCE, next.signal).then(
      () => report(words, true),
      () => {},
    );
  };
  return { report, stop };
}
