import { type Clock, startDeadline } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import type { Outcome, Wait } from './calls.ts';
import type { Claim } from './claims.ts';
import { isFinal, lacksCostOrOutput, lacksOutput, type Observation } from './job.ts';
import type { Intervals } from './polling/intervals.ts';
import { poll, pollStart } from './polling/poll.ts';
import type { RateLimiter } from './polling/rate-limiter.ts';
import type { LateCosts } from './spending/late-costs.ts';

// How long the one look of a wait that is over already may take, in ms.
const ONE_LOOK = 5_000;

export interface FollowOptions {
  api: RunComfy;
  intervals: Intervals;
  rateLimiter: RateLimiter;
  lateCosts: LateCosts;
  clock: Clock;
  log: Log;
}

/** How a job is followed. */
export interface Following {
  /** When the first look is, in ms from now; 0 where somebody asks for the job just now. */
  firstInterval: number;
  /** It is the job of an earlier call. */
  resumed?: boolean;
}

export type Follow = ReturnType<typeof createFollow>;

export function createFollow({ api, intervals, rateLimiter, lateCosts, clock, log }: FollowOptions) {
  /** Looks at a job until it ends or the wait is over, records what it sees, and ends the claim. */
  return async (
    claim: Claim,
    requestId: string,
    { firstInterval, resumed = false }: Following,
    wait: Wait,
  ): Promise<Outcome> => {
    let readError: ToolError | undefined;
    let lost: ToolError | undefined;
    let isRead = claim.isRecorded;
    // Who asks for a job gets at least one look, even where the wait is none.
    const until = firstInterval === 0 ? Math.max(wait.until, clock.now() + ONE_LOOK) : wait.until;
    const deadline = startDeadline(clock, until - clock.now(), { signal: wait.signal });

    async function look(): Promise<void> {
      const { job } = claim;
      const tools = {
        api,
        interval: (runningMs?: number) => intervals.next(claim.job, runningMs),
        priority: (sinceMs: number, runningMs?: number) => intervals.priority(claim.job, sinceMs, runningMs),
        rateLimiter,
        clock,
        signal: deadline.signal,
      };
      for await (const reply of poll(
        requestId,
        pollStart(job, claim.isRecorded, firstInterval, clock.now()),
        tools,
      )) {
        readError = reply.kind === 'read_failed' ? reply.error : undefined;
        isRead ||= reply.kind !== 'read_failed';
        if (reply.kind !== 'read_failed') await claim.observe(reply);
        else {
          log.debug(`${requestId} could not be read: ${reply.error.message}`);
          const failure = failureOf(reply.error);
          await claim.observe(failure);
          if (failure.kind === 'missing' && claim.job.state === 'unknown')
            lost = gone(requestId, reply.error);
        }
        wait.onPoll(claim.job);
        if (lost || clock.now() >= wait.until || isFinal(claim.job.state)) return;
      }
    }

    try {
      if (!isFinal(claim.job.state) || lacksOutput(claim.job)) await look();
    } catch (error) {
      if (!deadline.signal.aborted) {
        await claim.handOver();
        throw error;
      }
      if (wait.signal.reason === 'user') await cancelQueued(claim, requestId);
    } finally {
      deadline.clear();
    }
    if (lacksCostOrOutput(claim.job)) lateCosts.ask(claim);
    // A job that is handed over, or whose client is gone, may be called for again in the same breath.
    if ((isFinal(claim.job.state) || lost) && !wait.signal.aborted) claim.answer();
    else await claim.handOver();
    if (lost) throw lost;
    // Nothing is known of a job that no look could read and no record tells of.
    if (!isRead && !wait.signal.aborted) throw readError ?? notHeard(requestId);
    return { job: claim.job, resumed, ...(readError && { readError }) };
  };

  /** The user gave up: a queued job is cancelled upstream too. Nobody waits for an answer, so failures are only logged. */
  async function cancelQueued(claim: Claim, requestId: string): Promise<void> {
    try {
      if ((await api.cancel(requestId)) === 'cancelled') await claim.observe({ kind: 'cancelled' });
      else log.info(`${requestId} runs on: it could not be cancelled any more`);
    } catch (error) {
      log.warn(`${requestId} could not be cancelled: ${(error as Error).message}`);
    }
  }
}

/** What a read that failed says of its job. */
function failureOf({ code, status }: ToolError): Observation {
  const isDenied = code === 'unknown_request';
  return isDenied || status === 404 ? { kind: 'missing', isDenied } : { kind: 'read_failed' };
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
