import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { Job, JobState } from '../../src/jobs/job.ts';
import { checkBooks, readRecords } from '../support/books.ts';
import {
  type Connected,
  connect as connectTo,
  eventually,
  freshDataDir,
  textOf,
} from '../support/program.ts';
import { jobsDir, putRecord } from '../support/records.ts';

const UNPRICED = 'openai/gpt-image-2/text-to-image';
const PRICED = 'openai/gpt-image-1-5/image-to-image';
const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** Upstream ends every job at its first look. */
const connect = (given: Parameters<typeof connectTo>[0] = {}) =>
  connectTo({ sandboxOptions: { pace: 0, slots: 20 }, ...given });

/** Another server on the same records and the same upstream. */
const another = (one: Connected) =>
  connect({ ...one.config, baseUrl: one.sandbox.origin, dataDir: one.config.dataDir });

/** A call that publishes no price and so counts $0.25. */
const paint = ({ client }: Connected, prompt = 'a fox') =>
  client.callTool({ name: 'gpt_image_2_text_to_image', arguments: { prompt } });

/** A call whose price is published. */
const edit = ({ client }: Connected, prompt: string, more: Record<string, unknown> = {}) =>
  client.callTool({
    name: 'gpt_image_1_5_image_to_image',
    arguments: { prompt, image_urls: ['https://example.com/a.png'], ...more },
  });

type Given = Partial<Job> & { api?: string };

let records = 0;
/** Puts the record of a job of some age among those of a server. */
function put({ config }: Pick<Connected, 'config'>, age: number, given: Given = {}): void {
  const { api, ...more } = given;
  const number = records++;
  const hasId = more.state !== 'submitting' && more.state !== 'unknown';
  putRecord(
    config,
    {
      model: UNPRICED,
      input: { prompt: `earlier ${number}` },
      state: 'succeeded',
      ...(hasId && { request_id: `earlier-${number}` }),
      submitted_at: new Date(Date.now() - age).toISOString(),
      ...more,
    },
    { api },
  );
}

/** Whether an answer is a refusal over a limit. */
const isOverLimit = (result: { content: unknown }) => textOf(result).endsWith('[spend_limit]');

const PRINTED = expect.stringMatching(/Nothing was charged for this call\. \[spend_limit\]$/);

describe('a call over the limit submits nothing, says what was spent, and leaves no record', () => {
  it('of jobs in an hour', async () => {
    const one = await connect({ maxJobsPerHour: 2 });
    for (const prompt of ['one', 'two']) expect((await paint(one, prompt)).isError).toBeFalsy();
    const result = await paint(one, 'three');
    expect(result.isError).toBe(true);
    expect(result.structuredContent).toBeUndefined();
    expect(textOf(result)).toEqual(PRINTED);
    expect(textOf(result)).toMatchSnapshot();
    expect(one.sandbox.engine.jobs).toHaveLength(2);
    expect(readRecords(one.config.dataDir)).toHaveLength(2);
    checkBooks(one.sandbox, one.config.dataDir, 2);
  });

  it('of money in a day', async () => {
    const one = await connect({ budgetUsd: 0.6 });
    expect((await edit(one, 'one')).isError).toBeFalsy();
    expect((await paint(one, 'two')).isError).toBeFalsy();
    const result = await paint(one, 'three');
    expect(textOf(result)).toEqual(PRINTED);
    expect(textOf(result)).toMatchSnapshot();
    expect(one.sandbox.engine.jobs).toHaveLength(2);
    expect(readRecords(one.config.dataDir)).toHaveLength(2);
    checkBooks(one.sandbox, one.config.dataDir, 2);
  });

  it('that the very first call is over', async () => {
    const one = await connect({ budgetUsd: 0.1 });
    expect(textOf(await paint(one))).toMatchSnapshot();
    expect(one.sandbox.requests).toEqual([]);
    expect(readdirSync(jobsDir(one.config))).toEqual([]);
    expect((await edit(one, 'cheap enough', { quality: 'medium' })).isError).toBeFalsy();
  });
});

