import type { MediaKind } from '../runcomfy/outputs.ts';
import type { ResultReply, StatusReply } from '../runcomfy/replies.ts';

/**
 * `reserved` is counted and recorded, and certainly not sent; `submitting` may have been sent; `unknown` may exist, or
 * may exist no more. The last three states are final.
 */
export type JobState =
  | 'reserved'
  | 'submitting'
  | 'unknown'
  | 'in_queue'
  | 'in_progress'
  | 'succeeded'
  | 'failed'
  | 'cancelled';
export const JOB_STATES = [
  'reserved',
  'submitting',
  'unknown',
  'in_queue',
  'in_progress',
  'succeeded',
  'failed',
  'cancelled',
] as const satisfies readonly JobState[];

/** One paid call, as it is recorded. Times are ISO 8601; names are RunComfy's. */
export interface Job {
  /** UNKNOWN_MODEL for a job that another program submitted, until RunComfy tells it. */
  model: string;
  input: Record<string, unknown>;
  state: JobState;
  /** Absent for a job that another program submitted, until RunComfy tells it. */
  submitted_at?: string;
  request_id?: string;
  queue_position?: number;
  started_at?: string;
  /** How far `started_at` may be off; absent where that is not known. */
  started_within_seconds?: number;
  finished_at?: string;
  /** For how long it ran; absent where that is not known closely enough to learn from. */
  ran_seconds?: number;
  urls?: string[];
  /** What the URLs lead to, one by one, where it is not images alone. */
  kinds?: MediaKind[];
  /** RunComfy's words about a failure. */
  error?: string;
  cost_usd?: number;
  /** Since when every read of the job has been answered with HTTP 404; absent once one brought something else. */
  missing_since?: string;
  /** Since when RunComfy itself has said that it does not know the request id. */
  denied_since?: string;
  /** When its outcome, or that it is unknown, was told to a client. */
  delivered_at?: string;
}

export const UNKNOWN_MODEL = 'unknown';

/** What looks showed of the time of a job's run. All in ms, times since the epoch; absent is what is not known. */
export interface RunTiming {
  /** The last look that told the state, or the submit. */
  readonly seenAt?: number;
  /** When it began to run: the middle between the last look that saw it queued and the first that saw it run. */
  readonly startedAt?: number;
  /** How far that may be off: half of the time between those two looks. */
  readonly startedWithin?: number;
  /** For how long it ran, where that is known closely enough to learn from. */
  readonly ranMs?: number;
}

/** Something that was learned about a job. */
export type Observation =
  | { kind: 'accepted'; request_id: string }
  | { kind: 'response_lost' }
  | { kind: 'not_found' }
  /** A read was answered with HTTP 404, in RunComfy's own words (404001) or in those of a gateway. */
  | { kind: 'missing'; isDenied: boolean }
  /** A read failed in another way. */
  | { kind: 'read_failed' }
  | { kind: 'status'; reply: StatusReply; timing?: RunTiming }
  | { kind: 'result'; reply: ResultReply; timing?: RunTiming }
  | { kind: 'cancelled' };

/** What the URL at an index leads to. */
export const kindAt = ({ kinds }: Pick<Job, 'kinds'>, index: number): MediaKind => kinds?.[index] ?? 'image';

export const isFinal = (state: JobState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';
/** The states of a job that RunComfy works on. */
export const ACTIVE_STATES: readonly JobState[] = ['in_queue', 'in_progress'];

/** Whether a job succeeded and its output has not been reply. */
export const lacksOutput = ({ state, urls }: Job): boolean => state === 'succeeded' && !urls?.length;

/** Whether a job succeeded and its cost or its output has not been reply. */
export const lacksCostOrOutput = (job: Job): boolean =>
  lacksOutput(job) || (job.state === 'succeeded' && job.cost_usd === undefined);
