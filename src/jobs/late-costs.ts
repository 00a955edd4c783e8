import type { Clock } from '../clock.ts';
import type { Log } from '../log.ts';
import type { RunComfy } from '../runcomfy/client.ts';
import { type Job, lacksOutput } from './job.ts';
import type { Entry, Ledger } from './ledger.ts';
import type { Pace } from './pace.ts';
import { recordId } from './record.ts';
import { transition } from './transition.ts';

// RunComfy says that a cost may come late, and not how late.
const READ_AFTER = 5_000;
// A look always has some worth, so it goes first.
const WORTHLESS = () => -1;

export interface LateCostsOptions {
  api: Pick<RunComfy, 'result'>;
  ledger: Ledger;
  pace: Pace;
  clock: Clock;
  log: Log;
  /** Aborts when the process is about to end. */
  ended: AbortSignal;
}

/** Costs, and outputs, that were not there yet when their jobs' results were. */
export interface LateCosts {
  /**
   * Reads the result of a recorded job that succeeded without a cost or an output once more, a few seconds later, and
   * records what it tells now; passes over any other. Nobody waits for it, and a failure changes nothing.
   */
  ask(followed: { readonly name?: string; readonly job: Job }): void;
}

/** Reads late costs one after the other, each only where no look wants the turn. */
export function createLateCosts({ api, ledger, pace, clock, log, ended }: LateCostsOptions): LateCosts {
  const owed = new Map<string, { entry: Entry; requestId: string; due: number }>();
  let isReading = false;

  async function read(entry: Entry, requestId: string): Promise<void> {
    await pace.turn(WORTHLESS, ended);
    const seen = await api.result(requestId, ended);
    if (seen === 'not_finished' || (seen.cost_usd === undefined && seen.urls.length === 0)) return;
    const observation = { kind: 'result', seen } as const;
    await ledger.update(entry, (latest) => transition(latest, observation, clock.now()), { create: false });
  }

  async function readAll(): Promise<void> {
    isReading = true;
    for (const [id, { entry, requestId, due }] of owed) {
      // A clock that is set back must not keep the others waiting.
      await clock.sleep(Math.min(READ_AFTER, Math.max(0, due - clock.now())), ended).catch(() => {});
      if (ended.aborted) return;
      await read(entry, requestId).catch((error) =>
        log.debug(`the cost of ${requestId} could not be read: ${error?.message ?? error}`),
      );
      owed.delete(id);
    }
    isReading = false;
  }

  return {
    ask({ name, job }) {
      const { state, request_id, cost_usd } = job;
      const isWhole = cost_usd !== undefined && !lacksOutput(job);
      if (name === undefined || state !== 'succeeded' || request_id === undefined || isWhole) return;
      const id = recordId(name);
      if (owed.has(id) || ended.aborted) return;
      owed.set(id, { entry: { name, job }, requestId: request_id, due: clock.now() + READ_AFTER });
      if (!isReading) void readAll();
    },
  };
}
