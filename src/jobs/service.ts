import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import { createFollowing, type Followed } from './following.ts';
import type { Held } from './held.ts';
import { isFinal, type Job, type JobState, UNKNOWN_MODEL } from './job.ts';
import { createLateCosts } from './late-costs.ts';
import type { LeaseHolder } from './lease-holder.ts';
import type { Entry, Intent, Keep, Ledger } from './ledger.ts';
import type { Pace } from './pace.ts';
import { fingerprintOf } from './record.ts';
import { findEarlier } from './resume.ts';
import type { RunTimes } from './run-times.ts';
import type { Schedule } from './schedule.ts';
import { createSubmissions } from './submissions.ts';
import type { Outcome, Wait } from './wait.ts';

export interface Cancellation {
  outcome: 'cancelled' | 'already_ended' | 'still_running';
  job: Job;
}

/** Everything that happens to jobs, and the only writer of the ledger. Methods throw ToolError. */
export interface Jobs {
  /**
   * Submits a paid job, or takes up the earlier one that this call repeats, and follows it to its end or the wait's.
   * The input is recorded and tells whether a call repeats another; `body` is what goes out, where that differs.
   */
  generate(
    model: string,
    input: Record<string, unknown>,
    wait: Wait,
    body?: Record<string, unknown>,
  ): Promise<Outcome>;
  /** Follows a job of this account, also one that the ledger does not know. */
  follow(requestId: string, wait: Wait): Promise<Outcome>;
  /** One look at a job, which neither follows nor delivers it: a call that repeats its own still gets it. */
  look(requestId: string, signal: AbortSignal): Promise<Job>;
  /** Asks RunComfy to cancel; only a queued job can be. Returns the job as it then is. */
  cancel(requestId: string, signal: AbortSignal): Promise<Cancellation>;
  /** Jobs of this account, newest first, since a time (ISO 8601), of which `fits` is true. */
  list(filter: {
    states?: readonly JobState[];
    since?: string;
    fits?: (job: Job) => boolean;
    limit: number;
  }): Promise<Job[]>;
  /**
   * Before the process ends: resolves when every submit under way has its request id recorded, and every answer that
   * has gone out its acknowledgement.
   */
  leave(): Promise<void>;
}

export interface JobsOptions {
  api: RunComfy;
  origin: string;
  ledger: Ledger;
  schedule: Schedule;
  pace: Pace;
  runTimes: RunTimes;
  holder: LeaseHolder;
  held: Held;
  /** Records an intent, or throws where the user's limits forbid another job. */
  admit: (intent: Intent) => Promise<Entry>;
  keep: Keep;
  clock: Clock;
  log: Log;
  /** Aborts when the process is about to end: what nobody waits for is given up. */
  ended: AbortSignal;
}

type Wanted = Pick<Job, 'api' | 'model' | 'input'>;

const PRUNE_EVERY = 3_600_000;