describe('what a job counts against the budget', () => {
  const low = { model: PRICED, input: { prompt: 'a', quality: 'low' } };
  const ROWS: [what: string, record: Partial<Job>, spent: string, basis: string][] = [
    ['what its result reported, over the published price', { ...low, cost_usd: 0.5 }, '$0.5', ''],
    ['what its result reported, where no price is published', { cost_usd: 0.75 }, '$0.75', ''],
    ['nothing, where its result reported that', { cost_usd: 0 }, '$0', ''],
    ['the published price', low, '$0.009', ', 1 estimated at up to $0.009'],
    [
      'the published price of what RunComfy does by default',
      { model: PRICED, input: { prompt: 'a' } },
      '$0.133',
      ', 1 estimated at up to $0.133',
    ],
    ['$0.25 where nothing is known', {}, '$0.25', ', 1 assumed at $0.25'],
    [
      '$0.25 for a model that is gone',
      { model: 'openai/dall-e/text-to-image' },
      '$0.25',
      ', 1 assumed at $0.25',
    ],
  ];
  it.each(ROWS)('%s', async (_, record, spent, basis) => {
    const one = await connect({ budgetUsd: 0.001 });
    put(one, 5 * MINUTE, record);
    expect(textOf(await paint(one))).toContain(
      `${spent} was spent in the last 24 hours (1 job${basis}), this one counts $0.25 (assumed)`,
    );
    expect(one.sandbox.requests).toEqual([]);
  });

  it('the upper end of what jobs like it cost, of those to come and of those without a report', async () => {
    const one = await connect({ budgetUsd: 0.2 });
    for (const cost_usd of [0.04, 0.05, 0.06, 0.05]) put(one, 30 * HOUR, { cost_usd });
    for (let count = 0; count < 5; count++)
      one.sandbox.engine.planNext({ costAfterMs: Number.POSITIVE_INFINITY });
    for (const prompt of ['one', 'two']) expect((await paint(one, prompt)).isError).toBeFalsy();
    const text = textOf(await paint(one, 'three'));
    expect(text).toMatchSnapshot();
    const [, sum, each] =
      /up to \$([\d.]+) in all\), this one counts \$([\d.]+) \(estimated\)/.exec(text) ?? [];
    expect(Number(sum)).toBeCloseTo(2 * Number(each), 5);
    expect(Number(each)).toBeGreaterThan(0.07);
    expect(one.sandbox.engine.jobs).toHaveLength(2);
  });

  it('is what upstream reports as soon as it does', async () => {
    const one = await connect({ budgetUsd: 0.15 });
    const first = await edit(one, 'first');
    expect(first.structuredContent).toMatchObject({ cost_usd: 0.133 });
    expect(textOf(await edit(one, 'second', { quality: 'medium' }))).toContain(
      '$0.133 was spent in the last 24 hours (1 job), this one counts $0.034 (estimated)',
    );
    expect((await edit(one, 'third', { quality: 'low' })).isError).toBeFalsy();
  });

  it.each([
    [0.5, 2],
    [0.51, 2],
    [0.49, 1],
    [0.25, 1],
    [0.24, 0],
  ])('may use up a budget of $%d, which is %i jobs, and not more', async (budgetUsd, jobs) => {
    const one = await connect({ budgetUsd });
    for (const prompt of ['one', 'two', 'three']) await paint(one, prompt);
    expect(one.sandbox.engine.jobs).toHaveLength(jobs);
  });

  it('may use up a budget to the last tenth of a cent', async () => {
    const one = await connect({ budgetUsd: 0.102 });
    for (const prompt of ['one', 'two', 'three', 'four']) await edit(one, prompt, { quality: 'medium' });
    expect(one.sandbox.engine.jobs).toHaveLength(3);
  });
});

describe('a record', () => {
  const COUNT: [what: string, age: number, more: Given, jobs: boolean, money: boolean][] = [
    ['of a minute ago', MINUTE, {}, true, true],
    ['of 55 minutes ago', 55 * MINUTE, {}, true, true],
    ['of 2 hours ago', 2 * HOUR, {}, false, true],
    ['of 23 hours ago', 23 * HOUR, {}, false, true],
    ['of 25 hours ago', 25 * HOUR, {}, false, false],
    ['of another API', MINUTE, { api: 'https://elsewhere.example' }, false, false],
    ...(['submitting', 'unknown', 'in_queue', 'in_progress', 'succeeded', 'failed'] as JobState[]).map(
      (state): (typeof COUNT)[number] => [`of a job that is ${state}`, MINUTE, { state }, true, true],
    ),
    ['of a job that was cancelled', MINUTE, { state: 'cancelled' }, false, false],
  ];
  it.each(COUNT)('%s', async (_, age, more, jobs, money) => {
    const byJobs = await connect({ maxJobsPerHour: 1 });
    put(byJobs, age, more);
    expect(isOverLimit(await paint(byJobs)), 'counts as a job of this hour').toBe(jobs);
    const byMoney = await connect({ budgetUsd: 0.25 });
    put(byMoney, age, more);
    expect(isOverLimit(await paint(byMoney)), 'counts against the budget').toBe(money);
  });
});

