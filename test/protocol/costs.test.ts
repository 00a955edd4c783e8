import { describe, expect, it } from 'vitest';
import type { Job } from '../../src/jobs/job.ts';
import type { SandboxJob } from '../../src/sandbox/engine.ts';
import type { SandboxReply } from '../../src/sandbox/faults.ts';
import { readRecords } from '../support/books.ts';
import { type Connected, connect, eventually, textOf } from '../support/program.ts';
import { putRecord } from '../support/records.ts';

const PAINT = { name: 'gpt_image_2_text_to_image', arguments: { prompt: 'a fox' } };
const DAY = 86_400_000;
/** Upstream ends every job at its first look. */
const AT_ONCE = { sandboxOptions: { pace: 0, slots: 20 } };

const resultsOf = ({ sandbox }: Connected) => sandbox.requests.filter(({ route }) => route === 'result');
const call = ({ client }: Connected, name: string, args: Record<string, unknown> = {}) =>
  client.callTool({ name, arguments: args });
const idOf = ({ structuredContent }: { structuredContent?: unknown }) =>
  (structuredContent as { request_id: string }).request_id;

/** A job whose cost is not told before `tellCost`. */
const LATE = { costUsd: 0.04, costAfterMs: Number.POSITIVE_INFINITY };
const tellCost = ({ plan }: SandboxJob) => {
  plan.costAfterMs = 0;
};

/** Does something when a job's result is read for the second time, before that is answered. */
function onSecondRead({ sandbox }: Connected, act: (job: SandboxJob) => unknown): void {
  sandbox.failAtRandom((route) => {
    const path = sandbox.requests.at(-1)?.path ?? '';
    const job = route === 'result' ? sandbox.engine.find(path.split('/')[3] ?? '') : undefined;
    const isSecond = sandbox.requests.filter((request) => request.path === path).length === 2;
    return job && isSecond ? (act(job) as SandboxReply | undefined) : undefined;
  });
}

