import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import type { ResultSeen } from '../runcomfy/wire.ts';
import type { Job, Observation } from './job.ts';
import type { Pace } from './pace.ts';
import { type Sight, sightAfter, sightAtEnd, sightOf, type ToldTimes } from './sight.ts';

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
  /** Until when, in ms since the epoch, "no such request" is taken as "not visible yet". */
  missingUntil: number;
}

// RunComfy promises no read-your-writes: a request id may be unknown to a read for some ms after its submit.
const VISIBLE_WITHIN = 30_000;

/** Where the watch of a job begins at `now` (ms); one that is not recorded was not submitted by us just now. */
export function watchStart(job: Job, isRecorded: boolean, firstGap: number, now: number): WatchStart {
  const submittedAt = job.submitted_at === undefined ? undefined : Date.parse(job.submitted_at);
  return {
    state: job.state === 'in_progress' ? job.state : 'in_queue',
    // A first look that waits is one after the submit, which is just over.
    sight: firstGap > 0 ? { seenAt: now } : sightOf(job),
    ...(submittedAt !== undefined && { submittedAt }),
    firstGap,
    missingUntil: isRecorded && submittedAt !== undefined ? submittedAt + VISIBLE_WITHIN : 0,
  };
}

/**
 * Looks at a job at the `gap` that fits (ms, from the ms for which it has run, or from nothing while it is queued), when
 * the pace of the process gives its look a turn by what it is worth, and yields every look, until its result is final or the signal aborts (then it throws the signal's reason). Reads that
 * may succeed later are yielded as `unread`, others thrown.
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
      const early =
        error instanceof ToolError && error.code === 'unknown_request' && clock.now() < from.missingUntil;
      if (error instanceof ToolError && (error.retryable || early)) return { kind: 'unread', error };
      throw error;
    });
    lookedAt = clock.now();
    yield seen;
    if (seen.kind === 'result' && seen.seen.state !== 'in_queue' && seen.seen.state !== 'in_progress') return;
    const asked = seen.kind === 'unread' ? (seen.error.retryAfter ?? 0) * 1000 : 0;
    await clock.sleep(Math.max(asked, gap(runningAt(clock.now()))), signal);
  }
}

function toldTimes({ created_at, finished_at }: ResultSeen, submittedAt?: number): ToldTimes | undefined {
  if (created_at === undefined || finished_at === undefined || submittedAt === undefined) return undefined;
  return { submittedAt, createdAt: Date.parse(created_at), finishedAt: Date.parse(finished_at) };
}
