import { startDeadline } from '../clock.ts';
import { ToolError } from '../errors.ts';
import type { Outcome, Wait } from './calls.ts';
import type { Claim } from './claims.ts';
import { isFinal, lacksCostOrOutput, lacksOutput, type Observation } from './job.ts';
import type { JobsOptions } from './options.ts';
import { poll } from './polling/poll.ts';
import type { LateCosts } from './spending/late-costs.ts';

// How long the one poll of a wait that is already over may take, in ms.
const ONE_POLL = 5_000;

export type FollowOptions = Pick<JobsOptions, 'api' | 'intervals' | 'rateLimiter' | 'clock' | 'log'> & {
  lateCosts: LateCosts;
};

export type Follow = ReturnType<typeof createFollow>;

/**
 * Makes what polls a job until it ends or the wait is over, records what it learns, and ends the claim. `firstInterval`
 * is the time to the first poll in ms, 0 if somebody asks for the job just now; `resumed` that it is an earlier call's.
 */
export function createFollow(options: FollowOptions) {
  const { api, intervals, rateLimiter, lateCosts, clock, log } = options;

  return async (
    claim: Claim,
    requestId: string,
    { firstInterval, resumed = false }: { firstInterval: number; resumed?: boolean },
    wait: Wait,
  ): Promise<Outcome> => {
    let readError: ToolError | undefined;
    let lost: ToolError | undefined;
    let isRead = claim.isRecorded;
    // Whoever asks for a job gets at least one poll, even with no time to wait.
    const until = firstInterval === 0 ? Math.max(wait.until, clock.now() + ONE_POLL) : wait.until;
    const early = firstInterval === 0 && wait.drain?.aborted ? undefined : wait.drain;
    const deadline = startDeadline(clock, until - clock.now(), { signal: wait.signal, early });

    try {
      if (!isFinal(claim.job.state) || lacksOutput(claim.job)) {
        const polls = poll(requestId, claim.job, {
          ...{ api, rateLimiter, clock },
          isRecorded: claim.isRecorded,
          firstInterval,
          interval: (runningMs) => intervals.next(claim.job, runningMs),
          priority: (sinceMs, runningMs) => intervals.priority(claim.job, sinceMs, runningMs),
          signal: deadline.signal,
        });
        for await (const reply of polls) {
          readError = reply.kind === 'read_failed' ? reply.error : undefined;
          isRead ||= !readError;
          const observation = reply.kind === 'read_failed' ? failureOf(reply.error) : reply;
          if (readError) log.debug(`${requestId} could not be read: ${readError.message}`);
          await claim.observe(observation);
          if (readError && observation.kind === 'missing' && claim.job.state === 'unknown')
            lost = gone(requestId, readError);
          wait.onPoll([claim.job]);
          if (lost || wait.drain?.aborted || clock.now() >= wait.until || isFinal(claim.job.state)) break;
        }
      }
    } catch (error) {
      if (!deadline.signal.aborted) {
        await claim.handOver();
        throw error;
      }
      const isStopped = wait.signal.reason === 'user' || (await wait.isStopped?.());
      if (isStopped) await cancelQueued(claim, requestId);
    } finally {
      deadline.clear();
    }
    if (lacksCostOrOutput(claim.job)) lateCosts.ask(claim);
    // A job that is handed over, or whose client is gone, may be asked for again at once.
    if ((isFinal(claim.job.state) || lost) && !wait.signal.aborted) claim.answer();
    else await claim.handOver();
    if (lost) throw lost;
    // Nothing is known of an unrecorded job that could not be read.
    if (!isRead && !wait.signal.aborted) throw readError ?? noAnswer(requestId);
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

/** What a failed read says of its job. */
export function failureOf({ code, status }: ToolError): Observation {
  const isDenied = code === 'unknown_request';
  return isDenied || status === 404 ? { kind: 'missing', isDenied } : { kind: 'read_failed' };
}

function noAnswer(requestId: string): ToolError {
  return new ToolError('unreachable', `RunComfy did not answer about job ${requestId} within the wait.`, {
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
