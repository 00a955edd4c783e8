import type { Clock } from '../../clock.ts';
import type { Log } from '../../log.ts';
import type { RunComfy } from '../../runcomfy/client.ts';
import type { Claim } from '../claims.ts';
import type { RateLimiter } from '../polling/rate-limiter.ts';

// RunComfy says that a cost may come late, and not how late.
const READ_AFTER = 5_000;
// A look always has some worth, so it goes first.
const LOWEST_PRIORITY = () => -1;

export interface LateCostsOptions {
  api: Pick<RunComfy, 'result'>;
  rateLimiter: RateLimiter;
  clock: Clock;
  log: Log;
  /** Aborts when the process is about to end. */
  ended: AbortSignal;
}

/** Costs, and outputs, that were not there yet when their jobs' results were. */
export interface LateCosts {
  /**
   * Reads the result of a job that lacks its cost or its output once more, a few seconds later, and records what it
   * tells now, if a record tells of it. Nobody waits for it, and a failure changes nothing.
   */
  ask(claim: Pick<Claim, 'job' | 'isRecorded' | 'observe'>): void;
}

/** Reads late costs one after the other, each only where no look wants the turn. */
export function createLateCosts({ api, rateLimiter, clock, log, ended }: LateCostsOptions): LateCosts {
  const owed = new Map<string, { claim: Pick<Claim, 'observe'>; due: number }>();
  let isReading = false;

  async function read(claim: Pick<Claim, 'observe'>, requestId: string): Promise<void> {
    await rateLimiter.acquire(LOWEST_PRIORITY, ended);
    const reply = await api.result(requestId, ended);
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
    ask(claim) {
      const { request_id } = claim.job;
      if (!claim.isRecorded || request_id === undefined || owed.has(request_id) || ended.aborted) return;
      owed.set(request_id, { claim, due: clock.now() + READ_AFTER });
      if (!isReading) void readAll();
    },
  };
}
