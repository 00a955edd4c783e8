import { expect, onTestFinished } from 'vitest';
import type { PaidCall } from '../../src/jobs/calls.ts';
import { createCalls, type Wait, type WaitEnd } from '../../src/jobs/calls.ts';
import { type Claim, createClaims } from '../../src/jobs/claims.ts';
import type { Job, Observation } from '../../src/jobs/job.ts';
import { createEstimates } from '../../src/jobs/spending/estimates.ts';
import type { JobStore } from '../../src/jobs/store.ts';
import { createLog } from '../../src/log.ts';
import { createMemoryStore } from '../../src/stores/memory.ts';
import { createJumpingClock } from './clock.ts';

const ACCOUNT = { tenant: 'local', api: 'https://api.example' };
export const CALL = { model: 'm/m', input: { prompt: 'a fox' } };
/** Of that call. */
export const FINGERPRINT = '0123456789abcdef';
export const SUCCEEDED: Observation = {
  kind: 'result',
  reply: { state: 'succeeded', urls: ['https://x.example/a.png'] },
};

let calls = 0;
/** A call that can be given up, and whose answer can be said to have arrived or not. */
export function openCall() {
  const end = new AbortController();
  let tell: (arrived: boolean) => void = () => {};
  const delivered = new Promise<boolean>((resolve) => {
    tell = resolve;
  });
  const wait: Wait = {
    call: `call-${calls++}`,
    until: Number.POSITIVE_INFINITY,
    signal: end.signal,
    onPoll() {},
    delivered,
  };
  return { wait, tell, giveUp: (why: WaitEnd) => end.abort(why) };
}

/** Claims on jobs in memory, of which some operations are done by others. */
export function setUp(others: (store: JobStore) => Partial<JobStore> = () => ({})) {
  const clock = createJumpingClock();
  const open = createCalls();
  const log: string[] = [];
  /** What taught a run time, perhaps. */
  const learned: Job[] = [];
  const end = new AbortController();
  onTestFinished(() => end.abort());
  const ourLog = createLog('debug', String, (line) => void log.push(line));
  const store = createMemoryStore({ account: ACCOUNT, openCalls: open, clock });
  const claims = createClaims({
    store: { ...store, ...others(store) },
    calls: open,
    runTimes: {
      learn: (job) => void learned.push(job),
      loadHistory: async () => {},
      expect: () => ({ median: 1, sigma: 1, jobs: 0 }),
    },
    estimates: createEstimates({ store, priceOf: () => undefined, clock, log: ourLog }),
    limits: undefined,
    clock,
    log: ourLog,
    ended: end.signal,
  });
  /** Does the work of a call until the test says that it has ended. */
  function work(wait: Wait, isPaid = true): () => Promise<void> {
    let finish = () => {};
    const working = open.open(
      wait,
      isPaid ? FINGERPRINT : undefined,
      () => new Promise<void>((resolve) => (finish = resolve)),
    );
    return async () => {
      finish();
      await working;
    };
  }
  async function reserved(job: PaidCall, fingerprint: string, wait: Wait): Promise<Claim> {
    const [claim] = await claims.reserve([{ fingerprint, job, wait }]);
    return claim as Claim;
  }
  async function resumed(fingerprint: string, wait: Wait): Promise<Claim | undefined> {
    const [claim] = await claims.resume(fingerprint, wait);
    return claim;
  }
  async function submitted(wait: Wait) {
    const claim = await reserved(CALL, FINGERPRINT, wait);
    expect(await claim.maySubmit()).toBe(true);
    await claim.accepted('r-1');
    return claim;
  }
  const record = async () => {
    for await (const stored of store.newest()) return stored;
    return undefined;
  };
  return { claims, open, work, reserved, resumed, submitted, record, log, learned, store, end, clock };
}
