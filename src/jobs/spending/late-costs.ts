import type { RunComfy } from '../../runcomfy/client.ts';
import type { Claim } from '../claims.ts';
import type { JobsOptions } from '../options.ts';

type Recorder = Pick<Claim, 'job' | 'isRecorded' | 'observe'>;

export type LateCosts = ReturnType<typeof createLateCosts>;

// RunComfy says that a cost may come late, but not how late.
const READ_AFTER = 5_000;
// Below the priority of any poll.
const LOWEST_PRIORITY = () => -1;

/** Costs, and outputs, that were not there yet when their jobs' results were; read one after the other, behind all polls. */
export function createLateCosts(
  options: Pick<JobsOptions, 'rateLimiter' | 'clock' | 'log' | 'ended'> & { api: Pick<RunComfy, 'result'> },
) {
  const { api, rateLimiter, clock, log, ended } = options;
  const owed = new Map<string, { claim: Recorder; due: number }>();
  let isReading = false;

  async function read(claim: Recorder, requestId: string): Promise<void> {
    const reply = await rateLimiter.read(LOWEST_PRIORITY, ended, () => api.result(requestId, ended));
    if (reply === 'not_finished' || (reply.cost_usd === undefined && reply.urls.length === 0)) return;
    await claim.observe({ kind: 'result', reply });
  }

  async function readAll(): Promise<void> {
    isReading = true;
    for (const [requestId, { claim, due }] of owed) {
      // A clock that is set back must not keep the others waiting.
      await clock.sleep(Math.min(READ_AFTER, Math.max(0, due - clock.now())), ended).catch(() => {});
      if (ended.aborted) return;
      await read(claim, requestId).catch((error) =>
        log.debug(`the cost of ${requestId} could not be read: ${error?.message ?? error}`),
      );
      owed.delete(requestId);
    }
    isReading = false;
  }

  return {
    /**
     * Reads the result of a recorded job that lacks its cost or its output once more, some seconds later, and records
     * it. Nobody waits for that, and a failure changes nothing.
     */
    ask(claim: Recorder): void {
      const { request_id } = claim.job;
      if (!claim.isRecorded || request_id === undefined || owed.has(request_id) || ended.aborted) return;
      owed.set(request_id, { claim, due: clock.now() + READ_AFTER });
      if (!isReading) void readAll();
    },
  };
}
