import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import type { Held } from './held.ts';
import { isFinal, type Job, lacksOutput, type Observation } from './job.ts';
import type { LateCosts } from './late-costs.ts';
import type { LeaseHolder } from './lease-holder.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { Pace } from './pace.ts';
import type { RunTimes } from './run-times.ts';
import type { Schedule } from './schedule.ts';
import { transition } from './transition.ts';
import { type Outcome, startDeadline, type Wait } from './wait.ts';
import { watch, watchStart } from './watch.ts';

/** A job that is followed; without a name where another program submitted it and the ledger holds no record. */
export type Followed = { readonly name?: string; readonly job: Job };

// How long the one look of a wait that is over already may take, in ms.
const ONE_LOOK = 5_000;

export interface FollowingOptions {
  api: RunComfy;
  ledger: Ledger;
  schedule: Schedule;
  pace: Pace;
  runTimes: RunTimes;
  holder: LeaseHolder;
  held: Held;
  lateCosts: LateCosts;
  clock: Clock;
  log: Log;
}

export type Following = ReturnType<typeof createFollowing>;

/** Following jobs: looking, recording what is seen, and keeping book of whose turn it is and what was delivered. */
export function createFollowing(options: FollowingOptions) {
  const { api, ledger, schedule, pace, runTimes, holder, held, lateCosts, clock, log } = options;

  /** After the submit nothing may fail for want of a record: the job exists, and its answer is still owed. */
  async function save<Kind extends Followed>(followed: Kind, change: (latest: Job) => Job): Promise<Kind> {
    const { name, job } = followed;
    const changed = change(job);
    if (name === undefined) return { ...followed, job: changed };
    try {
      return { ...followed, ...(await ledger.update({ name, job }, change)) };
    } catch (error) {
      log.error(
        `cannot record job ${changed.request_id ?? name} as ${changed.state}: ${(error as Error).message}`,
      );
      return { ...followed, job: changed };
    }
  }

  /** Applies an observation; records it where it says more than a new queue position. */
  async function observe<Kind extends Followed>(followed: Kind, observation: Observation): Promise<Kind> {
    const now = clock.now();
    const before = followed.job;
    const job = transition(before, observation, now);
    // Of a job without a record the input is not known.
    if (followed.name !== undefined) runTimes.learn(job);
    if (!saysMore(before, job)) return { ...followed, job };
    return save(followed, (latest) => transition(latest, observation, now));
  }

  /** Ends this process's turn: with the outcome delivered, or free to be taken up by the next identical call. */
  async function settle(followed: Followed, reached: boolean, call: AbortSignal): Promise<void> {
    const { name, job } = followed;
    if (name === undefined || !held.isBy(name, call)) return;
    const tells =
      reached && (isFinal(job.state) || job.state === 'unknown') && job.delivered_at === undefined;
    const at = new Date(clock.now()).toISOString();
    if (tells || holder.holds(job)) {
      await save(followed, (latest) => ({ ...withoutLease(latest), ...(tells && { delivered_at: at }) }));
    }
    held.release(name, call);
  }

  const settling = new Set<Promise<void>>();

  /** Ends this process's turn once it is known whether the call's answer reached the client. */
  function settleOnDelivery(followed: Followed, { delivered, signal }: Wait): void {
    const settled = delivered
      .then((reached) => settle(followed, reached, signal))
      .catch((error) => log.error(error.message))
      .finally(() => settling.delete(settled));
    settling.add(settled);
  }

  /** Before the process ends: resolves when what is known of answers that have gone out is recorded. */
  async function leave(): Promise<void> {
    while (settling.size > 0) await Promise.all(settling);
  }

  /** The job without this process's lease on it. */
  function withoutLease(job: Job): Job {
    if (!holder.holds(job)) return job;
    const { follower: _, ...rest } = job;
    return rest;
  }

  /** Takes this process's lease off a record, and changes nothing else about it. */
  async function giveUp(entry: Entry): Promise<void> {
    await ledger.update(entry, withoutLease, { create: false }).catch((error) => log.warn(error.message));
  }

  /** Puts this process's lease on a job, unless it has ended or another process follows it. */
  async function takeUp(followed: Followed, call: AbortSignal): Promise<Followed> {
    const { name, job } = followed;
    if (name === undefined) return followed;
    if (!held.isTaken(name)) held.take(name, call);
    if (isFinal(job.state) || holder.holds(job) || holder.otherFollower(job) !== 'dead') return followed;
    const follower = await holder.lease();
    return save(followed, (latest) => ({ ...latest, follower }));
  }

  /** Looks at a job until it ends or the wait is over. */
  async function attend(
    start: Followed,
    requestId: string,
    firstGap: number,
    wait: Wait,
    resumed = false,
  ): Promise<Outcome> {
    let followed = await takeUp(start, wait.signal);
    let unread: ToolError | undefined;
    let lost: ToolError | undefined;
    let isRead = start.name !== undefined;
    // Who asks for a job gets at least one look, even where the wait is none.
    const until = firstGap === 0 ? Math.max(wait.until, clock.now() + ONE_LOOK) : wait.until;
    const deadline = startDeadline(clock, wait.signal, until);
    try {
      if (!isFinal(followed.job.state) || lacksOutput(followed.job)) {
        const from = watchStart(followed.job, start.name !== undefined, firstGap, clock.now());
        const tools = {
          api,
          gap: (runningMs?: number) => schedule.gap(followed.job, runningMs),
          worth: (sinceMs: number, runningMs?: number) => schedule.worth(followed.job, sinceMs, runningMs),
          pace,
          clock,
          signal: deadline.signal,
        };
        for await (const look of watch(requestId, from, tools)) {
          unread = look.kind === 'unread' ? look.error : undefined;
          isRead ||= look.kind !== 'unread';
          if (look.kind !== 'unread') followed = await observe(followed, look);
          else {
            log.debug(`${requestId} could not be read: ${look.error.message}`);
            const failure = failureOf(look.error);
            followed = await observe(followed, failure);
            if (failure.kind === 'missing' && followed.job.state === 'unknown')
              lost = gone(requestId, look.error);
          }
          wait.onLook(followed.job);
          if (lost || clock.now() >= wait.until || isFinal(followed.job.state)) break;
        }
      }
    } catch (error) {
      if (!deadline.signal.aborted) {
        await settle(followed, false, wait.signal);
        throw error;
      }
      if (wait.signal.reason === 'user') followed = await cancelQueued(followed, requestId);
    } finally {
      deadline.clear();
    }
    lateCosts.ask(followed);
    // A job that is handed over, or whose client is gone, may be called for again in the same breath.
    if ((isFinal(followed.job.state) || lost) && !wait.signal.aborted) {
      settleOnDelivery(followed, wait);
    } else await settle(followed, false, wait.signal);
    if (lost) throw lost;
    // Nothing is known of a job that no look could read and no record tells of.
    if (!isRead && !wait.signal.aborted) throw unread ?? notHeard(requestId);
    return { job: followed.job, resumed, ...(unread && { unread }) };
  }

  /** The user gave up: a queued job is cancelled upstream too. Nobody waits for an answer, so failures are only logged. */
  async function cancelQueued(followed: Followed, requestId: string): Promise<Followed> {
    try {
      if ((await api.cancel(requestId)) === 'cancelled')
        return await observe(followed, { kind: 'cancelled' });
      log.info(`${requestId} runs on: it could not be cancelled any more`);
    } catch (error) {
      log.warn(`${requestId} could not be cancelled: ${(error as Error).message}`);
    }
    return followed;
  }

  /** Follows an earlier job for the call that repeats it. */
  const resume = (entry: Entry, requestId: string, wait: Wait): Promise<Outcome> =>
    attend(entry, requestId, 0, wait, true);

  /**
   * Answers a call that repeats one which was cut off in its submit: with that job, if it turns out to have been
   * accepted, else by throwing `submit_unknown`. Once that is told, the next call submits anew.
   */
  async function doubt(entry: Entry, wait: Wait): Promise<Outcome> {
    const doubted = await observe(entry, { kind: 'answer_lost' });
    const { request_id, submitted_at } = doubted.job;
    if (request_id !== undefined) return resume(doubted, request_id, wait);
    settleOnDelivery(doubted, wait);
    throw new ToolError(
      'submit_unknown',
      `An identical call at ${submitted_at} was cut off while it was submitted: that job may exist and be charged. Nothing was submitted now.`,
      {
        next: 'Look at the Generations page of the RunComfy account; if the image is not there, call again to submit a new job.',
        charged: 'maybe',
      },
    );
  }

  return { observe, settleOnDelivery, giveUp, attend, resume, doubt, leave };
}

/** Whether an observation taught more than a new queue position. */
const saysMore = (before: Job, after: Job): boolean =>
  (['state', 'finished_at', 'urls', 'cost_usd', 'missing_since', 'denied_since'] as const).some(
    (field) => before[field] !== after[field],
  );

/** What a read that failed says of its job. */
function failureOf({ code, status }: ToolError): Observation {
  const isDenied = code === 'unknown_request';
  return isDenied || status === 404 ? { kind: 'missing', isDenied } : { kind: 'unread' };
}

function notHeard(requestId: string): ToolError {
  return new ToolError('unreachable', `RunComfy did not tell of job ${requestId} within the wait.`, {
    next: 'Call get_image_job again in a moment.',
    retryable: true,
  });
}

function gone(requestId: string, error: ToolError): ToolError {
  return new ToolError('unknown_request', `Job ${requestId} is gone: ${error.message}`, {
    next: 'Look at the Generations page of the RunComfy account; if the image is not there, call again to submit a new job.',
    cause: error,
  });
}
