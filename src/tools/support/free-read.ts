import { type Clock, within } from '../../clock.ts';
import { ToolError } from '../../errors.ts';
import type { Wait } from '../../jobs/calls.ts';

// In ms. A wait of none still asks once, for as long as one request may take. A wait without end is one that progress
// prolongs, and here is none to tell: within this most clients are still there.
const LEAST = 30_000;
const WITHOUT_END = 45_000;

/** How long RunComfy is waited for where nothing is paid, in ms: the rest of the call's wait, within bounds. */
export function freeTime(clock: Clock, wait: Wait): number {
  const left = wait.until - clock.now();
  return Number.isFinite(left) ? Math.max(LEAST, left) : WITHOUT_END;
}

/** That the time of a free call is over: what is not known now, and how to learn it. */
export function silence(ms: number, unknown = '', next = 'Call again in a minute.'): ToolError {
  const message = `RunComfy did not answer within ${Math.round(ms / 1000)} s${unknown}.`;
  return new ToolError('unreachable', message, { next, retryable: true });
}

/**
 * Asks RunComfy for something that costs nothing. When its time is over, the signal aborts with a ToolError
 * `unreachable`, so that what has something older to fall back on still can.
 */
export function readFreely<Result>(
  clock: Clock,
  wait: Wait,
  ask: (signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const ms = freeTime(clock, wait);
  return within(clock, ms, silence(ms), ask, wait.signal);
}
