import { describe, expect, it } from 'vitest';
import type { SandboxJob } from '../../src/sandbox/engine.ts';
import type { AlteredReply } from '../../src/sandbox/faults.ts';
import { checkBooks, readRecords } from '../support/books.ts';
import { finishAll, promised } from '../support/calls.ts';
import { type Connected, connect, eventually, textOf } from '../support/program.ts';

const MODEL = 'openai/gpt-image-2/text-to-image';
const PROMPTS = ['a fox', 'an owl', 'a hare', 'an elk'];
const BATCH = {
  name: 'make_images',
  arguments: { jobs: PROMPTS.map((prompt) => ({ model: MODEL, input: { prompt } })) },
};
const HOURS = 3_600_000;

/** Another server process on the same records and the same upstream. */
const another = (one: Connected) => connect({ baseUrl: one.sandbox.origin, dataDir: one.config.dataDir });

const prompts = ({ sandbox }: Connected) => sandbox.engine.jobs.map(({ input }) => input.prompt).sort();

/** All jobs of a batch go on for hours, until they are finished. */
function planLong({ sandbox }: Connected, plan = { queueMs: 0, runMs: HOURS }) {
  for (const _ of PROMPTS) sandbox.engine.planNext(plan);
}

const released = ({ config }: Connected) =>
  eventually(() => readRecords(config.dataDir).some(({ lease }) => lease)).toBe(false);

/** Calls, and gives up once a number of jobs were submitted. */
async function callAndStop(one: Connected, why: string, submitted: number) {
  const stop = new AbortController();
  const call = one.client.callTool(BATCH, { signal: stop.signal });
  await eventually(() => one.sandbox.engine.jobs.length).toBe(submitted);
  stop.abort(why);
  await expect(call).rejects.toThrow();
}

/** Fails the submit of some prompts. */
function failSubmits({ sandbox }: Connected, what: AlteredReply | 'after' | object, ...failing: string[]) {
  sandbox.failAtRandom((route, { body }) => {
    const { prompt } = (body ?? {}) as { prompt?: string };
    return route === 'submit' && failing.includes(prompt ?? '') ? (what as AlteredReply) : undefined;
  });
}

const dataOf = (result: { structuredContent?: unknown }) =>
  result.structuredContent as { batch: string; done: number; images: { handle: string }[] };