export function createJobs(options: JobsOptions): Jobs {
  const { api, origin, ledger, schedule, runTimes, holder, held, keep, clock, log } = options;
  const lateCosts = createLateCosts(options);
  const following = createFollowing({ ...options, lateCosts });
  const submissions = createSubmissions({ ...options, following });
  /** Paid calls under way, by the signals of their waits. */
  const calls = new Map<AbortSignal, { fingerprint: string; ended: Promise<unknown> }>();
  let prunedAt = Number.NEGATIVE_INFINITY;

  /** Deletes old records, now and then and behind a paid call: starting and listing change nothing. */
  function prune(): void {
    if (clock.now() - prunedAt < PRUNE_EVERY) return;
    prunedAt = clock.now();
    ledger
      .prune(prunedAt, keep, isSettled)
      .catch((error) => log.warn(`cannot prune the records: ${error.message}`));
  }

  async function known(requestId: string): Promise<Followed> {
    // RunComfy knows the job whether or not the records can be read.
    const entry = await ledger.find(requestId).catch((error) => void log.warn(error.message));
    if (entry?.job.api === origin) return entry;
    return {
      job: { api: origin, model: UNKNOWN_MODEL, input: {}, state: 'in_queue', request_id: requestId },
    };
  }

  async function lookAt(followed: Followed, requestId: string, signal: AbortSignal): Promise<Job> {
    if (isFinal(followed.job.state)) return followed.job;
    // Only /status tells the position in the queue, and only /result how a job ended.
    const status = await api.status(requestId, signal);
    if (status.state !== 'ended') {
      return (await following.observe(followed, { kind: 'status', seen: status })).job;
    }
    const seen = await api.result(requestId, signal);
    if (seen === 'not_finished') return followed.job;
    const ended = await following.observe(followed, { kind: 'result', seen });
    lateCosts.ask(ended);
    return ended.job;
  }

  /** Other calls of the same input that their clients gave up on, and that have not finished their records yet. */
  function abandonedCalls(fingerprint: string, own: AbortSignal): Promise<unknown>[] {
    return [...calls]
      .filter(([signal, call]) => signal.aborted && signal !== own && call.fingerprint === fingerprint)
      .map(([, { ended }]) => ended);
  }

  /** The earlier job that a call repeats. What an abandoned call leaves is what this one may repeat, so those end first. */
  async function earlierJob(wanted: Wanted, fingerprint: string, call: AbortSignal) {
    for (;;) {
      await Promise.allSettled(abandonedCalls(fingerprint, call));
      call.throwIfAborted();
      const earlier = await findEarlier(wanted, { ledger, holder, held, now: clock.now(), call });
      if (earlier?.kind !== 'lost') return earlier;
    }
  }

  /** Takes up the earlier job that a call repeats, or submits a new one, and follows it. */
  async function serve(
    wanted: Wanted,
    fingerprint: string,
    body: Record<string, unknown>,
    wait: Wait,
  ): Promise<Outcome> {
    const earlier = await earlierJob(wanted, fingerprint, wait.signal);
    runTimes.recall();
    if (earlier?.kind === 'in_doubt') return following.doubt(earlier.entry, wait);
    if (earlier) return following.resume(earlier.entry, earlier.requestId, wait);
    const follower = await holder.lease();
    const submitted_at = new Date(clock.now()).toISOString();
    const { entry, requestId } = await submissions.submit(
      { ...wanted, state: 'submitting', submitted_at, follower },
      body,
      wait,
    );
    prune();
    wait.onLook(entry.job);
    return following.attend(entry, requestId, schedule.gap(wanted), wait).catch((error) => {
      throw error instanceof ToolError ? unfollowed(requestId, error) : error;
    });
  }

  return {
    async generate(model, input, wait, body = input) {
      await api.requireKey();
      const wanted = { api: origin, model, input };
      const fingerprint = fingerprintOf(wanted);
      const ended = serve(wanted, fingerprint, body, wait);
      calls.set(wait.signal, { fingerprint, ended });
      return ended.finally(() => calls.delete(wait.signal));
    },

    async follow(requestId, wait) {
      runTimes.recall();
      return following.attend(await known(requestId), requestId, 0, wait);
    },

    async look(requestId, signal) {
      return lookAt(await known(requestId), requestId, signal);
    },

    async cancel(requestId, signal) {
      const followed = await known(requestId);
      if (isFinal(followed.job.state)) return { outcome: 'already_ended', job: followed.job };
      if ((await api.cancel(requestId, signal)) === 'cancelled') {
        return { outcome: 'cancelled', job: (await following.observe(followed, { kind: 'cancelled' })).job };
      }
      const job = await lookAt(followed, requestId, signal);
      return { outcome: isFinal(job.state) ? 'already_ended' : 'still_running', job };
    },

    async list({ states, since, fits = () => true, limit }) {
      const jobs: Job[] = [];
      for await (const { job } of ledger.newest({
        ...(since !== undefined && { since }),
        skipUnreadable: true,
      })) {
        if (job.api !== origin || (states && !states.includes(job.state)) || !fits(job)) continue;
        jobs.push(job);
        if (jobs.length === limit) break;
      }
      return jobs;
    },

    async leave() {
      await submissions.leave();
      await following.leave();
    },
  };
}

/** Whether nothing is owed to anybody any more: its outcome was told, or it was cancelled. */
const isSettled = ({ state, delivered_at }: Job): boolean =>
  state === 'cancelled' || ((isFinal(state) || state === 'unknown') && delivered_at !== undefined);

/** The job was accepted, but cannot be followed: told with its request id, so that it is not submitted again. */
function unfollowed(requestId: string, error: ToolError): ToolError {
  const { code, message } = error;
  if (code === 'unknown_request')
    return new ToolError(code, message, { next: error.next, charged: 'maybe', cause: error });
  return new ToolError(code, `Job ${requestId} was submitted, but it cannot be followed: ${message}`, {
    next: `Fix that, then call get_image_job with request_id "${requestId}"; do not submit it again.`,
    charged: 'maybe',
    cause: error,
  });
}
