import type { ToolError } from '../errors.ts';
import type { Job } from './job.ts';

/** Why a wait ended early: the user gave up, the client's clock ran out, or the client is gone. */
export type WaitEnd = 'user' | 'timeout' | 'closed';

/** How long a caller waits for a job, and what it is told meanwhile. */
export interface Wait {
  /** When to hand over, in ms since the epoch; Infinity waits to the end. */
  until: number;
  /** Ends the wait at once, with a WaitEnd as its reason. The job goes on unless the user gave up while it is queued. */
  signal: AbortSignal;
  /** Called after every look. */
  onLook(job: Job): void;
  /** Takes what to do once it is known whether the answer reached the client. */
  onAnswered(settle: (reached: boolean) => Promise<void>): void;
}

/** A job as a caller gets it. */
export interface Outcome {
  job: Job;
  /** It was submitted by an earlier call with the same input, whose answer reached nobody. */
  resumed: boolean;
  /** Why the last look told nothing, where that is so. */
  unread?: ToolError;
}