describe('the cost of a job', () => {
  it('stands in the answer where RunComfy reports it at once, and is asked for once', async () => {
    const one = await connect(AT_ONCE);
    one.sandbox.engine.planNext({ costUsd: 0.04 });
    const result = await one.client.callTool(PAINT);
    expect(result.structuredContent).toMatchObject({ cost_usd: 0.04 });
    expect(textOf(result)).toContain('RunComfy charged $0.04.');
    await one.clock.sleep(10_000);
    expect(resultsOf(one)).toHaveLength(1);
  });

  it('is asked for once where a cancellation finds that its job has ended', async () => {
    const one = await connect({ ...AT_ONCE, waitSeconds: 0 });
    one.sandbox.engine.planNext({ costUsd: 0.04 });
    const request_id = idOf(await one.client.callTool(PAINT));
    const result = await call(one, 'cancel_image_job', { request_id });
    expect(result.structuredContent).toMatchObject({ outcome: 'already_ended' });
    await one.clock.sleep(10_000);
    expect(resultsOf(one)).toHaveLength(1);
  });

  it('that comes late delays no answer, and is then in the record and in what is asked of it', async () => {
    const one = await connect(AT_ONCE);
    one.sandbox.engine.planNext(LATE);
    onSecondRead(one, tellCost);
    const result = await one.client.callTool(PAINT);
    expect(result.structuredContent).not.toHaveProperty('cost_usd');
    await eventually(() => readRecords(one.config.dataDir)[0]?.cost_usd).toBe(0.04);
    const [record] = readRecords(one.config.dataDir);
    expect(record).toMatchObject({ state: 'succeeded', delivered_at: expect.any(String) });
    const request_id = idOf(result);
    const asked = await call(one, 'get_image_job', { request_id });
    expect(asked.structuredContent).toMatchObject({ cost_usd: 0.04 });
    expect((await call(one, 'list_image_jobs')).structuredContent).toMatchObject({
      jobs: [{ cost_usd: 0.04 }],
      costs: { usd: 0.04 },
    });
    expect(resultsOf(one)).toHaveLength(2);
  });

  it('that never comes is asked for once more, and again when somebody asks for the job', async () => {
    const one = await connect(AT_ONCE);
    one.sandbox.engine.planNext(LATE);
    const request_id = idOf(await one.client.callTool(PAINT));
    await eventually(() => resultsOf(one).length).toBe(2);
    await one.clock.sleep(10_000);
    expect(resultsOf(one)).toHaveLength(2);
    const result = await call(one, 'get_image_job', { request_id });
    expect(result.structuredContent).toMatchObject({ status: 'succeeded' });
    await eventually(() => resultsOf(one).length).toBe(3);
    expect(readRecords(one.config.dataDir)[0]).not.toHaveProperty('cost_usd');
  });

  it('that a gone process could not read is found by the next one that is asked for the job', async () => {
    const one = await connect(AT_ONCE);
    one.sandbox.engine.planNext(LATE);
    const request_id = idOf(await one.client.callTool(PAINT));
    await eventually(() => resultsOf(one).length).toBe(2);
    one.sandbox.engine.jobs.forEach(tellCost);
    const { baseUrl, dataDir } = one.config;
    const next = await connect({ baseUrl, dataDir });
    await call(next, 'get_image_job', { request_id });
    await eventually(() => readRecords(dataDir)[0]?.cost_usd).toBe(0.04);
  });

  it('that cannot be read says nothing, and the next one is read all the same', async () => {
    const one = await connect({ ...AT_ONCE, logLevel: 'info' });
    onSecondRead(one, (job) => {
      tellCost(job);
      return job.input.prompt === 'one' ? { status: 404, body: { error_code: 404001 } } : undefined;
    });
    for (const prompt of ['one', 'two']) {
      one.sandbox.engine.planNext(LATE);
      await one.client.callTool({ ...PAINT, arguments: { prompt } });
    }
    await eventually(() => readRecords(one.config.dataDir).map(({ cost_usd }) => cost_usd)).toEqual([
      0.04,
      undefined,
    ]);
    expect(one.log.filter((line) => !line.includes(' tool call '))).toEqual([]);
  });

  it('that comes late counts against the budget from then on', async () => {
    const one = await connect({ ...AT_ONCE, budgetUsd: 0.3 });
    one.sandbox.engine.planNext(LATE);
    const request_id = idOf(await one.client.callTool(PAINT));
    const again = { ...PAINT, arguments: { prompt: 'another fox' } };
    expect(textOf(await one.client.callTool(again))).toContain('[spend_limit]');
    one.sandbox.engine.jobs.forEach(tellCost);
    await call(one, 'get_image_job', { request_id });
    await eventually(() => readRecords(one.config.dataDir)[0]?.cost_usd).toBe(0.04);
    expect((await one.client.callTool(again)).isError).toBeFalsy();
  });
});

let later = 0;

/** Puts the record of a job of some days ago among those of a server, each a ms after the last: the order is by time. */
function put(
  { config }: Connected,
  days: number,
  { api, ...more }: Partial<Job> & { api?: string } = {},
): void {
  const submitted_at = new Date(Date.now() - days * DAY + later++).toISOString();
  putRecord(config, { model: 'm/one', input: {}, state: 'succeeded', submitted_at, ...more }, { api });
}

/** The line about costs in a list, its days as how many days ago they are. */
const costLine = (result: { content: unknown }) =>
  textOf(result)
    .split('\n')
    .find((line) => line.startsWith('Reported costs'))
    ?.replace(/\d{4}-\d\d-\d\d/g, (day) => {
      const today = new Date().toISOString().slice(0, 10);
      return `${(Date.parse(today) - Date.parse(day)) / DAY} days ago`;
    });