describe('a job that costs nothing gives its place back', () => {
  const call = { name: 'gpt_image_2_text_to_image', arguments: { prompt: 'never mind' } };

  it('when it is cancelled in the queue', async () => {
    const one = await connect({ maxJobsPerHour: 1, waitSeconds: 0 });
    one.sandbox.engine.planNext({ queueMs: HOUR });
    await one.client.callTool(call);
    expect(isOverLimit(await paint(one))).toBe(true);
    const cancelled = await one.client.callTool({ name: 'cancel_image_job', arguments: {} });
    expect(cancelled.structuredContent).toMatchObject({ outcome: 'cancelled' });
    expect((await paint(one)).isError).toBeFalsy();
  });

  it('when upstream refuses it', async () => {
    const one = await connect({ maxJobsPerHour: 1, budgetUsd: 0.25 });
    one.sandbox.inject({ on: 'submit', what: { status: 422, body: {} } });
    expect(textOf(await one.client.callTool(call))).toContain('[input_refused]');
    expect((await paint(one)).isError).toBeFalsy();
  });

  it('but not when nobody knows whether it exists', async () => {
    const one = await connect({ maxJobsPerHour: 1 });
    one.sandbox.inject({ on: 'submit', what: 'after' });
    expect(textOf(await one.client.callTool(call))).toContain('[submit_unknown]');
    expect(isOverLimit(await paint(one))).toBe(true);
    expect(one.sandbox.engine.jobs).toHaveLength(1);
  });
});

describe('the limits hold for all servers that share the records', () => {
  it.each([
    ['jobs in an hour', { maxJobsPerHour: 2 }],
    ['money in a day', { budgetUsd: 0.5 }],
  ])('%s', async (_, limits) => {
    const one = await connect(limits);
    const two = await another(one);
    expect((await paint(one, 'one')).isError).toBeFalsy();
    expect((await paint(two, 'two')).isError).toBeFalsy();
    for (const server of [one, two]) expect(isOverLimit(await paint(server, 'three'))).toBe(true);
    expect(one.sandbox.engine.jobs).toHaveLength(2);
    checkBooks(one.sandbox, one.config.dataDir, 2);
  });

  it.each([
    ['behind', -10 * MINUTE],
    ['ahead', 10 * MINUTE],
  ])('whose clocks differ: one %s', async (_, ms) => {
    const one = await connect({ maxJobsPerHour: 1, budgetUsd: 0.25 });
    const two = await another(one);
    two.jumpClock(ms);
    expect((await paint(one, 'one')).isError).toBeFalsy();
    expect(isOverLimit(await paint(two, 'two'))).toBe(true);
    expect(one.sandbox.engine.jobs).toHaveLength(1);
  });

  // The order in which calls get to write and to look differs from round to round.
  const ROUNDS = 8;

  it.each([
    ['two calls of one server', 1, 1, 2],
    ['ten calls of one server for three places', 1, 3, 10],
    ['two calls of two servers', 2, 1, 2],
    ['ten calls of two servers for three places', 2, 3, 10],
  ])('which exactly fills the places: %s at once', async (_, servers, places, calls) => {
    for (let round = 0; round < ROUNDS; round++) {
      const one = await connect({ maxJobsPerHour: places, dataDir: freshDataDir() });
      const all = [one, ...(servers === 2 ? [await another(one)] : [])];
      const results = await Promise.all(
        Array.from({ length: calls }, (_, nth) =>
          paint(all[nth % all.length] as Connected, `fox ${nth} of ${round}`),
        ),
      );
      expect(one.sandbox.engine.jobs, `round ${round}`).toHaveLength(places);
      expect(results.filter(isOverLimit)).toHaveLength(calls - places);
      expect(readRecords(one.config.dataDir)).toHaveLength(places);
    }
  });
});

describe('over the limit', () => {
  it('jobs are still collected, listed and cancelled, and a repeated call still gets its earlier job', async () => {
    const one = await connect({ maxJobsPerHour: 1, waitSeconds: 0 });
    one.sandbox.engine.planNext({ queueMs: HOUR });
    const { structuredContent } = await paint(one);
    const { request_id } = structuredContent as { request_id: string };
    await eventually(() => readRecords(one.config.dataDir)[0]?.lease).toBeUndefined();
    expect(isOverLimit(await paint(one, 'another'))).toBe(true);
    expect((await paint(one)).structuredContent).toMatchObject({ request_id, resumed: true });
    const got = await one.client.callTool({ name: 'get_image_job', arguments: { request_id } });
    expect(got.structuredContent).toMatchObject({ request_id, status: 'in_queue' });
    const list = await one.client.callTool({ name: 'list_image_jobs', arguments: {} });
    expect(list.structuredContent).toMatchObject({ jobs: [{ request_id }] });
    const cancelled = await one.client.callTool({ name: 'cancel_image_job', arguments: { request_id } });
    expect(cancelled.structuredContent).toMatchObject({ outcome: 'cancelled' });
    expect(one.sandbox.engine.jobs).toHaveLength(1);
  });
});
