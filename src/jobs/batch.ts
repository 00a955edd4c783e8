import type { ToolError } from '../errors.ts';
import type { Job } from './job.ts';

/** What became of one job of a batch. */
export interface Member {
  /** Its place in the batch, from 0. */
  index: number;
  model: string;
  /** Absent if it was certainly not submitted. */
  job?: Job;
  /** Why it was not submitted, or may not have been, or cannot be followed. */
  error?: ToolError;
}

/** What became of a batch: a call for several jobs at once. */
export interface BatchOutcome {
  id: string;
  /** In their order, all of them. */
  members: readonly Member[];
  /** It was begun by an earlier call, whose answer reached nobody. */
  resumed: boolean;
}
