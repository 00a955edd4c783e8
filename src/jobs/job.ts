import type { MediaKind } from '../runcomfy/outputs.ts';
import type { ResultSeen, StatusSeen } from '../runcomfy/wire.ts';
import type { ProcessIdentity } from './process-identity.ts';
import type { Sight } from './sight.ts';

/** `submitting` and `unknown` have no request id; the last three states are final. */
export type JobState =
  | 'submitting'
  | 'unknown'
  | 'in_queue'
  | 'in_progress'
  | 'succeeded'
  | 'failed'
  | 'cancelled';
export const JOB_STATES = [
  'submitting',
  'unknown',
  'in_queue',
  'in_progress',
  'succeeded',
  'failed',
  'cancelled',
] as const satisfies readonly JobState[];

/** One paid call, as the ledger keeps it. Times are ISO 8601; names are RunComfy's. */
export interface Job {
  /** Origin of the API that holds the job: a request id means nothing elsewhere. */
  api: string;
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
  /** Who follows the job now; absent where nobody does. */
  follower?: Follower;
  /** When its outcome, or that it is unknown, was told to a client. */
  delivered_at?: string;
}

/** A process that follows a job, so that another one can tell whether it still lives. */
export interface Follower extends ProcessIdentity {
  /** Drawn at random by the process. */
  session: string;
  host: string;
}

export const UNKNOWN_MODEL = 'unknown';

/** Something that was learned about a job. */
export type Observation =
  | { kind: 'accepted'; request_id: string }
  | { kind: 'answer_lost' }
  | { kind: 'forgotten' }
  | { kind: 'status'; seen: StatusSeen; sight?: Sight }
  | { kind: 'result'; seen: ResultSeen; sight?: Sight }
  | { kind: 'cancelled' }
  | { kind: 'priced'; cost_usd: number };

/** What the URL at an index leads to. */
export const kindAt = ({ kinds }: Pick<Job, 'kinds'>, index: number): MediaKind => kinds?.[index] ?? 'image';

export const isFinal = (state: JobState): boolean =>
  state === 'succeeded' || state === 'failed' || state === 'cancelled';
/** The states of a job that RunComfy works on. */
export const ACTIVE_STATES: readonly JobState[] = ['in_queue', 'in_progress'];

/**
 * The job after an observation made at `now` (ms). Pure and total: final states absorb all but a cost that came late,
 * and an observation that changes nothing gives back the same object.
 */
export function transition(job: Job, observation: Observation, now: number): Job {
  if (observation.kind === 'priced') return priced(job, observation.cost_usd);
  if (isFinal(job.state)) return job;
  const at = new Date(now).toISOString();
  switch (observation.kind) {
    case 'accepted':
      return { ...job, state: 'in_queue', request_id: observation.request_id };
    case 'answer_lost':
      return job.request_id === undefined ? { ...job, state: 'unknown' } : job;
    case 'forgotten':
      return { ...job, state: 'unknown' };
    case 'cancelled':
      return ended(job, 'cancelled', at);
    case 'status': {
      const { state, queue_position } = observation.seen;
      return state === 'ended' ? job : running(job, state, queue_position, at, observation.sight);
    }
    case 'result': {
      const { seen, sight } = observation;
      const told = job.submitted_at === undefined ? completed(job, seen) : job;
      if (seen.state === 'in_queue' || seen.state === 'in_progress')
        return running(told, seen.state, undefined, at, sight);
      return {
        ...ended(told, seen.state, endedAt(told, seen.finished_at, at)),
        urls: seen.urls,
        ...(seen.kinds && { kinds: seen.kinds }),
        ...(sight?.ranMs !== undefined && { ran_seconds: sight.ranMs / 1000 }),
        ...(seen.error !== undefined && { error: seen.error }),
        ...(seen.cost_usd !== undefined && { cost_usd: seen.cost_usd }),
      };
    }
  }
}

/** A job with the cost that its result did not tell yet. */
function priced(job: Job, cost_usd: number): Job {
  return job.state === 'succeeded' && job.cost_usd === undefined ? { ...job, cost_usd } : job;
}

/** A job that another program submitted, with what RunComfy tells about it. */
function completed(job: Job, { model = job.model, created_at }: ResultSeen): Job {
  return { ...job, model, ...(created_at !== undefined && { submitted_at: created_at }) };
}

function running(
  job: Job,
  state: 'in_queue' | 'in_progress',
  position: number | undefined,
  at: string,
  sight?: Sight,
): Job {
  if (job.state === state && job.queue_position === position) return job;
  const { queue_position: _, ...rest } = job;
  return {
    ...rest,
    state,
    ...(position !== undefined && { queue_position: position }),
    ...(state === 'in_progress' && job.started_at === undefined && start(at, sight)),
  };
}

function start(at: string, sight: Sight = {}): Pick<Job, 'started_at' | 'started_within_seconds'> {
  const { startedAt, startedWithin } = sight;
  return {
    started_at: startedAt === undefined ? at : new Date(startedAt).toISOString(),
    ...(startedWithin !== undefined && { started_within_seconds: startedWithin / 1000 }),
  };
}

function ended(job: Job, state: JobState, at: string): Job {
  const { queue_position: _, ...rest } = job;
  return { ...rest, state, finished_at: at };
}

/** RunComfy's own time of the end, unless its clock and ours disagree about the order of things. */
function endedAt(job: Job, told: string | undefined, at: string): string {
  return told !== undefined && told <= at && told >= (job.submitted_at ?? '') ? told : at;
}
