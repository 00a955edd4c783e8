import type { ResultReply } from '../runcomfy/replies.ts';
import { isFinal, type Job, lacksOutput, type Observation, type RunTiming } from './job.ts';

// In ms. A result may say "succeeded" before its output is there; an output that comes later is added to the final state.
const OUTPUT_WITHIN = 30_000;
// RunComfy promises no read-your-writes: a read may not know a request id for some ms after its submit.
const VISIBLE_WITHIN = 30_000;
// A job is given up when RunComfy denies twice, this far apart, that it knows it; or when reads of it have brought
// nothing but a 404 for MISSING_FOR: a gateway answers so for jobs that finish all the same.
const DENIED_FOR = 3_000;
const MISSING_FOR = 600_000;

/**
 * The job after an observation made at `now` (ms). Pure and total: final states absorb everything but a late output or
 * cost, and an observation that changes nothing returns the same object.
 */
export function transition(job: Job, observation: Observation, now: number): Job {
  const { kind } = observation;
  // Whatever a record says: what was accepted exists, and its id is never lost.
  if (kind === 'accepted')
    return job.request_id === undefined
      ? { ...without(job, 'finished_at'), state: 'in_queue', request_id: observation.request_id }
      : job;
  if (isFinal(job.state)) return kind === 'result' ? withLateResult(job, observation.reply) : job;
  switch (kind) {
    case 'response_lost':
      return job.request_id === undefined ? { ...job, state: 'unknown' } : job;
    case 'not_found':
      return { ...job, state: 'unknown' };
    case 'missing':
      return withMiss(job, observation.isDenied, now);
    case 'read_failed':
      return withoutMisses(job);
    case 'cancelled':
      return { ...ended(job), state: 'cancelled', finished_at: iso(now) };
    case 'status': {
      const { state, queue_position } = observation.reply;
      if (state === 'ended') return withoutMisses(job);
      return running(job, state, queue_position, now, observation.timing);
    }
    case 'result':
      return withResult(job, observation.reply, now, observation.timing);
  }
}

/** Whether an observation taught more than a new queue position. */
export const saysMore = (before: Job, after: Job): boolean =>
  (['state', 'finished_at', 'urls', 'cost_usd', 'missing_since', 'denied_since'] as const).some(
    (field) => before[field] !== after[field],
  );

function withResult(before: Job, reply: ResultReply, now: number, timing?: RunTiming): Job {
  const { state, urls, kinds, error, cost_usd, model, created_at } = reply;
  // A job that another program submitted becomes known by its result.
  const job: Job =
    before.submitted_at !== undefined
      ? before
      : { ...before, ...(model && { model }), ...(created_at !== undefined && { submitted_at: created_at }) };
  if (state === 'in_queue' || state === 'in_progress') return running(job, state, undefined, now, timing);
  const finished_at = job.finished_at ?? endOf(job, reply.finished_at, iso(now));
  if (state === 'succeeded' && urls.length === 0 && now - Date.parse(finished_at) < OUTPUT_WITHIN) {
    // Its end is known, but not its output, so it is read again.
    const open = running(job, 'in_progress', undefined, now, timing);
    return open.finished_at === finished_at ? open : { ...open, finished_at };
  }
  return {
    ...ended(job),
    state,
    finished_at,
    urls,
    ...(kinds && { kinds }),
    ...(timing?.ranMs !== undefined && { ran_seconds: timing.ranMs / 1000 }),
    ...(error !== undefined && { error }),
    ...(cost_usd !== undefined && { cost_usd }),
  };
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

/** A job that a read did not find: `unknown` once that is certain, or has been so for long. */
function withMiss(job: Job, isDenied: boolean, now: number): Job {
  const isYoung = job.submitted_at !== undefined && now - Date.parse(job.submitted_at) < VISIBLE_WITHIN;
  if (isDenied && isYoung) return job;
  const { missing_since = iso(now), denied_since = isDenied ? iso(now) : undefined } = job;
  const hasLasted = (since: string | undefined, ms: number) =>
    since !== undefined && now - Date.parse(since) >= ms;
  if (hasLasted(missing_since, MISSING_FOR) || (isDenied && hasLasted(denied_since, DENIED_FOR)))
    return { ...job, state: 'unknown', missing_since };
  if (job.missing_since === missing_since && job.denied_since === denied_since) return job;
  return { ...job, missing_since, ...(denied_since !== undefined && { denied_since }) };
}

/** A job that a read found, or might have. */
const withoutMisses = (job: Job): Job =>
  job.missing_since === undefined ? job : without(job, 'missing_since', 'denied_since');

function running(
  before: Job,
  state: 'in_queue' | 'in_progress',
  position: number | undefined,
  now: number,
  { startedAt = now, startedWithin }: RunTiming = {},
): Job {
  const job = withoutMisses(before);
  if (job.state === state && job.queue_position === position) return job;
  return {
    ...without(job, 'queue_position'),
    state,
    ...(position !== undefined && { queue_position: position }),
    ...(state === 'in_progress' &&
      job.started_at === undefined && {
        started_at: iso(startedAt),
        ...(startedWithin !== undefined && { started_within_seconds: startedWithin / 1000 }),
      }),
  };
}

const ended = (job: Job): Job => without(withoutMisses(job), 'queue_position');

/** RunComfy's own time of the end, unless its clock and ours disagree about the order of things. */
const endOf = (job: Job, reported: string | undefined, at: string): string =>
  reported !== undefined && reported <= at && reported >= (job.submitted_at ?? '') ? reported : at;

const iso = (ms: number): string => new Date(ms).toISOString();

type Optional = 'finished_at' | 'queue_position' | 'missing_since' | 'denied_since';
function without(job: Job, ...fields: Optional[]): Job {
  // A `delete` would give each job a hidden class of its own: 0.3 kB.
  const kept = Object.entries(job).filter(([name]) => !(fields as string[]).includes(name));
  return Object.fromEntries(kept) as unknown as Job;
}
