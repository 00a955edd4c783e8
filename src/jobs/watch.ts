import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import type { Observation } from './job.ts';
import type { Schedule } from './schedule.ts';

/** What one look brought: something learned, or nothing because the service could not be read. */
export type Look = Extract<Observation, { kind: 'status' | 'result' }> | { kind: 'unread'; error: ToolError };

/** Where a watch begins. */
export interface WatchStart {
  state: 'in_queue' | 'in_progress';
  /** For how long the job has been running, in ms. */
  runningMs: number;
  /** How long the first look waits, in ms. */
  firstGap: number;
  /** Until when, in ms since the epoch, "no such request" is taken as "not visible yet". */
  missingUntil: number;
}

/**
 * Looks at a job by the schedule and yields every look, until its result is final or the signal aborts
 * (then it throws the signal's reason). Reads that may succeed later are yielded as `unread`, others thrown.
 *
 * While the job is queued it reads /status, for the position; once it runs /result, which is the answer too.
 * If /result refuses an unfinished job with 400005, it goes back to /status for this job.
 */
export async function* watch(
  requestId: string,
  from: WatchStart,
  tools: { api: Pick<RunComfy, 'status' | 'result'>; schedule: Schedule; clock: Clock; signal: AbortSignal },
): AsyncGenerator<Look> {
  const { api, schedule, clock, signal } = tools;
  let { state } = from;
  let runningSince = clock.now() - from.runningMs;
  let resultTellsState = true;

  const run = (next: typeof state) => {
    if (next === 'in_progress' && state === 'in_queue') runningSince = clock.now();
    state = next;
  };
  const readResult = async (): Promise<Look | undefined> => {
    const seen = await api.result(requestId, signal);
    if (seen === 'not_finished') return undefined;
    if (seen.state === 'in_queue' || seen.state === 'in_progress') run(seen.state);
    return { kind: 'result', seen };
  };
  const look = async (): Promise<Look> => {
    if (state === 'in_progress' && resultTellsState) {
      const result = await readResult();
      if (result) return result;
      resultTellsState = false;
    }
    const seen = await api.status(requestId, signal);
    if (seen.state !== 'ended') {
      run(seen.state);
      return { kind: 'status', seen };
    }
    // Where /result still refuses although /status says that the job ended, it is asked again at the normal pace.
    return (await readResult()) ?? { kind: 'status', seen };
  };

  await clock.sleep(from.firstGap, signal);
  for (;;) {
    const seen = await look().catch((error): Look => {
      signal.throwIfAborted();
      const early =
        error instanceof ToolError && error.code === 'unknown_request' && clock.now() < from.missingUntil;
      if (error instanceof ToolError && (error.retryable || early)) return { kind: 'unread', error };
      throw error;
    });
    yield seen;
    if (seen.kind === 'result' && seen.seen.state !== 'in_queue' && seen.seen.state !== 'in_progress') return;
    const asked = seen.kind === 'unread' ? (seen.error.retryAfter ?? 0) * 1000 : 0;
    await clock.sleep(Math.max(asked, schedule.gap(state, clock.now() - runningSince)), signal);
  }
}
