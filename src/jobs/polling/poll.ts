import { ToolError } from '../../errors.ts';
import type { RunComfy } from '../../runcomfy/client.ts';
import type { Job, Observation, RunTiming } from '../job.ts';
import type { JobsOptions } from '../options.ts';
import { AT_ONCE } from './rate-limiter.ts';

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
// Polls of one job follow each other within this time, in ms. If they do not, the machine slept or its clock jumped.
const MAX_BETWEEN = 60_000;
// A run time is a sample if it is known within this many ms or within this share. Polls lie up to 5 s apart in the
// queue and 10 s in the run, and every job that they saw must be a sample: without those that ended in a long interval,
// what is learned would be too long and too sure (simulated: a quarter more waiting where run times differ widely).
const CLOSE_MS = 8_000;
const CLOSE_SHARE = 0.3;

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
  const askStatus = () => api.status(requestId, signal);
  const askResult = () => api.result(requestId, signal);
  const takeIn = (reply: Awaited<ReturnType<typeof askResult>>): Poll | undefined => {
    if (reply === 'not_finished') return undefined;
    if (reply.state === 'in_queue' || reply.state === 'in_progress') setState(reply.state);
    if (reply.state === 'succeeded')
      timing = timingAtEnd(timing, clock.now(), { ...reply, submitted_at: job.submitted_at });
    return { kind: 'result', reply, timing };
  };
  /** `giveBack` ends the first read, whose turn it is; one that follows from it waits for its own. */
  const read = async (giveBack: () => void): Promise<Poll> => {
    const asksResult = state === 'in_progress' && resultTellsState;
    if (asksResult) {
      const result = takeIn(await askResult().finally(giveBack));
      if (result) return result;
      resultTellsState = false;
    }
    const reply = await (asksResult
      ? rateLimiter.read(AT_ONCE, signal, askStatus)
      : askStatus().finally(giveBack));
    if (reply.state !== 'ended') {
      setState(reply.state);
      return { kind: 'status', reply, timing };
    }
    // If /result still refuses although /status says that the job ended, it is read again at the normal interval.
    return takeIn(await rateLimiter.read(AT_ONCE, signal, askResult)) ?? { kind: 'status', reply };
  };

  await clock.sleep(firstInterval, signal);
  for (let isFirst = true; ; isFirst = false) {
    // Awaited here: a thousand jobs wait for their turns at once, and each frame that waits costs memory.
    const giveBack = await rateLimiter.place(isFirst && firstInterval === 0 ? AT_ONCE : priorityNow, signal);
    const reply = await read(giveBack).catch((error): Poll => {
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

const isClose = (from: number | undefined, to: number): from is number =>
  from !== undefined && to >= from && to - from <= MAX_BETWEEN;

/** What a record tells. */
export function recordedTiming({ started_at, started_within_seconds: within }: Job): RunTiming {
  const startedAt = Date.parse(started_at ?? '');
  if (Number.isNaN(startedAt)) return {};
  return { startedAt, ...(within !== undefined && { startedWithin: within * 1000 }) };
}

/** What is known after a poll at `now` that saw the job queued or running. */
export function timingAfter(timing: RunTiming, state: 'in_queue' | 'in_progress', now: number): RunTiming {
  if (state === 'in_queue') return { seenAt: now };
  const { seenAt, startedAt, startedWithin } = timing;
  if (startedAt === undefined) {
    if (!isClose(seenAt, now)) return { seenAt: now, startedAt: now };
    return { seenAt: now, startedAt: (seenAt + now) / 2, startedWithin: (now - seenAt) / 2 };
  }
  const isSteady = startedWithin !== undefined && (seenAt === undefined || isClose(seenAt, now));
  return { seenAt: now, startedAt, ...(isSteady && { startedWithin }) };
}

/** Our time of a job's submit, and RunComfy's own times, each ISO 8601. */
type ReportedTimes = { [name in 'submitted_at' | 'created_at' | 'finished_at']?: string | undefined };

/**
 * What is known after a poll at `now` that saw the job succeeded. Start and end each lie between two polls. The end that
 * RunComfy reports is exact: it is counted from the submit, so that the two clocks need not agree, and used if it lies
 * between those polls; then a job that is read long after its end is a sample too.
 */
export function timingAtEnd(timing: RunTiming, now: number, times: ReportedTimes = {}): RunTiming {
  const { seenAt, startedAt, startedWithin = Number.NaN } = timing;
  if (startedAt === undefined ? !isClose(seenAt, now) : seenAt !== undefined && !isClose(seenAt, now))
    return timing;
  const [start, latestStart] =
    startedAt === undefined
      ? [seenAt as number, now]
      : [startedAt - startedWithin, startedAt + startedWithin];
  let [end, latestEnd] = [Math.max(start, seenAt ?? start), now];
  const { submitted_at = '', created_at = '', finished_at = '' } = times;
  const exact = Date.parse(submitted_at) + Date.parse(finished_at) - Date.parse(created_at);
  if (exact >= end && exact <= latestEnd) [end, latestEnd] = [exact, exact];
  const shortest = Math.max(0, end - latestStart);
  const longest = latestEnd - start;
  const ranMs = (shortest + longest) / 2;
  return longest - ranMs <= Math.max(CLOSE_MS, CLOSE_SHARE * ranMs) ? { ...timing, ranMs } : timing;
}
