import type { Clock } from '../../clock.ts';
import { ToolError } from '../../errors.ts';
import type { RunComfy } from '../../runcomfy/client.ts';
import type { ResultReply } from '../../runcomfy/replies.ts';
import type { Job, Observation, RunTiming } from '../job.ts';
import type { RateLimiter } from './rate-limiter.ts';
import { type ReportedTimes, recordedTiming, timingAfter, timingAtEnd } from './timing.ts';

/** What one look brought: something learned, or nothing because the service could not be read. */
export type Poll =
  | Extract<Observation, { kind: 'status' | 'result' }>
  | { kind: 'read_failed'; error: ToolError };

/** Where a watch begins. */
export interface PollStart {
  state: 'in_queue' | 'in_progress';
  /** What is known of the time of its run. */
  timing: RunTiming;
  /** When it was submitted, in ms since the epoch; absent where that is not known. */
  submittedAt?: number;
  /** How long the first look waits, in ms. */
  firstInterval: number;
  /** A job that is recorded was there once: that it is not found is an observation, and no error. */
  isRecorded: boolean;
}

// In ms: when RunComfy does not know the job, or tells its end before its output, it is asked again soon.
const CONFIRM_AFTER = 3_000;
const OUTPUT_AFTER = 2_000;
// One absurd header must not silence a job for as long as its call waits.
const MAX_RETRY_AFTER = 60_000;

/** Where the watch of a job begins at `now` (ms). */
export function pollStart(job: Job, isRecorded: boolean, firstInterval: number, now: number): PollStart {
  const submittedAt = job.submitted_at === undefined ? undefined : Date.parse(job.submitted_at);
  return {
    state: job.state === 'in_progress' ? job.state : 'in_queue',
    // A first look that waits is one after the submit, which is just over.
    timing: firstInterval > 0 ? { seenAt: now } : recordedTiming(job),
    ...(submittedAt !== undefined && { submittedAt }),
    firstInterval,
    isRecorded,
  };
}

/**
 * Looks at a job at the `interval` that fits (ms, from the ms for which it has run, or from nothing while it is queued), when
 * the rate limiter admits it by its priority, and yields every read, until its result is final
 * or the signal aborts (then it throws the signal's reason). A success without output is not taken for final: it is for
 * the caller to stop then. Reads that may succeed later are yielded as `unread`, others thrown.
 *
 * While the job is queued it reads /status, for the position; once it runs /result, which is the answer too.
 * If /result refuses an unfinished job with 400005, it goes back to /status for this job.
 */
export async function* poll(
  requestId: string,
  from: PollStart,
  tools: {
    api: Pick<RunComfy, 'status' | 'result'>;
    interval: (runningMs?: number) => number;
    priority: (sinceMs: number, runningMs?: number) => number;
    rateLimiter: RateLimiter;
    clock: Clock;
    signal: AbortSignal;
  },
): AsyncGenerator<Poll> {
  const { api, interval, priority, rateLimiter, clock, signal } = tools;
  let { state, timing } = from;
  let lookedAt = clock.now();
  // Somebody asks for it just now, or a read needs a second one to tell anything.
  const atOnce = () => Number.POSITIVE_INFINITY;
  let resultTellsState = true;

  const run = (next: typeof state) => {
    state = next;
    timing = timingAfter(timing, next, clock.now());
  };
  const runningAt = (now: number) => (state === 'in_queue' ? undefined : now - (timing.startedAt ?? now));
  const priorityNow = (now: number) => priority(now - lookedAt, runningAt(lookedAt));
  const readResult = async (): Promise<Poll | undefined> => {
    const reply = await api.result(requestId, signal);
    if (reply === 'not_finished') return undefined;
    if (reply.state === 'in_queue' || reply.state === 'in_progress') run(reply.state);
    if (reply.state === 'succeeded')
      timing = timingAtEnd(timing, clock.now(), reportedTimes(reply, from.submittedAt));
    return { kind: 'result', reply, timing };
  };
  const look = async (): Promise<Poll> => {
    if (state === 'in_progress' && resultTellsState) {
      const result = await readResult();
      if (result) return result;
      resultTellsState = false;
      await rateLimiter.acquire(atOnce, signal);
    }
    const reply = await api.status(requestId, signal);
    if (reply.state !== 'ended') {
      run(reply.state);
      return { kind: 'status', reply, timing };
    }
    await rateLimiter.acquire(atOnce, signal);
    // Where /result still refuses although /status says that the job ended, it is asked again at the normal interval.
    return (await readResult()) ?? { kind: 'status', reply };
  };

  await clock.sleep(from.firstInterval, signal);
  for (let isAsked = from.firstInterval === 0; ; isAsked = false) {
    await rateLimiter.acquire(isAsked ? atOnce : priorityNow, signal);
    const reply = await look().catch((error): Poll => {
      signal.throwIfAborted();
      if (!(error instanceof ToolError)) throw error;
      const isMissing = from.isRecorded && error.code === 'unknown_request';
      if (error.retryable || isMissing) return { kind: 'read_failed', error };
      throw error;
    });
    lookedAt = clock.now();
    yield reply;
    const outcome = outcomeOf(reply);
    if (outcome === 'final') return;
    if (outcome === 'lacks_output') run('in_progress');
    await clock.sleep(pauseAfter(reply, interval(runningAt(clock.now()))), signal);
  }
}

function outcomeOf(look: Poll): 'open' | 'lacks_output' | 'final' {
  if (look.kind !== 'result') return 'open';
  const { state, urls } = look.reply;
  if (state === 'in_queue' || state === 'in_progress') return 'open';
  return state === 'succeeded' && urls.length === 0 ? 'lacks_output' : 'final';
}

/** How long to wait after a look, in ms, where `interval` would fit a job that goes on. */
function pauseAfter(look: Poll, interval: number): number {
  if (outcomeOf(look) === 'lacks_output') return OUTPUT_AFTER;
  if (look.kind !== 'read_failed') return interval;
  if (look.error.code === 'unknown_request') return CONFIRM_AFTER;
  return Math.max(Math.min(MAX_RETRY_AFTER, (look.error.retryAfter ?? 0) * 1000), interval);
}

function reportedTimes(
  { created_at, finished_at }: ResultReply,
  submittedAt?: number,
): ReportedTimes | undefined {
  if (created_at === undefined || finished_at === undefined || submittedAt === undefined) return undefined;
  return { submittedAt, createdAt: Date.parse(created_at), finishedAt: Date.parse(finished_at) };
}
