import type { Clock } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import type { Self } from './follower.ts';
import { isFinal, type Job, type Observation, transition } from './job.ts';
import type { Entry, Ledger } from './ledger.ts';
import { recordId } from './resume.ts';
import type { Schedule } from './schedule.ts';
import type { Outcome, Wait } from './service.ts';
import { type WatchStart, watch } from './watch.ts';

/** A job that is followed; without a name where another program submitted it and the ledger holds no record. */
export type Followed = { readonly name?: string; readonly job: Job };

// How long this process's word holds that it follows a job, in ms, and when it is renewed. A process that dies
// is noticed by its pid; the lease is for followers on other machines that share the directory.
const LEASE = 60_000;
const RENEW_BEFORE = 30_000;
// RunComfy promises no read-your-writes: a request id may be unknown to a read for some ms after its submit.
const VISIBLE_WITHIN = 30_000;

export interface FollowingOptions {
  api: RunComfy;
  ledger: Ledger;
  schedule: Schedule;
  self: Self;
  clock: Clock;
  log: Log;
}

/** Following jobs: looking, recording what is seen, and keeping book of whose turn it is and what was delivered. */
export function createFollowing({ api, ledger, schedule, self, clock, log }: FollowingOptions) {
  /** Records that this process follows, or whose outcome it is just delivering. */
  const held = new Set<string>();

  const hold = (entry: Entry): Entry => {
    held.add(recordId(entry.name));
    return entry;
  };
  const release = (entry: Entry): void => void held.delete(recordId(entry.name));

  /** After the submit nothing may fail for want of a record: the job exists, and its answer is still owed. */
  async function save<Kind extends Followed>(followed: Kind, job: Job): Promise<Kind> {
    if (followed.name === undefined) return { ...followed, job };
    try {
      return { ...followed, ...(await ledger.update({ name: followed.name, job: followed.job }, job)) };
    } catch (error) {
      log.error(
        `cannot record job ${job.request_id ?? followed.name} as ${job.state}: ${(error as Error).message}`,
      );
      return { ...followed, job };
    }
  }

  /** Applies an observation; records it where it says more than a new queue position, or where the lease runs out. */
  async function observe<Kind extends Followed>(followed: Kind, observation: Observation): Promise<Kind> {
    const now = clock.now();
    const before = followed.job;
    const job = transition(before, observation, now);
    const renewed = self.holds(before) ? { ...job, follower: self.lease(now, LEASE) } : job;
    const lapses = before.follower !== undefined && Date.parse(before.follower.until) - now < RENEW_BEFORE;
    if (job.state !== before.state || (self.holds(before) && lapses)) return save(followed, renewed);
    return job === before ? followed : { ...followed, job };
  }

  /** Ends this process's turn: with the outcome delivered, or free to be taken up by the next identical call. */
  async function settle(followed: Followed, reached: boolean): Promise<void> {
    if (followed.name === undefined) return;
    const { follower, ...rest } = followed.job;
    const job = follower && !self.holds(followed.job) ? followed.job : rest;
    const tells =
      reached && job.delivered_at === undefined && (isFinal(job.state) || job.state === 'unknown');
    if (tells) await save(followed, { ...job, delivered_at: new Date(clock.now()).toISOString() });
    else if (follower && job === rest) await save(followed, job);
    held.delete(recordId(followed.name));
  }

  /** Puts this process's lease on a job, unless it has ended or another process follows it. */
  async function takeUp(followed: Followed): Promise<Followed> {
    const { name, job } = followed;
    if (name === undefined) return followed;
    hold({ name, job });
    const now = clock.now();
    if (isFinal(job.state) || self.holds(job) || self.isFollowedByOther(job, now)) return followed;
    return save(followed, { ...job, follower: self.lease(now, LEASE) });
  }

  /** Looks at a job until it ends or the wait is over. */
  async function attend(
    start: Followed,
    requestId: string,
    firstGap: number,
    wait: Wait,
    resumed = false,
  ): Promise<Outcome> {
    let followed = await takeUp(start);
    let unread: ToolError | undefined;
    let isRead = start.name !== undefined;
    const deadline = startDeadline(clock, wait);
    try {
      if (!isFinal(followed.job.state)) {
        const from = watchStart(followed, firstGap, clock.now());
        for await (const look of watch(requestId, from, { api, schedule, clock, signal: deadline.signal })) {
          unread = look.kind === 'unread' ? look.error : undefined;
          isRead ||= look.kind !== 'unread';
          if (look.kind !== 'unread') followed = await observe(followed, look);
          else log.debug(`${requestId} could not be read: ${look.error.message}`);
          wait.onLook(followed.job);
        }
      }
    } catch (error) {
      if (!deadline.signal.aborted) {
        await settle(followed, false);
        throw error;
      }
      if (wait.signal.reason === 'user') followed = await cancelQueued(followed, requestId);
    } finally {
      deadline.clear();
    }
    wait.onAnswered((reached) => settle(followed, reached));
    // Nothing is known of a job that no look could read and no record tells of.
    if (unread && !isRead) throw unread;
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

  return {
    hold,
    release,
    observe,
    settle,
    attend,
    isHeld: (entry: Entry) => held.has(recordId(entry.name)),

    /** Follows an earlier job for the call that repeats it. */
    async resume(entry: Entry, requestId: string, wait: Wait): Promise<Outcome> {
      return attend(entry, requestId, 0, wait, true).catch(async (error) => {
        if (!(error instanceof ToolError) || error.code !== 'unknown_request') throw error;
        const lost = await observe(hold(entry), { kind: 'answer_lost' });
        wait.onAnswered((reached) => settle(lost, reached));
        throw new ToolError(
          'unknown_request',
          `The earlier job ${requestId} for the same input is gone: ${error.message}`,
          {
            next: 'Call again to submit a new job.',
          },
        );
      });
    },

    /** The error for a call that repeats one which was cut off in its submit. Once told, the next call submits anew. */
    async tellDoubt(entry: Entry, wait: Wait): Promise<ToolError> {
      const job = { ...entry.job, state: 'unknown' as const, follower: self.lease(clock.now(), LEASE) };
      const doubted = await save(hold(entry), job);
      wait.onAnswered((reached) => settle(doubted, reached));
      return new ToolError(
        'submit_unknown',
        `An identical call at ${job.submitted_at} was cut off while it was submitted: that job may exist and be charged. Nothing was submitted now.`,
        {
          next: 'Look at the Generations page of the RunComfy account; if the image is not there, call again to submit a new job.',
          charged: 'maybe',
        },
      );
    },
  };
}

function watchStart({ name, job }: Followed, firstGap: number, now: number): WatchStart {
  const { state, started_at, submitted_at } = job;
  return {
    state: state === 'in_progress' ? state : 'in_queue',
    runningMs: started_at === undefined ? 0 : now - Date.parse(started_at),
    firstGap,
    missingUntil:
      name === undefined || submitted_at === undefined ? 0 : Date.parse(submitted_at) + VISIBLE_WITHIN,
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
