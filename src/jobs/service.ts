import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import { isFinal, type Job, type JobState, type Observation, transition, UNKNOWN_MODEL } from './job.ts';
import type { Entry, Intent, Ledger } from './ledger.ts';
import type { Schedule } from './schedule.ts';
import { watch } from './watch.ts';

/** How long a caller waits for a job, and what it is told meanwhile. */
export interface Wait {
  /** When to hand over, in ms since the epoch; Infinity waits to the end. */
  until: number;
  /** Ends the wait at once. The job goes on: ending a wait never cancels a job. */
  signal: AbortSignal;
  /** Called after every look. */
  onLook(job: Job): void;
}

/** Everything that happens to jobs, and the only writer of the ledger. Methods throw ToolError. */
export interface Jobs {
  /** Submits a paid job and follows it. Returns it in a final state, or as it is when the wait ends. */
  generate(model: string, input: Record<string, unknown>, wait: Wait): Promise<Job>;
  /** Follows a job of this account, also one that the ledger does not know. */
  follow(requestId: string, wait: Wait): Promise<Job>;
  /** Asks RunComfy to cancel; only a queued job can be. Returns the job as it then is. */
  cancel(requestId: string, signal: AbortSignal): Promise<Cancellation>;
  /** Jobs of this API, newest first. */
  list(filter: { states?: readonly JobState[]; limit: number }): Promise<Job[]>;
}

export interface Cancellation {
  outcome: 'cancelled' | 'already_ended' | 'still_running';
  job: Job;
}

export interface JobsOptions {
  api: RunComfy;
  origin: string;
  ledger: Ledger;
  schedule: Schedule;
  clock: Clock;
  log: Log;
}

// A job that was just submitted is hardly ever done: the first look waits, in ms.
const FIRST_LOOK = 1_000;
// RunComfy promises no read-your-writes: a request id may be unknown to a read for some ms after its submit.
const VISIBLE_WITHIN = 30_000;

/** A job that is followed; without a name where another program submitted it and the ledger holds no record. */
type Followed = { readonly name?: string; readonly job: Job };

export function createJobs({ api, origin, ledger, schedule, clock, log }: JobsOptions): Jobs {
  /** Applies an observation; records it where it says more than a new queue position. */
  async function observe<Kind extends Followed>(followed: Kind, observation: Observation): Promise<Kind> {
    const job = transition(followed.job, observation, clock.now());
    if (job === followed.job) return followed;
    if (followed.name === undefined || job.state === followed.job.state) return { ...followed, job };
    return { ...followed, ...(await save({ name: followed.name, job: followed.job }, job)) };
  }

  /** After the submit nothing may fail for want of a record: the job exists, and its answer is still owed. */
  async function save(entry: Entry, job: Job): Promise<Entry> {
    try {
      return await ledger.update(entry, job);
    } catch (error) {
      log.error(
        `cannot record job ${job.request_id ?? entry.name} as ${job.state}: ${(error as Error).message}`,
      );
      return { ...entry, job };
    }
  }

  /** Looks at a job until it ends or the wait is over. */
  async function attend(start: Followed, requestId: string, firstGap: number, wait: Wait): Promise<Job> {
    let followed = start;
    const { state, started_at, submitted_at } = start.job;
    const from = {
      state: state === 'in_progress' ? state : ('in_queue' as const),
      runningMs: started_at === undefined ? 0 : clock.now() - Date.parse(started_at),
      firstGap,
      missingUntil:
        start.name === undefined || submitted_at === undefined
          ? 0
          : Date.parse(submitted_at) + VISIBLE_WITHIN,
    };
    const deadline = startDeadline(clock, wait);
    try {
      for await (const look of watch(requestId, from, { api, schedule, clock, signal: deadline.signal })) {
        if (look.kind === 'unread') log.debug(`${requestId} could not be read: ${look.error.message}`);
        else followed = await observe(followed, look);
        wait.onLook(followed.job);
      }
    } catch (error) {
      if (!deadline.signal.aborted) throw error;
    } finally {
      deadline.clear();
    }
    return followed.job;
  }

  async function known(requestId: string): Promise<Followed> {
    const entry = await ledger.find(requestId);
    if (entry?.job.api === origin) return entry;
    return {
      job: { api: origin, model: UNKNOWN_MODEL, input: {}, state: 'in_queue', request_id: requestId },
    };
  }

  /** Submits once: the intent is durable before the POST, the request id after it. */
  async function submit(intent: Intent): Promise<{ entry: Entry; requestId: string }> {
    const entry = await ledger.begin(intent);
    try {
      const requestId = await api.submit(intent.model, intent.input);
      return { entry: await observe(entry, { kind: 'accepted', request_id: requestId }), requestId };
    } catch (error) {
      if (error instanceof ToolError && error.charged === 'no') await ledger.remove(entry).catch(() => {});
      else await observe(entry, { kind: 'answer_lost' });
      throw error;
    }
  }

  return {
    async generate(model, input, wait) {
      await api.requireKey();
      const submitted_at = new Date(clock.now()).toISOString();
      const { entry, requestId } = await submit({
        api: origin,
        model,
        input,
        state: 'submitting',
        submitted_at,
      });
      wait.onLook(entry.job);
      return attend(entry, requestId, FIRST_LOOK, wait).catch((error) => {
        throw error instanceof ToolError ? unfollowed(requestId, error) : error;
      });
    },

    async follow(requestId, wait) {
      const followed = await known(requestId);
      return isFinal(followed.job.state) ? followed.job : attend(followed, requestId, 0, wait);
    },

    async cancel(requestId, signal) {
      const followed = await known(requestId);
      if (isFinal(followed.job.state)) return { outcome: 'already_ended', job: followed.job };
      if ((await api.cancel(requestId)) === 'cancelled') {
        return { outcome: 'cancelled', job: (await observe(followed, { kind: 'cancelled' })).job };
      }
      const seen = await api.result(requestId, signal);
      const { job } = await observe(
        followed,
        seen === 'not_finished'
          ? { kind: 'status', seen: await api.status(requestId, signal) }
          : { kind: 'result', seen },
      );
      return { outcome: isFinal(job.state) ? 'already_ended' : 'still_running', job };
    },

    async list({ states, limit }) {
      const jobs: Job[] = [];
      for await (const { job } of ledger.newest()) {
        if (job.api !== origin || (states && !states.includes(job.state))) continue;
        jobs.push(job);
        if (jobs.length === limit) break;
      }
      return jobs;
    },
  };
}

/** A signal that aborts with the wait's own or at its end, and the means to stop its timer. */
function startDeadline(clock: Clock, wait: Wait): { signal: AbortSignal; clear(): void } {
  const end = new AbortController();
  const stop = new AbortController();
  if (Number.isFinite(wait.until)) {
    clock.sleep(Math.max(0, wait.until - clock.now()), stop.signal).then(
      () => end.abort(),
      () => {},
    );
  }
  return { signal: AbortSignal.any([wait.signal, end.signal]), clear: () => stop.abort() };
}

/** The job was accepted, but cannot be followed: told with its request id, so that it is not submitted again. */
function unfollowed(requestId: string, error: ToolError): ToolError {
  return new ToolError(
    error.code,
    `Job ${requestId} was submitted, but it cannot be followed: ${error.message}`,
    {
      next: `Solve that, then call get_image_job with request_id "${requestId}"; do not submit it again.`,
      charged: 'maybe',
      cause: error,
    },
  );
}
