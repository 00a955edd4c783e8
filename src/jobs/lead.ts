import { startDeadline } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import type { JobsOptions } from './options.ts';
import { AT_ONCE } from './polling/rate-limiter.ts';

// How long and how often /status is read, in ms: a read may not know a job for a moment after its submit.
const MAX_WAIT = 30_000;
const INTERVAL = 5_000;
// One denial may come too early to be true.
const MIN_DENIALS = 2;

/**
 * Whether RunComfy knows a request id that came in a reply which proves nothing: `missing` once it denied that twice,
 * `open` if that did not become clear within 30 s or the wait was given up. Pays for nothing, and throws for nothing that
 * RunComfy answers.
 */
export async function followLead(
  requestId: string,
  tools: Pick<JobsOptions, 'rateLimiter' | 'clock'> & {
    api: Pick<RunComfy, 'status'>;
    signal: AbortSignal;
    drain?: AbortSignal | undefined;
  },
): Promise<'exists' | 'missing' | 'open'> {
  const { api, rateLimiter, clock } = tools;
  const { signal, clear } = startDeadline(clock, MAX_WAIT, {
    signal: tools.signal,
    early: tools.drain,
  });
  let denials = 0;
  try {
    for (;;) {
      const read = rateLimiter.read(AT_ONCE, signal, () => api.status(requestId, signal));
      const error = await read.then(
        () => undefined,
        (problem: unknown) => problem,
      );
      if (error === undefined) return 'exists';
      if (!(error instanceof ToolError)) throw error;
      if (error.code === 'unknown_request') denials += 1;
      // A refused key, for one, is reported when the job is followed.
      else if (!error.retryable) return 'open';
      if (denials === MIN_DENIALS) return 'missing';
      await clock.sleep(Math.max(INTERVAL, (error.retryAfter ?? 0) * 1000), signal);
    }
  } catch (error) {
    if (signal.aborted) return 'open';
    throw error;
  } finally {
    clear();
  }
}
