import { type Clock, startDeadline } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import type { RateLimiter } from './polling/rate-limiter.ts';

// For how long /status is asked, and how far apart, in ms: a job may be unknown to a read for a moment after its submit.
const ASKED_FOR = 30_000;
const APART = 5_000;
// How often RunComfy has to say that it does not know a request until that is believed.
const MIN_DENIALS = 2;
const atOnce = () => Number.POSITIVE_INFINITY;

/** Whether there is a job behind a request id that came in a reply which proves nothing. */
export type LeadEnd =
  | 'exists'
  /** RunComfy said twice that it does not know it. */
  | 'missing'
  /** It could not be told in 30 s, or the wait was given up. */
  | 'open';

/** Asks RunComfy whether it knows a request. Pays for nothing, and never throws for what RunComfy answers. */
export async function followLead(
  requestId: string,
  tools: { api: Pick<RunComfy, 'status'>; rateLimiter: RateLimiter; clock: Clock; signal: AbortSignal },
): Promise<LeadEnd> {
  const { api, rateLimiter, clock } = tools;
  const { signal, clear } = startDeadline(clock, ASKED_FOR, { signal: tools.signal });
  let denials = 0;
  try {
    for (;;) {
      await rateLimiter.acquire(atOnce, signal);
      const error = await api.status(requestId, signal).then(
        () => undefined,
        (problem: unknown) => problem,
      );
      if (error === undefined) return 'exists';
      if (!(error instanceof ToolError)) throw error;
      if (error.code === 'unknown_request') denials += 1;
      // A key that is refused, for one, is told by whoever follows the job.
      else if (!error.retryable) return 'open';
      if (denials === MIN_DENIALS) return 'missing';
      await clock.sleep(Math.max(APART, (error.retryAfter ?? 0) * 1000), signal);
    }
  } catch (error) {
    if (signal.aborted) return 'open';
    throw error;
  } finally {
    clear();
  }
}
