import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { accountOf } from '../../src/config/config.ts';
import { createCalls } from '../../src/jobs/calls.ts';
import { createIntervals } from '../../src/jobs/polling/intervals.ts';
import { createRateLimiter } from '../../src/jobs/polling/rate-limiter.ts';
import { createRunTimes } from '../../src/jobs/polling/run-times.ts';
import { createJobs } from '../../src/jobs/service.ts';
import { createEstimates } from '../../src/jobs/spending/estimates.ts';
import type { JobStore } from '../../src/jobs/store.ts';
import { createLog } from '../../src/log.ts';
import { createRunComfy } from '../../src/runcomfy/client.ts';
import { createHttp } from '../../src/runcomfy/http.ts';
import { createHolder } from '../../src/stores/file/holder.ts';
import { createFileStore } from '../../src/stores/file/store.ts';
import { checkBooks, readRecords } from '../support/books.ts';
import { CALL, finishAll } from '../support/calls.ts';
import { type Connected, connect, eventually, KEY } from '../support/program.ts';

const { random } = Math;
const ROUNDS = 10;

/** Starts a call; `timeOut` ends it as a client does whose clock has run out. */
function start({ client }: Connected) {
  const stop = new AbortController();
  const answer = client.callTool(CALL, { signal: stop.signal }).catch(() => undefined);
  return { answer, timeOut: () => stop.abort('Request timed out') };
}

/** Makes upstream hold the answer to the next submit until the function that is returned is called. */
function holdSubmit({ sandbox }: Connected): () => void {
  let release = () => {};
  const what = { hold: new Promise<void>((resolve) => (release = resolve)) };
  sandbox.inject({ on: 'submit', what });
  return release;
}

describe('two calls that timed out before a third, while the submit of the first is under way', () => {
  // Whether the second or the third call got the job was a matter of luck: 4 of 10 paid twice.
  it.each(Array.from({ length: ROUNDS }, (_, round) => round))('pay once (%i)', async (round) => {
    const one = await connect({ sandboxOptions: { pace: 0 } });
    const release = holdSubmit(one);
    const first = start(one);
    await eventually(() => one.sandbox.engine.jobs.length).toBe(1);
    first.timeOut();
    const second = start(one);
    // The second call has reached the server before it times out, or not, or only after the third has.
    if (round % 2) await one.client.ping();
    const third = round % 3 ? undefined : start(one);
    second.timeOut();
    const last = third ?? start(one);
    release();
    expect((await last.answer)?.structuredContent).toMatchObject({ status: 'succeeded', resumed: true });
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });
});

/** The jobs of a second process on the same records, which wait before and after each claim until they are let through. */
function jobsInSteps({ sandbox, config, clock }: Connected) {
  const log = createLog('silent', String);
  const ended = new AbortController().signal;
  const calls = createCalls();
  const holder = createHolder({ dir: join(config.dataDir, 'holders'), clock, ended, log });
  const account = accountOf(config);
  const store = createFileStore({
    dataDir: config.dataDir,
    account,
    openCalls: calls,
    holder,
    clock,
    random,
    log,
  });
  const steps: { go: () => void }[] = [];
  const step = () => new Promise<void>((go) => steps.push({ go }));
  const stepped: JobStore = {
    ...store,
    async claimRepeat(...asked) {
      await step();
      const found = await store.claimRepeat(...asked);
      await step();
      return found;
    },
  };
  const at = { baseUrl: sandbox.origin, balanceUrl: sandbox.origin };
  const api = createRunComfy({
    ...at,
    key: async () => KEY,
    redact: String,
    http: createHttp(),
    clock,
    random,
  });
  const runTimes = createRunTimes({ store, log });
  const jobs = createJobs({
    ...{
      api,
      requireKey: async () => KEY,
      store: stepped,
      calls,
      intervals: createIntervals(runTimes.expect),
      rateLimiter: createRateLimiter(clock),
      runTimes,
    },
    estimates: createEstimates({ store, priceOf: () => undefined, clock, log }),
    ...{ limits: undefined, requireApproval: undefined, keep: { days: 90, jobs: 2_000 }, clock, log, ended },
  });
  const reached = (count: number) => eventually(() => steps.length).toBe(count);
  return { jobs, steps, reached };
}

/** A job under way whose outcome nobody waits for, and a second process whose calls repeat it in steps. */
async function unanswered() {
  const one = await connect({ waitSeconds: 0 });
  one.sandbox.engine.planNext({ queueMs: 0, runMs: 3_600_000 });
  await one.client.callTool(CALL);
  await eventually(() => readRecords(one.config.dataDir)[0]?.lease).toBeUndefined();
  const { jobs, steps, reached } = jobsInSteps(one);
  const call = (signal: AbortSignal) =>
    jobs.generate('openai/gpt-image-2/text-to-image', CALL.arguments, {
      call: randomUUID(),
      until: one.clock.now() + 60_000,
      signal,
      onPoll() {},
      delivered: Promise.resolve(false),
    });
  return { one, call, steps, reached };
}

describe('a call that is given up while it waits for one that was given up before', () => {
  it('does nothing more', async () => {
    const { call, steps, reached } = await unanswered();
    const [first, second] = [new AbortController(), new AbortController()];
    const abandoned = call(first.signal).catch(() => undefined);
    await reached(1);
    first.abort('timeout');
    const waiting = call(second.signal).catch((reason: unknown) => reason);
    second.abort('timeout');
    expect(await waiting).toBe('timeout');
    steps[0]?.go();
    await abandoned;
    await reached(1);
  });
});

describe('a call whose earlier job another one follows', () => {
  it('gets it all the same if that one is given up before a new one is submitted', async () => {
    const { one, call, steps, reached } = await unanswered();
    const stop = new AbortController();
    const abandoned = call(stop.signal).catch(() => undefined);
    await reached(1);
    steps[0]?.go();
    await reached(2);
    steps[1]?.go();
    const living = call(new AbortController().signal);
    await reached(3);
    steps[2]?.go();
    await reached(4);
    stop.abort('timeout');
    steps[3]?.go();
    await abandoned;
    await reached(5);
    steps[4]?.go();
    await reached(6);
    steps[5]?.go();
    finishAll(one.sandbox);
    expect((await living).resumed).toBe(true);
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });
});
