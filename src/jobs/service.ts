import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import type { Self } from './follower.ts';
import { createFollowing, type Followed } from './following.ts';
import { createHeld } from './held.ts';
import { isFinal, type Job, type JobState, UNKNOWN_MODEL } from './job.ts';
import type { Entry, Intent, Keep, Ledger } from './ledger.ts';
import { fingerprintOf } from './record.ts';
import { findEarlier } from './resume.ts';
import type { Schedule } from './schedule.ts';

/** Why a wait ended early: the user gave up, the client's clock ran out, or the client is gone. */
export type WaitEnd = 'user' | 'timeout' | 'closed';

/** How long a caller waits for a job, and what it is told meanwhile. */
export interface Wait {
  /** When to hand over, in ms since the epoch; Infinity waits to the end. */
  until: number;
  /** Ends the wait at once, with a WaitEnd as its reason. The job goes on unless the user gave up while it is queued. */
  signal: AbortSignal;
  /** Called after every look. */
  onLook(job: Job): void;
  /** Takes what to do once it is known whether the answer reached the client. */
  onAnswered(settle: (reached: boolean) => Promise<void>): void;
}

/** A job as a caller gets it. */
export interface Outcome {
  job: Job;
  /** It was submitted by an earlier call with the same input, whose answer reached nobody. */
  resumed: boolean;
  /** Why the last look told nothing, where that is so. */
  unread?: ToolError;
}

export interface Cancellation {
  outcome: 'cancelled' | 'already_ended' | 'still_running';
  job: Job;
}

/** Everything that happens to jobs, and the only writer of the ledger. Methods throw ToolError. */
export interface Jobs {
  /** Submits a paid job, or takes up the earlier one that this call repeats, and follows it to its end or the wait's. */
  generate(model: string, input: Record<string, unknown>, wait: Wait): Promise<Outcome>;
  /** Follows a job of this account, also one that the ledger does not know. */
  follow(requestId: string, wait: Wait): Promise<Outcome>;
  /** Asks RunComfy to cancel; only a queued job can be. Returns the job as it then is. */
  cancel(requestId: string, signal: AbortSignal): Promise<Cancellation>;
  /** Jobs of this API, newest first. */
  list(filter: { states?: readonly JobState[]; limit: number }): Promise<Job[]>;
  /** Resolves when no submit is under way whose request id is still to be recorded. */
  settled(): Promise<void>;
}

export interface JobsOptions {
  api: RunComfy;
  origin: string;
  ledger: Ledger;
  schedule: Schedule;
  self: Self;
  /** Throws where the user's limits forbid another job. */
  guard: (intent: Entry, now: number) => Promise<void>;
  keep: Keep;
  clock: Clock;
  log: Log;
}

// A submit and its tries take at most this long, in ms, so a lease of this length covers them.
const SUBMIT_LEASE = 180_000;
// A job that was just submitted is hardly ever done: the first look waits, in ms.
const FIRST_LOOK = 1_000;
const PRUNE_EVERY = 3_600_000;

export function createJobs(options: JobsOptions): Jobs {
  const { api, origin, ledger, self, guard, keep, clock, log } = options;
  const held = createHeld();
  const following = createFollowing({ ...options, held });
  /** Submits under way, each with the call that it is for. */
  const submits = new Map<Promise<unknown>, { fingerprint: string; call: AbortSignal }>();
  let prunedAt = Number.NEGATIVE_INFINITY;

  /** Submits once: the intent is durable before the POST, the request id after it. */
  async function submit(intent: Intent, wait: Wait): Promise<{ entry: Entry; requestId: string }> {
    const entry = await ledger.begin(intent);
    held.take(entry.name, wait.signal);
    try {
      await guard(entry, clock.now());
      wait.signal.throwIfAborted();
      const requestId = await api.submit(intent.model, intent.input);
      return {
        entry: await following.observe(entry, { kind: 'accepted', request_id: requestId }),
        requestId,
      };
    } catch (error) {
      if (wait.signal.aborted || (error instanceof ToolError && error.charged === 'no')) {
        held.release(entry.name, wait.signal);
        await ledger.remove(entry).catch((problem) => log.warn(`cannot remove a record: ${problem.message}`));
      } else {
        const lost = await following.observe(entry, { kind: 'answer_lost' });
        wait.onAnswered((reached) => following.settle(lost, reached, wait.signal));
      }
      throw error;
    }
  }

  /** Waits for submits of the same call whose client gave up on them meanwhile: their jobs are what a repetition wants. */
  async function abandonedSubmits(fingerprint: string): Promise<void> {
    const same = [...submits].filter(
      ([, submit]) => submit.fingerprint === fingerprint && submit.call.aborted,
    );
    await Promise.allSettled(same.map(([submitting]) => submitting));
  }

  /** Deletes old records, now and then and behind a paid call: starting and listing change nothing. */
  function prune(): void {
    if (clock.now() - prunedAt < PRUNE_EVERY) return;
    prunedAt = clock.now();
    ledger
      .prune(prunedAt, keep, ({ state }) => isFinal(state) || state === 'unknown')
      .catch((error) => log.warn(`cannot prune the records: ${error.message}`));
  }

  async function known(requestId: string): Promise<Followed> {
    const entry = await ledger.find(requestId);
    if (entry?.job.api === origin) return entry;
    return {
      job: { api: origin, model: UNKNOWN_MODEL, input: {}, state: 'in_queue', request_id: requestId },
    };
  }

  return {
    async generate(model, input, wait) {
      await api.requireKey();
      const now = clock.now();
      const wanted = { api: origin, model, input };
      await abandonedSubmits(fingerprintOf(wanted));
      const earlier = await findEarlier(wanted, { ledger, self, held, now, call: wait.signal });
      if (earlier?.kind === 'in_doubt') throw await following.tellDoubt(earlier.entry, wait);
      if (earlier) return following.resume(earlier.entry, earlier.requestId, wait);
      const submitted_at = new Date(now).toISOString();
      const follower = self.lease(now, SUBMIT_LEASE);
      const submitting = submit({ ...wanted, state: 'submitting', submitted_at, follower }, wait);
      submits.set(submitting, { fingerprint: fingerprintOf(wanted), call: wait.signal });
      const { entry, requestId } = await submitting.finally(() => submits.delete(submitting));
      prune();
      wait.onLook(entry.job);
      return following.attend(entry, requestId, FIRST_LOOK, wait).catch((error) => {
        throw error instanceof ToolError ? unfollowed(requestId, error) : error;
      });
    },

    async follow(requestId, wait) {
      return following.attend(await known(requestId), requestId, 0, wait);
    },

    async cancel(requestId, signal) {
      const followed = await known(requestId);
      if (isFinal(followed.job.state)) return { outcome: 'already_ended', job: followed.job };
      if ((await api.cancel(requestId)) === 'cancelled') {
        return { outcome: 'cancelled', job: (await following.observe(followed, { kind: 'cancelled' })).job };
      }
      const seen = await api.result(requestId, signal);
      const { job } = await following.observe(
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

    async settled() {
      await Promise.allSettled(submits.keys());
    },
  };
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
