import { describe, expect, it } from 'vitest';
import { createHeartbeats } from '../../src/jobs/heartbeats.ts';
import { createHeld } from '../../src/jobs/held.ts';
import { createLeaseHolder } from '../../src/jobs/lease-holder.ts';
import { createLedger, type Ledger } from '../../src/jobs/ledger.ts';
import { createPace } from '../../src/jobs/pace.ts';
import { createRunTimes } from '../../src/jobs/run-times.ts';
import { createSchedule } from '../../src/jobs/schedule.ts';
import { createJobs } from '../../src/jobs/service.ts';
import { createLog } from '../../src/log.ts';
import { createRunComfy } from '../../src/runcomfy/client.ts';
import { createHttp } from '../../src/runcomfy/http.ts';
import { checkBooks, readRecords } from '../helpers/books.ts';
import { type Connected, connect, KEY } from '../helpers/program.ts';

const CALL = { name: 'gpt_image_2_text_to_image', arguments: { prompt: 'a fox' } };
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
    await expect.poll(() => one.sandbox.engine.jobs.length).toBe(1);
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

/** The jobs of a second process on the same records, each of whose steps waits until it is let through. */
function jobsInSteps({ sandbox, config, clock }: Connected) {
  const log = createLog('silent', String);
  const ended = new AbortController().signal;
  const ledger = createLedger(config.dataDir, log);
  const steps: { name: string; go: () => void }[] = [];
  const step = (name: string) => new Promise<void>((go) => steps.push({ name, go }));
  const stepped: Ledger = {
    ...ledger,
    async *newest(only) {
      if (only?.fingerprint) await step('search');
      yield* ledger.newest(only);
    },
    async claim(entry, job) {
      await step('claim');
      return ledger.claim(entry, job);
    },
  };
  const reached = (...names: string[]) => expect.poll(() => steps.map(({ name }) => name)).toEqual(names);
  const random = Math.random;
  const http = createHttp();
  const key = async () => KEY;
  const at = { baseUrl: sandbox.origin, balanceUrl: sandbox.origin };
  const api = createRunComfy({ ...at, key, redact: String, http, clock, random });
  const held = createHeld();
  const dir = `${config.dataDir}/holders`;
  const holder = createLeaseHolder(createHeartbeats({ dir, isNeeded: held.isAny, clock, ended }), log);
  const runTimes = createRunTimes({ ledger, origin: sandbox.origin, log });
  const jobs = createJobs({
    ...{ api, origin: sandbox.origin, ledger: stepped, schedule: createSchedule(runTimes.expect), log },
    ...{ pace: createPace(clock), runTimes, holder, held, admit: ledger.begin, clock, ended },
    keep: { days: 90, jobs: 2_000 },
  });
  return { jobs, steps, reached };
}

/** A finished job whose outcome reached nobody, and a second process whose calls repeat it in steps. */
async function unanswered() {
  const one = await connect({ waitSeconds: 0 });
  one.sandbox.engine.planNext({ queueMs: 0, runMs: 3_600_000 });
  await one.client.callTool(CALL);
  await expect.poll(() => readRecords(one.config.dataDir)[0]?.follower).toBeUndefined();
  for (const job of one.sandbox.engine.jobs) one.sandbox.engine.finish(job);
  const { jobs, steps, reached } = jobsInSteps(one);
  const call = (signal: AbortSignal) =>
    jobs.generate('openai/gpt-image-2/text-to-image', CALL.arguments, {
      until: one.clock.now() + 60_000,
      signal,
      onLook() {},
      call: 'a call',
      delivered: new Promise<boolean>(() => {}),
    });
  return { one, call, steps, reached };
}

describe('a call that is given up while it waits for one that was given up before', () => {
  it('does nothing more', async () => {
    const { call, steps, reached } = await unanswered();
    const [first, second] = [new AbortController(), new AbortController()];
    const abandoned = call(first.signal).catch(() => undefined);
    await reached('search');
    first.abort('timeout');
    const waiting = call(second.signal).catch((reason: unknown) => reason);
    second.abort('timeout');
    steps[0]?.go();
    await reached('search', 'claim');
    steps[1]?.go();
    await abandoned;
    expect(await waiting).toBe('timeout');
    await reached('search', 'claim');
  });
});

describe('a call that loses the claim on the job that it repeats', () => {
  it('to one that is given up in the same moment: gets the job all the same', async () => {
    const { one, call, steps, reached } = await unanswered();
    const stop = new AbortController();
    const abandoned = call(stop.signal).catch(() => undefined);
    await reached('search');
    const living = call(new AbortController().signal);
    await reached('search', 'search');
    steps[0]?.go();
    await reached('search', 'search', 'claim');
    // Now the living call finds that the job is free, and claims it too.
    stop.abort('timeout');
    steps[1]?.go();
    await reached('search', 'search', 'claim', 'claim');
    steps[2]?.go();
    await abandoned;
    steps[3]?.go();
    await reached('search', 'search', 'claim', 'claim', 'search');
    steps[4]?.go();
    await reached('search', 'search', 'claim', 'claim', 'search', 'claim');
    steps[5]?.go();
    expect((await living).resumed).toBe(true);
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });
});