describe('list_image_jobs sums what was reported', () => {
  it('by day and model over a week, whatever is listed, and assumes nothing', async () => {
    const one = await connect();
    put(one, 0, { cost_usd: 0.034 });
    put(one, 0, { cost_usd: 0.133, model: 'm/two' });
    put(one, 0, { state: 'failed' });
    put(one, 0, { state: 'cancelled' });
    put(one, 0, { state: 'in_progress', request_id: 'r' });
    put(one, 3, { cost_usd: 0.034 });
    put(one, 3, { cost_usd: 0 });
    put(one, 3);
    put(one, 7, { cost_usd: 9 });
    put(one, 0, { cost_usd: 9, api: 'https://elsewhere.example' });
    const result = await call(one, 'list_image_jobs', { limit: 1, status: 'active' });
    expect(costLine(result)).toMatchSnapshot();
    expect(result.structuredContent).toMatchObject({
      jobs: [{ status: 'in_progress' }],
      costs: { of: 'the last 7 days', usd: 0.201, reported: 4, unreported: 2 },
    });
    const { by_day, by_model } = (result.structuredContent as { costs: Record<string, object> }).costs;
    expect(Object.values(by_day ?? {})).toEqual([0.167, 0.034]);
    expect(by_model).toEqual({ 'm/one': 0.068, 'm/two': 0.133 });
  });

  it('or says that nothing was, or nothing at all where no job has ended', async () => {
    const one = await connect();
    expect(costLine(await call(one, 'list_image_jobs'))).toBeUndefined();
    put(one, 1, { state: 'in_progress' });
    expect(costLine(await call(one, 'list_image_jobs'))).toBeUndefined();
    put(one, 1);
    expect(costLine(await call(one, 'list_image_jobs'))).toMatchSnapshot();
  });

  it('over no more records than it reads in a moment', async () => {
    const one = await connect();
    for (let jobs = 0; jobs < 501; jobs++) put(one, jobs / 100, { cost_usd: 0.01 });
    expect((await call(one, 'list_image_jobs')).structuredContent).toMatchObject({
      costs: { of: 'the newest 500 jobs', usd: 5, reported: 500 },
    });
  });
});

describe('get_balance', () => {
  it.each([
    ['a good one', undefined, 5],
    ['what jobs left of it', 0.04, 4.96],
    ['a low one', 4.5, 0.5],
    ['none', 5, 0],
    ['a debt', 7.25, -2.25],
  ])('tells %s', async (_, costUsd, balance_usd) => {
    const one = await connect(AT_ONCE);
    if (costUsd !== undefined) {
      one.sandbox.engine.planNext({ costUsd });
      await one.client.callTool(PAINT);
    }
    const result = await call(one, 'get_balance');
    expect(result.structuredContent).toMatchObject({ balance_usd });
    expect(textOf(result)).toMatchSnapshot();
  });

  it('is what RunComfy refuses a job for', async () => {
    const one = await connect(AT_ONCE);
    one.sandbox.engine.planNext({ costUsd: 5 });
    await one.client.callTool(PAINT);
    const refused = await one.client.callTool({ ...PAINT, arguments: { prompt: 'one more' } });
    expect(textOf(refused)).toMatch(/no balance left.*Nothing was charged for this call\. \[no_balance\]$/);
  });

  it('needs a key that is accepted and a service that answers, and says so', async () => {
    const keyless = await connect({ key: undefined });
    const none = await call(keyless, 'get_balance');
    expect([none.isError, textOf(none)]).toEqual([true, expect.stringContaining('[no_key]')]);
    const wrong = await connect({ key: { value: 'wrong-key', from: 'RUNCOMFY_API_KEY' } });
    expect(textOf(await call(wrong, 'get_balance'))).toContain('[key_refused]');
    const one = await connect();
    one.sandbox.inject({ on: 'balance', times: 3, what: { status: 500, body: '<html>' } });
    const failed = await call(one, 'get_balance');
    expect(failed.isError).toBe(true);
    expect(textOf(failed)).toContain('[service_error]');
    one.sandbox.inject({ on: 'balance', times: 3, what: { status: 200, body: { balance: 'much' } } });
    expect(textOf(await call(one, 'get_balance'))).toMatchSnapshot();
  });
});
