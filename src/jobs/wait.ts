import type { Clock } from '../clock.ts';
import type { ToolError } from '../errors.ts';
import type { Job } from './job.ts';

/** Why a wait ended early: the user gave up, the client's clock ran out, or the client is gone. */
export type WaitEnd = 'user' | 'timeout' | 'closed';

/** How long a caller waits for a job, what it is told meanwhile, and whether its answer arrives. */
export interface Wait {
  /** Names the call in leases; no two calls of any process share one. */
  call: string;
  /** When to hand over, in ms since the epoch; Infinity waits to the end. */
  until: number;
  /** Ends the wait at once, with a WaitEnd as its reason. The job goes on unless the user gave up while it is queued. */
  signal: AbortSignal;
  /** Called after every look. */
  onLook(job: Job): void;
  /** Whether the answer has left this process whole. Never rejects. */
  delivered: Promise<boolean>;
}

/** A job as a caller gets it. */
export interface Outcome {
  job: Job;
  /** It was submitted by an earlier call with the same input, whose answer reached nobody. */
  resumed: boolean;
  /** Why the last look told nothing, where that is so. */
  unread?: ToolError;
}

/** A signal that aborts with the given one or at a time (ms), and the means to stop its timer when the wait is over. */
export function startDeadline(
  clock: Clock,
  signal: AbortSignal,
  until: number,
): { signal: AbortSignal; clear(): void } {
  // One controller, for the timer too: each costs a waiting job almost 1 kB.
  const end = new AbortController();
  const follow = () => end.abort(signal.reason);
  if (signal.aborted) follow();
  signal.addEventListener('abort', follow);
  const left = Math.max(0, until - clock.now());
  if (Number.isFinite(until))
    clock.sleep(left, end.signal).then(
      () => end.abort(),
      () => {},
    );
  return {
    signal: end.signal,
    clear() {
      signal.removeEventListener('abort', follow);
      end.abort();
    },
  };
}
