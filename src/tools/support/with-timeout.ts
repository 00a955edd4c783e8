import { type Clock, within } from '../../clock.ts';
import { ToolError } from '../../errors.ts';

// In ms. Even a call that does not wait asks once, for as long as one request may take. A wait without end is one that
// progress prolongs, and there is none to report here: within this time most clients have not given up.
const MIN_TIMEOUT = 30_000;
const TIMEOUT_WITHOUT_END = 45_000;

/**
 * Asks RunComfy for something that costs nothing, for the rest of a call's wait. Then the signal aborts with a
 * ToolError `unreachable`, so that `ask` can still fall back on something older. `unknown` completes the error.
 */
export function withTimeout<Result>(
  clock: Clock,
  wait: { until: number; signal?: AbortSignal },
  ask: (signal: AbortSignal) => Promise<Result>,
  { unknown = '', next = 'Call again in a minute.' } = {},
): Promise<Result> {
  const left = wait.until - clock.now();
  const ms = Number.isFinite(left) ? Math.max(MIN_TIMEOUT, left) : TIMEOUT_WITHOUT_END;
  const message = `RunComfy did not answer within ${Math.round(ms / 1000)} s${unknown}.`;
  const late = new ToolError('unreachable', message, { next, retryable: true });
  return within(clock, ms, late, ask, wait.signal);
}
