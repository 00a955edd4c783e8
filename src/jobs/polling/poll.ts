import type { Clock } from '../../clock.ts';
import { ToolError } from '../../errors.ts';
import type { RunComfy } from '../../runcomfy/client.ts';
import type { ResultSeen } from '../../runcomfy/replies.ts';
import type { Job, Observation, Sight } from '../job.ts';
import type { Pace } from './rate-limiter.ts';
import { sightAfter, sightAtEnd, sightOf, type ToldTimes } from './timing.ts';

/** What one look brought: something learned, or nothing because the service could not be read. */
export type Look = Extract<Observation, { kind: 'status' | 'result' }> | { kind: 'unread'; error: ToolError };

/** Where a watch begins. */
export interface WatchStart {
  state: 'in_queue' | 'in_progress';
  /** What is known of the time of its run. */
  sight: Sight;
  /** When it was submitted, in ms since the epoch; absent where that is not known. */
  submittedAt?: number;
  /** How long the first look waits, in ms. */
  firstGap: number;
  /** A job that is recorded was there once: that it is not found is an observation, and no error. */
  isRecorded: boolean;
}

// In ms: when RunComfy does not know the job, or tells its end before its output, it is asked again soon.
const CONFIRM_AFTER = 3_000;
const OUTPUT_AFTER = 2_000;
// One absurd header must not silence a job for as long as its call waits.
const MAX_RETRY_AFTER = 60_000;

/** Where the watch of a job begins at `now` (ms). */
export function watchStart(job: Job, isRecorded: boolean, firstGap: number, now: number): WatchStart {
  const submittedAt = job.submitted_at === undefined ? undefined : Date.parse(job.submitted_at);
  return {
    state: job.state === 'in_progress' ? job.state : 'in_queue',
    // A first look that waits is one after the submit, which is just over.
    sight: firstGap > 0 ? { seenAt: now } : sightOf(job),
    ...(submittedAt !== undefined && { submittedAt }),
    firstGap,
    isRecorded,
  };
}

/**
 * Looks at a job at the `gap` that fits (ms, from the ms for which it has run, or from nothing while it is queued), when
 * the pace of the process gives its look a turn by what it is worth, and yields every look, until its result is final
 * or the signal aborts (then it throws the signal's reason). A success without output is not taken for final: it is for
 * the caller to stop then. Reads that may succeed later are yielded as `unread`, others thrown.
 *
 * While the job is queued it reads /status, for the position; once it runs /result, which is the answer too.
 * If /result refuses an unfinished job with 400005, it goes back to /status for this job.
 */
export async function* watch(
  requestId: string,
  from: WatchStart,
  tools: {
    api: Pick<RunComfy, 'status' | 'result'>;
    gap: (runningMs?: number) => number;
    worth: (sinceMs: number, runningMs?: number) => number;
    pace: Pace;
    clock: Clock;
    signal: AbortSignal;
  },
): AsyncGenerator<Look> {
  const { api, gap, worth, pace, clock, signal } = tools;
  let { state, sight } = from;
  let lookedAt = clock.now();
  // Somebody asks for it just now, or a read needs a second one to tell anything.
  const atOnce = () => Number.POSITIVE_INFINITY;
  let resultTellsState = true;

  const run = (next: typeof state) => {
    state = next;
    sight = sightAfter(sight, next, clock.now());
  };
  const runningAt = (now: number) => (state === 'in_queue' ? undefined : now - (sight.startedAt ?? now));
  const worthNow = (now: number) => worth(now - lookedAt, runningAt(lookedAt));
  const readResult = async (): Promise<Look | undefined> => {
    const seen = await api.result(requestId, signal);
    if (seen === 'not_finished') return undefined;
    if (seen.state === 'in_queue' || seen.state === 'in_progress') run(seen.state);
    if (seen.state === 'succeeded') sight = sightAtEnd(sight, clock.now(), toldTimes(seen, from.submittedAt));
    return { kind: 'result', seen, sight };
  };
  const look = async (): Promise<Look> => {
    if (state === 'in_progress' && resultTellsState) {
      const result = await readResult();
      if (result) return result;
      resultTellsState = false;
      await pace.turn(atOnce, signal);
    }
    const seen = await api.status(requestId, signal);
    if (seen.state !== 'ended') {
      run(seen.state);
      return { kind: 'status', seen, sight };
    }
    await pace.turn(atOnce, signal);
    // Where /result still refuses although /status says that the job ended, it is asked again at the normal pace.
    return (await readResult()) ?? { kind: 'status', seen };
  };

  await clock.sleep(from.firstGap, signal);
  for (let isAsked = from.firstGap === 0; ; isAsked = false) {
    await pace.turn(isAsked ? atOnce : worthNow, signal);
    const seen = await look().catch((error): Look => {
      signal.throwIfAborted();
      if (!(error instanceof ToolError)) throw error;
      const isMissing = from.isRecorded && error.code === 'unknown_request';
      if (error.retryable || isMissing) return { kind: 'unread', error };
      throw error;
    });
    lookedAt = clock.now();
    yield seen;
    const outcome = outcomeOf(seen);
    if (outcome === 'final') return;
    if (outcome === 'lacks_output') run('in_progress');
    await clock.sleep(pauseAfter(seen, gap(runningAt(clock.now()))), signal);
  }
}

function outcomeOf(look: Look): 'open' | 'lacks_output' | 'final' {
  if (look.kind !== 'result') return 'open';
  const { state, urls } = look.seen;
  if (state === 'in_queue' || state === 'in_progress') return 'open';
  return state === 'succeeded' && urls.length === 0 ? 'lacks_output' : 'final';
}

/** How long to wait after a look, in ms, where `gap` would fit a job that goes on. */
function pauseAfter(look: Look, gap: number): number {
  if (outcomeOf(look) === 'lacks_output') return OUTPUT_AFTER;
  if (look.kind !== 'unread') return gap;
  if (look.error.code === 'unknown_request') return CONFIRM_AFTER;
  return Math.max(Math.min(MAX_RETRY_AFTER, (look.error.retryAfter ?? 0) * 1000), gap);
}

function toldTimes({ created_at, finished_at }: ResultSeen, submittedAt?: number): ToldTimes | undefined {
  if (created_at === undefined || finished_at === undefined || submittedAt === undefined) return undefined;
  return { submittedAt, createdAt: Date.parse(created_at), finishedAt: Date.parse(finished_at) };
}
