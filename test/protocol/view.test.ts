import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isToolVisibilityModelOnly } from '@modelcontextprotocol/ext-apps/app-bridge';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { accountOf } from '../../src/config/config.ts';
import { fingerprintOf } from '../../src/jobs/calls.ts';
import type { Job } from '../../src/jobs/job.ts';
import type { JobPlan, SandboxJob } from '../../src/sandbox/engine.ts';
import { FAILURE, type PeekedBatch } from '../../src/tools/support/peeked-job.ts';
import { finishAll, promised } from '../support/calls.ts';
import { type Connected, connect, eventually, freshDataDir, textOf } from '../support/program.ts';
import { putRecord } from '../support/records.ts';
import { SHOWS_VIEWS } from '../support/view.ts';

const TOOL = 'gpt_image_2_text_to_image';
const MODEL = 'openai/gpt-image-2/text-to-image';
const INPUT = { prompt: 'a fox', resolution: '1k' };
const HOURS = 3_600_000;

const viewer = (given: Parameters<typeof connect>[0] = {}) =>
  connect({ clientCapabilities: SHOWS_VIEWS, waitSeconds: 0, ...given });

async function look({ client }: Pick<Connected, 'client'>, args: Record<string, unknown>) {
  const result = await client.callTool({ name: 'peek_image_job', arguments: args });
  return { text: textOf(result), data: (result.structuredContent ?? {}) as Record<string, unknown> };
}

/** Starts a call that hands over at once. */
async function start(connected: Connected, plan: Partial<JobPlan> = {}, name = TOOL, args: object = INPUT) {
  connected.sandbox.engine.planNext({ queueMs: HOURS, ...plan });
  const { structuredContent } = await connected.client.callTool({ name, arguments: { ...args } });
  const { request_id, batch } = structuredContent as { request_id: string; batch: string };
  return { request_id, batch };
}

const submits = ({ sandbox }: Connected) => sandbox.requests.filter(({ route }) => route === 'submit').length;

