import type { ResultReply } from '../runcomfy/replies.ts';
import { isFinal, type Job, type JobState, lacksOutput, type Observation, type RunTiming } from './job.ts';

// In ms. A result may say "succeeded" before its output is there; what comes later is added to the final state.
const OUTPUT_WITHIN = 30_000;
// RunComfy promises no read-your-writes: a request id may be unknown to a read for some ms after its submit.
const VISIBLE_WITHIN = 30_000;
// A job is given up when RunComfy says twice, this far apart, that it does not know it; or when no read of it has
// brought anything but a 404 for MISSING_FOR: a gateway answers so for jobs that finish all the same.
const DENIED_FOR = 3_000;
const MISSING_FOR = 600_000;

/**
 * The job after an observation made at `now` (ms). Pure and total: final states absorb all but an output or a cost
 * that came late, and an observation that changes nothing gives back the same object.
 */
export function transition(job: Job, observation: Observation, now: number): Job {
  const { kind } = observation;
  // Whatever a record says: what was accepted exists, and its id is never lost.
  if (kind === 'accepted')
    return job.request_id === undefined
      ? { ...unended(job), state: 'in_queue', request_id: observation.request_id }
      : job;
  if (isFinal(job.state)) return kind === 'result' ? withLateResult(job, observation.reply) : job;
  const at = new Date(now).toISOString();
  switch (kind) {
    case 'response_lost':
      return job.request_id === undefined ? { ...job, state: 'unknown' } : job;
    case 'not_found':
      return { ...job, state: 'unknown' };
    case 'missing':
      return missing(job, observation.isDenied, now);
    case 'read_failed':
      return found(job);
    case 'cancelled':
      return ended(job, 'cancelled', at);
    case 'status': {
      const { state, queue_position } = observation.reply;
      return state === 'ended' ? found(job) : running(job, state, queue_position, at, observation.timing);
    }
    case 'result': {
      const { reply, timing } = observation;
      const told = job.submitted_at === undefined ? completed(job, reply) : job;
      if (reply.state === 'in_queue' || reply.state === 'in_progress')
        return running(told, reply.state, undefined, at, timing);
      const finished_at = told.finished_at ?? endedAt(told, reply.finished_at, at);
      if (
        reply.state === 'succeeded' &&
        reply.urls.length === 0 &&
        now - Date.parse(finished_at) < OUTPUT_WITHIN
      )
        return withoutOutput(running(told, 'in_progress', undefined, at, timing), finished_at);
      return {
        ...ended(told, reply.state, finished_at),
        urls: reply.urls,
        ...(reply.kinds && { kinds: reply.kinds }),
        ...(timing?.ranMs !== undefined && { ran_seconds: timing.ranMs / 1000 }),
        ...(reply.error !== undefined && { error: reply.error }),
        ...(reply.cost_usd !== undefined && { cost_usd: reply.cost_usd }),
      };
    }
  }
}

/** A job that succeeded, with what its result did not tell yet. */
function withLateResult(job: Job, { state, urls, kinds, cost_usd }: ResultReply): Job {
  if (job.state !== 'succeeded' || state !== 'succeeded') return job;
  const bringsOutput = lacksOutput(job) && urls.length > 0;
  const bringsCost = job.cost_usd === undefined && cost_usd !== undefined;
  if (!bringsOutput && !bringsCost) return job;
  return {
    ...job,
    ...(bringsOutput && { urls, ...(kinds && { kinds }) }),
    ...(bringsCost && { cost_usd }),
  };
}

/** A job that is done, as far as RunComfy tells, but for its output: its end is known, and it is looked at again. */
function withoutOutput(job: Job, finished_at: string): Job {
  return job.finished_at === finished_at ? job : { ...job, finished_at };
}

/** A job of which a read told that it is not there: `unknown` once that is certain, or has been so for long. */
function missing(job: Job, isDenied: boolean, now: number): Job {
  const isYoung = job.submitted_at !== undefined && now - Date.parse(job.submitted_at) < VISIBLE_WITHIN;
  if (isDenied && isYoung) return job;
  const at = new Date(now).toISOString();
  const { missing_since = at, denied_since = isDenied ? at : undefined } = job;
  const hasPassed = (since: string | undefined, ms: number) =>
    since !== undefined && now - Date.parse(since) >= ms;
  if (hasPassed(missing_since, MISSING_FOR) || (isDenied && hasPassed(denied_since, DENIED_FOR)))
    return { ...job, state: 'unknown', missing_since };
  if (job.missing_since === missing_since && job.denied_since === denied_since) return job;
  return { ...job, missing_since, ...(denied_since !== undefined && { denied_since }) };
}

/** A job that a read told something of, or could have. */
function found(job: Job): Job {
  if (job.missing_since === undefined) return job;
  const { missing_since: _, denied_since: __, ...rest } = job;
  return rest;
}

/** A job that another program submitted, with what RunComfy tells about it. */
function completed(job: Job, { model = job.model, created_at }: ResultReply): Job {
  return { ...job, model, ...(created_at !== undefined && { submitted_at: created_at }) };
}

function running(
  reply: Job,
  state: 'in_queue' | 'in_progress',
  position: number | undefined,
  at: string,
  timing?: RunTiming,
): Job {
  const job = found(reply);
  if (job.state === state && job.queue_position === position) return job;
  const { queue_position: _, ...rest } = job;
  return {
    ...rest,
    state,
    ...(position !== undefined && { queue_position: position }),
    ...(state === 'in_progress' && job.started_at === undefined && start(at, timing)),
  };
}

function start(at: string, timing: RunTiming = {}): Pick<Job, 'started_at' | 'started_within_seconds'> {
  const { startedAt, startedWithin } = timing;
  return {
    started_at: startedAt === undefined ? at : new Date(startedAt).toISOString(),
    ...(startedWithin !== undefined && { started_within_seconds: startedWithin / 1000 }),
  };
}

function unended(job: Job): Job {
  const { finished_at: _, ...rest } = job;
  return rest;
}

function ended(job: Job, state: JobState, at: string): Job {
  const { queue_position: _, ...rest } = found(job);
  return { ...rest, state, finished_at: at };
}

/** RunComfy's own time of the end, unless its clock and ours disagree about the order of things. */
function endedAt(job: Job, told: string | undefined, at: string): string {
  return told !== undefined && told <= at && told >= (job.submitted_at ?? '') ? told : at;
}
