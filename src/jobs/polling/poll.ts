import { ToolError } from '../../errors.ts';
import type { RunComfy } from '../../runcomfy/client.ts';
import type { ResultReply } from '../../runcomfy/replies.ts';
import type { Job, Observation } from '../job.ts';
import type { JobsOptions } from '../options.ts';
import { AT_ONCE } from './rate-limiter.ts';
import { type ReportedTimes, recordedTiming, timingAfter, timingAtEnd } from './timing.ts';

/** What one poll brought: an observation, or why the service could not be read. */
export type Poll =
  | Extract<Observation, { kind: 'status' | 'result' }>
  | { kind: 'read_failed'; error: ToolError };

interface PollOptions extends Pick<JobsOptions, 'rateLimiter' | 'clock'> {
  api: Pick<RunComfy, 'status' | 'result'>;
  /** A recorded job was there once: that it is not found is an observation, and no error. */
  isRecorded: boolean;
  /** When the first poll is, in ms; 0 if somebody asks for the job just now, else the submit is just over. */
  firstInterval: number;
  /** Until the next poll, in ms, by the ms for which the job has run, or by nothing while it is queued. */
  interval: (runningMs?: number) => number;
  /** Of a poll, by the ms since the last one and the ms for which the job had run then. */
  priority: (sinceMs: number, runningMs?: number) => number;
  signal: AbortSignal;
}

// In ms: how soon RunComfy is asked again if it does not know the job, or tells its end before its output.
const CONFIRM_AFTER = 3_000;
const OUTPUT_AFTER = 2_000;
// One absurd header must not silence a job for as long as its call waits.
const MAX_RETRY_AFTER = 60_000;

/**
 * Polls a job and yields every reply, until its result is final or the signal aborts (then it throws the signal's
 * reason). A success without output does not count as final: it is for the caller to stop then. Reads that may succeed
 * later are yielded as `read_failed`, other errors thrown.
 *
 * While the job is queued it reads /status, for the position; once it runs /result, which is the answer too. If /result
 * refuses an unfinished job with 400005, it goes back to /status for this job.
 */
export async function* poll(
  requestId: string,
  job: Job,
  { api, isRecorded, firstInterval, interval, priority, rateLimiter, clock, signal }: PollOptions,
): AsyncGenerator<Poll> {
  const submittedAt = job.submitted_at === undefined ? undefined : Date.parse(job.submitted_at);
  let state: 'in_queue' | 'in_progress' = job.state === 'in_progress' ? job.state : 'in_queue';
  let timing = firstInterval > 0 ? { seenAt: clock.now() } : recordedTiming(job);
  let polledAt = clock.now();
  let resultTellsState = true;

  const setState = (next: typeof state) => {
    state = next;
    timing = timingAfter(timing, next, clock.now());
  };
  const runningAt = (now: number) => (state === 'in_queue' ? undefined : now - (timing.startedAt ?? now));
  const priorityNow = (now: number) => priority(now - polledAt, runningAt(polledAt));
  const readResult = async (): Promise<Poll | undefined> => {
    const reply = await api.result(requestId, signal);
    if (reply === 'not_finished') return undefined;
    if (reply.state === 'in_queue' || reply.state === 'in_progress') setState(reply.state);
    if (reply.state === 'succeeded')
      timing = timingAtEnd(timing, clock.now(), reportedTimes(reply, submittedAt));
    return { kind: 'result', reply, timing };
  };
  const read = async (): Promise<Poll> => {
    if (state === 'in_progress' && resultTellsState) {
      const result = await readResult();
      if (result) return result;
      resultTellsState = false;
      await rateLimiter.acquire(AT_ONCE, signal);
    }
    const reply = await api.status(requestId, signal);
    if (reply.state !== 'ended') {
      setState(reply.state);
      return { kind: 'status', reply, timing };
    }
    await rateLimiter.acquire(AT_ONCE, signal);
    // If /result still refuses although /status says that the job ended, it is read again at the normal interval.
    return (await readResult()) ?? { kind: 'status', reply };
  };

  await clock.sleep(firstInterval, signal);
  for (let isFirst = true; ; isFirst = false) {
    await rateLimiter.acquire(isFirst && firstInterval === 0 ? AT_ONCE : priorityNow, signal);
    const reply = await read().catch((error): Poll => {
      signal.throwIfAborted();
      if (!(error instanceof ToolError)) throw error;
      const isMissing = isRecorded && error.code === 'unknown_request';
      if (error.retryable || isMissing) return { kind: 'read_failed', error };
      throw error;
    });
    polledAt = clock.now();
    yield reply;
    const outcome = outcomeOf(reply);
    if (outcome === 'final') return;
    if (outcome === 'lacks_output') setState('in_progress');
    await clock.sleep(pauseAfter(reply, interval(runningAt(clock.now()))), signal);
  }
}

function outcomeOf(reply: Poll): 'open' | 'lacks_output' | 'final' {
  if (reply.kind !== 'result') return 'open';
  const { state, urls } = reply.reply;
  if (state === 'in_queue' || state === 'in_progress') return 'open';
  return state === 'succeeded' && urls.length === 0 ? 'lacks_output' : 'final';
}

/** How long to wait after a poll, in ms, given the interval of a job that goes on. */
function pauseAfter(reply: Poll, interval: number): number {
  if (outcomeOf(reply) === 'lacks_output') return OUTPUT_AFTER;
  if (reply.kind !== 'read_failed') return interval;
  if (reply.error.code === 'unknown_request') return CONFIRM_AFTER;
  return Math.max(Math.min(MAX_RETRY_AFTER, (reply.error.retryAfter ?? 0) * 1000), interval);
}

function reportedTimes(
  { created_at, finished_at }: ResultReply,
  submittedAt?: number,
): ReportedTimes | undefined {
  if (created_at === undefined || finished_at === undefined || submittedAt === undefined) return undefined;
  return { submittedAt, createdAt: Date.parse(created_at), finishedAt: Date.parse(finished_at) };
}