/** An answer, without what differs from run to run. */
function told({ text, data }: Awaited<ReturnType<typeof look>>): string {
  const numbers = new Map<string, number>();
  const numberOf = (id: string) => {
    numbers.set(id, numbers.get(id) ?? numbers.size + 1);
    return `ID-${numbers.get(id)}`;
  };
  return `${text}\n${JSON.stringify(data, null, 2)}`
    .replace(/\d{4}-\d\d-\d\dT[\d:.]+Z/g, 'TIME')
    .replace(/127\.0\.0\.1:\d+/g, 'SANDBOX')
    .replace(/[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}/g, numberOf)
    .replace(/batch:[\da-f]{24}/g, 'batch:ID')
    .replace(/(position"?:? )\d+/g, '$1N')
    .replace(/(_seconds": |after |running for |\| )[\d.]+( s)?/gi, '$1N$2');
}

describe('peek_image_job', () => {
  it('finds the job of a call under way and tells its place in the queue at once', async () => {
    const connected = await viewer({ waitSeconds: 600 });
    connected.sandbox.engine.planNext({ queueMs: HOURS });
    const call = connected.client.callTool({ name: TOOL, arguments: INPUT });
    const found = () => look(connected, { tool: TOOL, arguments: { resolution: '1k', prompt: 'a fox' } });
    await expect
      .poll(async () => (await found()).data)
      .toMatchObject({ status: 'in_queue', queue_position: 1 });
    for (const [tool, args] of [
      [TOOL, { prompt: 'a fox' }],
      ['gpt_4o_image_text_to_image', INPUT],
      ['no_such_tool', INPUT],
    ] as const)
      expect((await look(connected, { tool, arguments: args })).text).toMatch(
        /unknown_request|invalid_input/,
      );
    finishAll(connected.sandbox);
    expect((await call).structuredContent).toMatchObject({ status: 'succeeded' });
  });

  it('does not count as a delivery: a repeated call still gets the job that it has seen done', async () => {
    const connected = await viewer();
    const { request_id } = await start(connected);
    expect((await look(connected, { request_id })).data).toMatchObject({ status: 'in_queue' });
    finishAll(connected.sandbox);
    expect((await look(connected, { request_id })).data).toMatchObject({ status: 'succeeded', images: [{}] });
    const again = await connected.client.callTool({ name: TOOL, arguments: INPUT });
    expect(again.structuredContent).toMatchObject({ request_id, resumed: true });
    expect(connected.sandbox.engine.jobs).toHaveLength(1);
  });
});

describe('it tells of a job', () => {
  it('that is being submitted, by its call', async () => {
    const connected = await viewer();
    const { promise, resolve } = promised();
    connected.sandbox.inject({ on: 'submit', what: { stall: promise } });
    const call = start(connected);
    const found = () => look(connected, { tool: TOOL, arguments: INPUT });
    await expect.poll(async () => (await found()).data.status).toBe('submitting');
    expect(told(await found())).toMatchSnapshot();
    resolve();
    await call;
  });

  it('that waits to be submitted, by its call', async () => {
    const connected = await viewer();
    const submitted_at = new Date(connected.clock.now()).toISOString();
    putRecord(connected.config, { model: MODEL, input: INPUT, state: 'reserved', submitted_at });
    expect(told(await look(connected, { tool: TOOL, arguments: INPUT }))).toMatchSnapshot();
  });

  it('that is queued', async () => {
    const connected = await viewer();
    expect(
      told(await look(connected, { request_id: (await start(connected)).request_id })),
    ).toMatchSnapshot();
  });

  it('that runs, with how long such jobs run once some have ended', async () => {
    const connected = await viewer({ waitSeconds: 600 });
    for (const prompt of ['a cat', 'an owl']) {
      const { request_id } = await start(connected, { queueMs: 0, runMs: 40_000 }, TOOL, { prompt });
      expect((await look(connected, { request_id })).data.expected_seconds).toBeGreaterThan(0);
    }
    connected.sandbox.engine.planNext({ queueMs: 0, runMs: HOURS });
    const call = connected.client.callTool({ name: TOOL, arguments: { prompt: 'a fox' } });
    const found = () => look(connected, { tool: TOOL, arguments: { prompt: 'a fox' } });
    await expect.poll(async () => (await found()).data.status).toBe('in_progress');
    const { text, data } = await found();
    expect(data.running_seconds).toBeGreaterThanOrEqual(0);
    expect(data.expected_seconds).toBeGreaterThan(30);
    expect(data.expected_seconds).toBeLessThan(60);
    expect(text).toContain(`Such jobs run ${data.expected_seconds} s.`);
    finishAll(connected.sandbox);
    await call;
  });

  it('nothing of the time that such jobs run before one has ended', async () => {
    const connected = await viewer();
    const { request_id } = await start(connected, { queueMs: 0, runMs: HOURS });
    const { data } = await look(connected, { request_id });
    expect(data).toMatchObject({ status: 'in_progress', running_seconds: expect.any(Number) });
    expect(data).not.toHaveProperty('expected_seconds');
  });

  it('that is done, with what such a job costs', async () => {
    const connected = await viewer();
    const done = [];
    for (const prompt of ['a cat', 'an owl', 'a fox']) {
      done.push(await start(connected, { costUsd: 0.04 }, TOOL, { prompt }));
      finishAll(connected.sandbox);
      await look(connected, { request_id: done.at(-1)?.request_id });
    }
    expect(told(await look(connected, { request_id: done[0]?.request_id }))).toMatchSnapshot();
  });

  it('that is done, with what was learned of its outputs when they were fetched', async () => {
    const connected = await viewer();
    const submitted_at = new Date(connected.clock.now()).toISOString();
    const job: Job = { model: MODEL, input: INPUT, state: 'succeeded', submitted_at, request_id: 'r' };
    const urls = ['https://a.runcomfy.net/1.png', 'https://b.example/2.mp4'];
    const original = { sha256: 'a'.repeat(64), type: 'image/png', bytes: 9_000, width: 1_536, height: 1_024 };
    putRecord(connected.config, { ...job, urls, kinds: ['image', 'video'], originals: [original, null] });
    const { text, data } = await look(connected, { request_id: 'r' });
    const { sha256: _, ...facts } = original;
    expect(data.images).toEqual([
      { handle: 'job:r#1', url: urls[0], ...facts },
      { handle: 'job:r#2', url: urls[1], kind: 'video', trusted: false },
    ]);
    expect(text).toContain('job:r#1 | PNG, 1536 x 1024, 9 kB | https://a.runcomfy.net/1.png');
  });

  it.each([
    ['failed', 'CUDA out of memory'],
    ['was refused as unsafe', 'Your request was rejected by the "safety" system.\n<b>sexual</b>'],
  ])('that %s, which is no error here', async (_, error) => {
    const connected = await viewer();
    const { request_id } = await start(connected, { outcome: 'failed', error });
    finishAll(connected.sandbox);
    expect(told(await look(connected, { request_id }))).toMatchSnapshot();
  });

  it('that was cancelled', async () => {
    const connected = await viewer();
    const { request_id } = await start(connected);
    await connected.client.callTool({ name: 'cancel_image_job', arguments: { request_id } });
    expect(told(await look(connected, { request_id }))).toMatchSnapshot();
  });

  it.each([
    ['does not answer', { status: 502, body: '' }],
    ['does not know it yet', { status: 404, body: { error_code: 404001, message: 'no' } }],
  ])('as RunComfy was last heard of it, where that %s', async (_, what) => {
    const connected = await viewer();
    const { request_id } = await start(connected);
    connected.sandbox.inject({ on: 'status', what, times: Number.POSITIVE_INFINITY });
    expect((await look(connected, { request_id })).data).toMatchObject({ status: 'in_queue', request_id });
  });

  it('that is unknown to RunComfy', async () => {
    expect(told(await look(await viewer(), { request_id: 'nobody-s' }))).toMatchSnapshot();
  });

  it('nothing once its user has deleted it', async () => {
    const connected = await viewer();
    const submitted_at = new Date(connected.clock.now()).toISOString();
    const job = { model: MODEL, input: {}, state: 'succeeded', submitted_at, request_id: 'r' } as const;
    putRecord(connected.config, { ...job, deleted_at: submitted_at });
    const { text, data } = await look(connected, { request_id: 'r' });
    expect([text, data]).toEqual([expect.stringMatching(/The user deleted job r.*\[unknown_request\]/), {}]);
    expect(connected.sandbox.requests).toEqual([]);
  });

  it('of a model without a tool by its name, without asking for it', async () => {
    const connected = await viewer();
    const model = 'google/nano-banana-2/edit';
    const input = { prompt: 'a cat', image_urls: ['https://example.com/cat.png'] };
    const made = await start(connected, {}, 'run_image_model', { model, input });
    const asked = connected.sandbox.requests.length;
    const call = { tool: 'run_image_model', arguments: { model, input: { ...input, resolution: null } } };
    for (const query of [{ request_id: made.request_id }, call])
      expect((await look(connected, query)).data).toMatchObject({
        request_id: made.request_id,
        title: 'Nano Banana 2 Edit',
        tool: 'run_image_model',
        arguments: { model, input },
      });
    expect(connected.sandbox.requests.slice(asked).map(({ route }) => route)).toEqual(['status', 'status']);
    const other = { ...call, arguments: { model, input: { ...input, prompt: 'a dog' } } };
    expect((await look(connected, other)).text).toContain('[unknown_request]');
  });

  it('of a model that nothing names by its id, and no picture that its input holds', async () => {
    const connected = await viewer();
    const submitted_at = new Date(connected.clock.now()).toISOString();
    const input = { prompt: 'data: a chart', picture: [`data:image/png;base64,${'A'.repeat(5_000)}`] };
    const job: Job = { model: 'acme/photo-fix-1-5/image-to-image', input, state: 'cancelled', submitted_at };
    putRecord(connected.config, { ...job, request_id: 'r' });
    const { text, data } = await look(connected, { request_id: 'r' });
    expect(data).toMatchObject({
      title: 'Photo Fix 1.5, image to image',
      arguments: { model: job.model, input: { prompt: 'data: a chart', picture: ['data:image/png,…'] } },
    });
    expect(text + JSON.stringify(data)).not.toContain('AAAA');
  });

  it('that another program submitted, as far as RunComfy tells', async () => {
    const connected = await viewer();
    const { id } = connected.sandbox.engine.submit(MODEL, { prompt: 'a fox' });
    const { data } = await look(connected, { request_id: id });
    expect(data).toMatchObject({ status: 'in_queue', model: 'unknown', title: '', arguments: {} });
  });

  it('of an edit, by its call, whose references are recorded in another form', async () => {
    const dir = freshDataDir();
    mkdirSync(dir, { recursive: true });
    const files = ['one.png', 'two.png'].map((name) => join(dir, name));
    const picture = await sharp({ create: { width: 64, height: 64, channels: 3, background: 'red' } });
    for (const file of files) writeFileSync(file, await picture.png().toBuffer());
    const connected = await viewer({ inputDirs: [dir] });
    const source = await start(connected);
    finishAll(connected.sandbox);
    const tool = 'gpt_image_1_5_image_to_image';
    for (const reference of [`job:${source.request_id}`, ...files]) {
      const args = { prompt: 'in snow', image_urls: [reference] };
      const { request_id } = await start(connected, {}, tool, args);
      expect((await look(connected, { tool, arguments: args })).data).toMatchObject({ request_id });
    }
    const other = { prompt: 'in snow', image_urls: [join(dir, 'three.png')] };
    expect((await look(connected, { tool, arguments: other })).text).toContain('[unknown_request]');
  });
});

describe('it tells of a batch', () => {
  const jobs = [
    { model: TOOL, input: { prompt: 'a fox' }, count: 2 },
    {
      model: 'google/nano-banana-2/edit',
      input: { prompt: 'bad', image_urls: ['https://example.com/a.png'] },
    },
  ];

  it('by its name and by its call, each job with its own state, without delivering any', async () => {
    const connected = await viewer();
    for (let job = 0; job < 2; job++) connected.sandbox.engine.planNext({ queueMs: HOURS });
    const { batch } = await start(connected, {}, 'make_images', { jobs });
    const queued = await look(connected, { tool: 'make_images', arguments: { jobs: JSON.stringify(jobs) } });
    expect(told(queued)).toMatchSnapshot('queued');
    const ids = (queued.data as unknown as PeekedBatch).jobs.map(({ request_id = '' }) => request_id);
    const [first, , third] = ids.map((id) => connected.sandbox.engine.find(id) as SandboxJob);
    Object.assign(first?.plan ?? {}, { costUsd: 0.04 });
    Object.assign(third?.plan ?? {}, { outcome: 'failed' });
    for (const job of [first, third]) if (job) connected.sandbox.engine.finish(job);
    expect(told(await look(connected, { request_id: batch }))).toMatchSnapshot('partly ended');
    finishAll(connected.sandbox);
    expect((await look(connected, { request_id: batch })).data.status).toBe('ended');
    const again = await connected.client.callTool({ name: 'make_images', arguments: { jobs } });
    expect(again.structuredContent).toMatchObject({ batch, resumed: true });
    expect(submits(connected)).toBe(3);
  });

  it('by its call, where another one that is partly alike began later', async () => {
    const connected = await viewer();
    const callOf = (...prompts: string[]) => ({
      jobs: prompts.map((prompt) => ({ model: TOOL, input: { prompt } })),
    });
    const found = (args: object) => look(connected, { tool: 'make_images', arguments: args });
    for (let job = 0; job < 4; job++) connected.sandbox.engine.planNext({ queueMs: HOURS });
    const first = await start(connected, {}, 'make_images', callOf('a fox', 'an owl'));
    const second = await start(connected, {}, 'make_images', callOf('a fox', 'a cat'));
    for (const job of connected.sandbox.engine.jobs)
      if (job.input.prompt === 'a cat') connected.sandbox.engine.finish(job);
    expect((await look(connected, { request_id: second.batch })).data.status).toBe('in_progress');
    expect((await found(callOf('a fox', 'an owl'))).data.batch).toBe(first.batch);
    expect((await found(callOf('a fox', 'a cat'))).data.batch).toBe(second.batch);
    expect((await found(callOf('a fox', 'a dog'))).text).toContain('[unknown_request]');
    const alone = { tool: TOOL, arguments: { prompt: 'a fox' } };
    expect((await look(connected, alone)).text).toContain('[unknown_request]');
    for (const prompts of [['a fox'], ['a fox', 'an owl', 'a dog']])
      expect((await found(callOf(...prompts))).text).toContain('[unknown_request]');
  });

  it('of which a job was not taken', async () => {
    const connected = await viewer();
    connected.sandbox.inject({ on: 'submit', what: { status: 400, body: { message: 'no' } } });
    const { batch } = await start(connected, {}, 'make_images', { jobs: jobs.slice(0, 1) });
    const { data } = await look(connected, { request_id: batch });
    expect(data).toMatchObject({
      status: 'in_progress',
      jobs: expect.arrayContaining([
        expect.objectContaining({ status: 'not_submitted', arguments: {} }),
        expect.objectContaining({ status: 'in_queue' }),
      ]),
    });
  });

  it('whose jobs a call follows, without asking RunComfy for them too', async () => {
    const connected = await viewer({ waitSeconds: 600 });
    for (let job = 0; job < 2; job++) connected.sandbox.engine.planNext({ queueMs: HOURS });
    const args = { jobs: jobs.slice(0, 1) };
    const call = connected.client.callTool({ name: 'make_images', arguments: args });
    await eventually(() => connected.sandbox.engine.jobs.length).toBe(2);
    const found = () => look(connected, { tool: 'make_images', arguments: args });
    await expect.poll(async () => (await found()).data).toMatchObject({ jobs: [{}, { status: 'in_queue' }] });
    const reads = () => connected.sandbox.requests.filter(({ route }) => route === 'status').length;
    const before = reads();
    for (let looks = 0; looks < 20; looks++) await found();
    expect(reads() - before).toBeLessThan(20);
    finishAll(connected.sandbox);
    await call;
  });

  it('as RunComfy was last heard of it, if that does not answer', async () => {
    const connected = await viewer();
    const { batch } = await start(connected, {}, 'make_images', { jobs: jobs.slice(0, 1) });
    connected.sandbox.inject({ on: 'status', what: 'before', times: Number.POSITIVE_INFINITY });
    expect((await look(connected, { request_id: batch })).data).toMatchObject({
      jobs: [{ status: 'in_queue' }, { status: 'in_queue' }],
    });
  });

  it('nothing of a job that its user has deleted, and nothing at all once all are', async () => {
    const connected = await viewer();
    const time = new Date(connected.clock.now()).toISOString();
    const job = { model: MODEL, input: INPUT, state: 'succeeded', submitted_at: time } as const;
    const gone = { urls: ['https://playgrounds-storage-public.runcomfy.net/a.png'], deleted_at: time };
    const prefix = fingerprintOf(accountOf(connected.config), job).slice(0, 15);
    const batchOf = (digit: string, index: number) => ({ id: prefix + digit.repeat(9), index, size: 2 });
    putRecord(connected.config, { ...job, ...gone, batch: batchOf('a', 0), request_id: 'r0' });
    putRecord(connected.config, { ...job, batch: batchOf('a', 1), request_id: 'r1' });
    putRecord(connected.config, { ...job, ...gone, batch: batchOf('b', 0), request_id: 'r2' });
    const { text, data } = await look(connected, { request_id: `batch:${prefix}${'a'.repeat(9)}` });
    expect(data).toMatchObject({
      status: 'ended',
      jobs: [{ arguments: {}, images: [] }, { request_id: 'r1' }],
    });
    expect(text).toContain('\n1 deleted\n');
    expect(text + JSON.stringify(data)).not.toMatch(/r0|a\.png/);
    const { text: none } = await look(connected, { request_id: `batch:${prefix}${'b'.repeat(9)}` });
    expect(none).toMatch(/The user deleted batch:.*\[unknown_request\]$/);
  });

  it('that nobody made', async () => {
    const { text } = await look(await viewer(), { request_id: `batch:${'0'.repeat(24)}` });
    expect(text).toMatch(/No job of batch:0+ is recorded on this machine.*\[unknown_request\]$/);
  });
});

describe('a host that shows pages is told of a failed call what people need', () => {
  const failing = async (capabilities: object, name: string, args: object) => {
    const connected = await connect({ clientCapabilities: capabilities });
    const error = 'The content was flagged by a content checker.';
    for (let job = 0; job < 2; job++) connected.sandbox.engine.planNext({ outcome: 'failed', error });
    return (await connected.client.callTool({ name, arguments: { ...args } }))._meta;
  };

  it('by which request it can be peeked at, and that it was refused', async () => {
    expect(await failing(SHOWS_VIEWS, TOOL, INPUT)).toEqual({
      [FAILURE]: {
        request_id: expect.stringMatching(/^[\da-f-]{36}$/),
        error: 'The content was flagged by a content checker.',
        refused: true,
      },
    });
    const jobs = [{ model: TOOL, input: INPUT, count: 2 }];
    expect(await failing(SHOWS_VIEWS, 'make_images', { jobs })).toMatchObject({
      [FAILURE]: { request_id: expect.stringMatching(/^batch:[\da-f]{24}$/), refused: true },
    });
  });

  it.each([TOOL, 'make_images'])('also where RunComfy refuses at once (%s)', async (name) => {
    const connected = await connect({ clientCapabilities: SHOWS_VIEWS });
    const message = 'upstream 400: content_policy_violation in prompt';
    connected.sandbox.inject({ on: 'submit', what: { status: 400, body: { message } }, times: 2 });
    const jobs = [{ model: TOOL, input: INPUT, count: 2 }];
    const args = name === TOOL ? INPUT : { jobs };
    const { isError, _meta } = await connected.client.callTool({ name, arguments: args });
    expect([isError, _meta]).toEqual([true, { [FAILURE]: { error: message, refused: true } }]);
  });

  it('also where a job was submitted, but cannot be followed', async () => {
    const connected = await connect({ clientCapabilities: SHOWS_VIEWS });
    connected.sandbox.inject({
      on: 'status',
      what: { status: 401, body: '' },
      times: Number.POSITIVE_INFINITY,
    });
    const { isError, _meta } = await connected.client.callTool({ name: TOOL, arguments: INPUT });
    const request_id = connected.sandbox.engine.jobs[0]?.id;
    expect([isError, _meta]).toEqual([true, { [FAILURE]: { request_id } }]);
  });

  it('and any other host sees no trace of that', async () => {
    expect(await failing({}, TOOL, INPUT)).toBeUndefined();
  });
});

it('a host that honours the visibility of tools lets the view call what it is to call', async () => {
  const { client } = await viewer();
  const { tools } = await client.listTools();
  for (const name of [
    'peek_image_job',
    'cancel_image_job',
    'save_images',
    'get_image_job',
    TOOL,
    'make_images',
  ]) {
    const tool = tools.find((one) => one.name === name);
    expect(tool && isToolVisibilityModelOnly(tool), name).toBe(false);
  }
});