describe('a batch', () => {
  it('of which RunComfy refuses some brings the others', async () => {
    const one = await connect();
    failSubmits(
      one,
      { status: 429, body: { detail: 'slow down' }, headers: { 'retry-after': '1' } },
      'an owl',
    );
    const result = await one.client.callTool(BATCH);
    expect(result.isError).toBeUndefined();
    expect(dataOf(result)).toMatchObject({ done: 3 });
    expect(textOf(result)).toMatch(/^2 not submitted.*slow down/m);
    expect(prompts(one)).toEqual(['a fox', 'a hare', 'an elk']);
    await checkBooks(one.sandbox, one.config.dataDir, 3);
  });

  it('of which RunComfy refuses all is an error, and leaves nothing', async () => {
    const one = await connect();
    failSubmits(one, { status: 422, body: { detail: 'no' } }, ...PROMPTS);
    const result = await one.client.callTool(BATCH);
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatch(
      /^None of the 4 jobs was submitted.*Nothing was charged for this call\. \[input_refused\]$/s,
    );
    expect(readRecords(one.config.dataDir)).toEqual([]);
  });

  it('whose client timed out is picked up whole by the same call, in another process too', async () => {
    const one = await connect();
    planLong(one);
    await callAndStop(one, 'Request timed out', 4);
    await released(one);
    finishAll(one.sandbox);
    const two = await another(one);
    const result = await two.client.callTool(BATCH);
    expect(result.structuredContent).toMatchObject({ done: 4, resumed: true });
    checkBooks(one.sandbox, one.config.dataDir, 4);
  });

  it('is paid for again only when all of it was delivered', async () => {
    const one = await connect({ waitSeconds: 0 });
    planLong(one);
    const first = await one.client.callTool(BATCH);
    expect(dataOf(first)).toMatchObject({ done: 0 });
    await released(one);
    for (const job of one.sandbox.engine.jobs.slice(0, 2)) one.sandbox.engine.finish(job);
    const second = await one.client.callTool(BATCH);
    expect(dataOf(second)).toMatchObject({ batch: dataOf(first).batch, done: 2 });
    // The same call may come at once.
    expect(readRecords(one.config.dataDir).filter(({ lease }) => lease)).toEqual([]);
    finishAll(one.sandbox);
    const third = await one.client.callTool({
      name: 'get_image_job',
      arguments: { request_id: dataOf(first).batch },
    });
    expect(dataOf(third)).toMatchObject({ batch: dataOf(first).batch, done: 4 });
    expect(one.sandbox.engine.jobs).toHaveLength(4);
    await eventually(() => readRecords(one.config.dataDir).every((job) => job.delivered_at)).toBe(true);
    const fourth = await one.client.callTool(BATCH);
    expect(dataOf(fourth).batch).not.toBe(dataOf(first).batch);
    expect(one.sandbox.engine.jobs).toHaveLength(8);
  });

  it('that is fetched again as soon as its client gave up fetching it is delivered whole', async () => {
    const one = await connect();
    planLong(one);
    await callAndStop(one, 'Request timed out', 4);
    await released(one);
    const [{ batch } = {}] = readRecords(one.config.dataDir);
    const get = { name: 'get_image_job', arguments: { request_id: `batch:${batch?.id}` } };
    const stop = new AbortController();
    const first = one.client.callTool(get, { signal: stop.signal });
    await eventually(() => readRecords(one.config.dataDir).every(({ lease }) => lease)).toBe(true);
    stop.abort('Request timed out');
    const second = one.client.callTool(get);
    await expect(first).rejects.toThrow();
    finishAll(one.sandbox);
    expect(dataOf(await second)).toMatchObject({ done: 4 });
    await eventually(() => readRecords(one.config.dataDir).every((job) => job.delivered_at)).toBe(true);
  });

  it('of which the rest was cancelled after a hand-over is told whole by the same call', async () => {
    const one = await connect({ waitSeconds: 0 });
    planLong(one, { queueMs: HOURS, runMs: HOURS });
    await one.client.callTool(BATCH);
    await released(one);
    const [first, second, ...rest] = one.sandbox.engine.jobs;
    for (const job of [first, second]) one.sandbox.engine.finish(job as SandboxJob);
    expect(dataOf(await one.client.callTool(BATCH))).toMatchObject({ done: 2 });
    await released(one);
    for (const { id } of rest)
      await one.client.callTool({ name: 'cancel_image_job', arguments: { request_id: id } });
    const result = await one.client.callTool(BATCH);
    expect(result.structuredContent).toMatchObject({ done: 2, resumed: true });
    expect(one.sandbox.engine.jobs).toHaveLength(4);
  });

  it('of which one was fetched by itself is picked up whole', async () => {
    const one = await connect({ waitSeconds: 0 });
    planLong(one);
    await one.client.callTool(BATCH);
    await released(one);
    finishAll(one.sandbox);
    const [{ id = '' } = {}] = one.sandbox.engine.jobs;
    await one.client.callTool({ name: 'get_image_job', arguments: { request_id: id } });
    await eventually(() => readRecords(one.config.dataDir).some((job) => job.delivered_at)).toBe(true);
    expect((await one.client.callTool(BATCH)).structuredContent).toMatchObject({ done: 4, resumed: true });
    checkBooks(one.sandbox, one.config.dataDir, 4);
  });

  it('of which one is being fetched by itself is picked up whole', async () => {
    const one = await connect({ waitSeconds: 0 });
    planLong(one);
    const first = await one.client.callTool(BATCH);
    await released(one);
    const two = await another(one);
    const { request_id } = readRecords(one.config.dataDir).find(({ batch }) => batch?.index === 0) ?? {};
    const alone = two.client.callTool({ name: 'get_image_job', arguments: { request_id } });
    await eventually(() => readRecords(one.config.dataDir).some(({ lease }) => lease)).toBe(true);
    const second = await one.client.callTool(BATCH);
    expect(dataOf(second).batch).toBe(dataOf(first).batch);
    finishAll(one.sandbox);
    expect((await alone).structuredContent).toMatchObject({ status: 'succeeded' });
    checkBooks(one.sandbox, one.config.dataDir, 4);
  });

  it('of which some were never submitted submits only those', async () => {
    const one = await connect({ waitSeconds: 0 });
    planLong(one);
    failSubmits(one, { status: 422, body: { detail: 'no' } }, 'a hare', 'a fox');
    const first = await one.client.callTool(BATCH);
    await released(one);
    one.sandbox.failAtRandom(() => undefined);
    const second = await one.client.callTool(BATCH);
    expect(dataOf(second).batch).toBe(dataOf(first).batch);
    await released(one);
    expect(prompts(one)).toEqual([...PROMPTS].sort());
    finishAll(one.sandbox);
    expect((await one.client.callTool(BATCH)).structuredContent).toMatchObject({ done: 4, resumed: true });
    expect(prompts(one)).toEqual([...PROMPTS].sort());
  });

  it('tells the jobs that exist when a limit refuses the rest', async () => {
    const one = await connect({ waitSeconds: 0 });
    planLong(one);
    failSubmits(one, { status: 422, body: { detail: 'no' } }, 'a hare');
    await one.client.callTool(BATCH);
    await released(one);
    one.sandbox.failAtRandom(() => undefined);
    const limited = await connect({
      ...{ baseUrl: one.sandbox.origin, dataDir: one.config.dataDir },
      maxJobsPerHour: 3,
      waitSeconds: 0,
    });
    const result = await limited.client.callTool(BATCH);
    expect(result.isError).toBeUndefined();
    expect(textOf(result)).toMatch(/^3 not submitted.*the limit is 3/m);
    expect(one.sandbox.engine.jobs).toHaveLength(3);
  });

  it('is refused whole by a limit, and nothing is recorded', async () => {
    const one = await connect({ maxJobsPerHour: 3 });
    const result = await one.client.callTool(BATCH);
    expect(textOf(result)).toMatch(/these are 4 more, and the limit is 3.*\[spend_limit\]$/s);
    expect(readRecords(one.config.dataDir)).toEqual([]);
    expect(one.sandbox.engine.jobs).toEqual([]);
  });

  it('whose user stops it: what is queued is cancelled, and what was not sent never is', async () => {
    const one = await connect();
    planLong(one, { queueMs: HOURS, runMs: HOURS });
    const { promise: held, resolve: answer } = promised();
    failSubmits(one, { stall: held }, 'a fox');
    await callAndStop(one, 'User pressed escape', 3);
    answer();
    await released(one);
    await eventually(() => readRecords(one.config.dataDir).map(({ state }) => state)).toEqual(
      PROMPTS.map(() => 'cancelled'),
    );
    expect(one.sandbox.engine.jobs.every(({ cancelledAt }) => cancelledAt !== undefined)).toBe(true);
    checkBooks(one.sandbox, one.config.dataDir, 4);
  });

  it('that is cancelled by its name while it is submitted sends nothing more', async () => {
    const one = await connect();
    planLong(one, { queueMs: HOURS, runMs: HOURS });
    const { promise: held, resolve: answer } = promised();
    failSubmits(one, { hold: held }, 'a fox');
    const jobs = [...PROMPTS, 'a cat', 'a dog', 'a cow', 'a bee'].map((prompt) => ({
      model: MODEL,
      input: { prompt },
    }));
    const call = one.client.callTool({ name: 'make_images', arguments: { jobs } });
    await eventually(() => readRecords(one.config.dataDir).some(({ state }) => state === 'in_queue')).toBe(
      true,
    );
    const [{ batch } = {}] = readRecords(one.config.dataDir);
    const cancelled = await one.client.callTool({
      name: 'cancel_image_job',
      arguments: { request_id: `batch:${batch?.id}` },
    });
    expect(textOf(cancelled)).toContain('cancelled while queued: they never ran');
    answer();
    await call;
    const sent = one.sandbox.engine.jobs.length;
    expect(sent).toBeLessThan(jobs.length);
    expect(one.sandbox.requests.filter(({ route }) => route === 'submit')).toHaveLength(sent);
  });

  it('of which one answer was lost says so, and does not send it again', async () => {
    const one = await connect({ waitSeconds: 0 });
    planLong(one);
    failSubmits(one, 'after', 'an owl');
    const first = await one.client.callTool(BATCH);
    expect(textOf(first)).toMatch(/^2 unknown.*may exist/m);
    await released(one);
    one.sandbox.failAtRandom(() => undefined);
    finishAll(one.sandbox);
    const second = await one.client.callTool(BATCH);
    expect(dataOf(second)).toMatchObject({ done: 3 });
    expect(textOf(second)).toMatch(/^2 unknown.*may exist/m);
    checkBooks(one.sandbox, one.config.dataDir, 4);
  });

  it('is twice the pictures for two callers who wait at the same time', async () => {
    const one = await connect();
    const results = await Promise.all([one.client.callTool(BATCH), one.client.callTool(BATCH)]);
    expect(results.map((result) => dataOf(result).done)).toEqual([4, 4]);
    expect(new Set(results.map((result) => dataOf(result).batch)).size).toBe(2);
    checkBooks(one.sandbox, one.config.dataDir, 8);
  });

  it('follows its jobs within the pace of all reads', async () => {
    const one = await connect();
    const sent: number[] = [];
    one.sandbox.failAtRandom((route) => {
      if (route === 'submit') sent.push(one.clock.now());
      return undefined;
    });
    const jobs = [{ model: MODEL, input: { prompt: 'a fox' }, count: 16 }];
    const progress: string[] = [];
    const result = await one.client.callTool(
      { name: 'make_images', arguments: { jobs } },
      { onprogress: ({ message = '' }) => void progress.push(message) },
    );
    expect(dataOf(result)).toMatchObject({ done: 16 });
    expect((sent.at(-1) ?? 0) - (sent[0] ?? 0)).toBeGreaterThanOrEqual(1_000);
    expect(progress).toContain('5 of 16 jobs done');
    expect(progress).toEqual([...new Set(progress)]);
    checkBooks(one.sandbox, one.config.dataDir, 16);
  });
});
