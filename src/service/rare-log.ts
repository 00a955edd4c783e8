import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';

// In ms.
const INTERVAL = 60_000;

/** Warns of events that anybody can cause as often as they like: once a minute for each kind, with their number. */
export function createRareLog(log: Log, clock: Clock) {
  const kinds = new Map<string, { at: number; since: number }>();
  return (kind: string): void => {
    const now = clock.now();
    const { at, since } = kinds.get(kind) ?? { at: Number.NEGATIVE_INFINITY, since: 0 };
    if (now - at < INTERVAL) {
      kinds.set(kind, { at, since: since + 1 });
      return;
    }
    kinds.set(kind, { at: now, since: 0 });
    log.warn(since > 0 ? `${kind} (${since} more before)` : kind);
  };
}
