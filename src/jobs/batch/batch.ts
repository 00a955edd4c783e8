import { createHash } from 'node:crypto';
import type { Account } from '../../account.ts';
import type { ToolError } from '../../errors.ts';
import { fingerprintOf, type PaidCall } from '../calls.ts';
import { isFinal, type Job } from '../job.ts';

/** What became of one job of a batch. */
export interface Member {
  /** Its place in the batch, from 0. */
  index: number;
  /** UNKNOWN_MODEL where nothing of it is recorded. */
  model: string;
  /** Absent if it was certainly not submitted. */
  job?: Job;
  /** Why it was not submitted, or may not have been, or could not be read. */
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

export const MAX_JOBS = 16;

// What the fingerprints of a batch begin with. Then comes the place of the job, one digit for up to 16.
const PREFIX_DIGITS = 15;
const ID_DIGITS = 24;

/** What the fingerprints of a batch's jobs begin with: the hash of account, models and inputs in their order. */
export const batchPrefix = (account: Account, jobs: readonly PaidCall[]): string =>
  fingerprintOf(account, {
    model: 'batch',
    input: { jobs: jobs.map(({ model, input }) => ({ model, input })) },
  }).slice(0, PREFIX_DIGITS);

/** The fingerprint of a batch's job. */
export const memberFingerprint = (prefix: string, index: number): string => prefix + index.toString(16);

/** Names a batch that a call begins. It starts as the fingerprints of its jobs do, by which these are found. */
export const batchId = (prefix: string, call: string): string =>
  (prefix + createHash('sha256').update(call).digest('hex')).slice(0, ID_DIGITS);

/** What the fingerprints of a batch's jobs begin with, by its id. */
export const prefixOfId = (id: string): string => id.slice(0, PREFIX_DIGITS);

/** Whether nothing more is expected of a job of a batch. */
export const hasEnded = ({ job }: Member): boolean => !job || isFinal(job.state) || job.state === 'unknown';
