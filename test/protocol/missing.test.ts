import { describe, expect, it } from 'vitest';
import type { Fault } from '../../src/sandbox/faults.ts';
import { checkBooks, readRecords } from '../support/books.ts';
import { CALL } from '../support/calls.ts';
import { type Connected, connect, eventually, textOf } from '../support/program.ts';

const FOREVER = Number.POSITIVE_INFINITY;
const DENIED = { status: 404, body: { error_code: 404001, error_message: 'request not found' } };
const GATEWAY = [
  ['an HTML page', { status: 404, body: '<html><body>Not Found</body></html>' }],
  ['JSON without a number', { status: 404, body: { detail: 'Not Found' } }],
  ['a number that is not about requests', { status: 404, body: { error_code: 404009 } }],
] as const;

/** A program with one job that is done upstream, whose outcome reached nobody, and that is no longer young. */
async function doneJob(): Promise<Connected & { id: string }> {
  const one = await connect({ waitSeconds: 0 });
  one.sandbox.engine.planNext({ queueMs: 0, runMs: 3_600_000 });
  await one.client.callTool(CALL);
  await eventually(() => readRecords(one.config.dataDir)[0]?.lease).toBeUndefined();
  const [job] = one.sandbox.engine.jobs;
  if (!job) throw new Error('nothing was submitted');
  one.sandbox.engine.finish(job);
  one.jumpClock(60_000);
  return { ...one, id: job.id };
}

/** Answers the reads of the job, which is recorded as queued, and so asked for its status first. */
function answerReads({ sandbox }: Connected, what: Fault['what'], times = FOREVER): void {
  sandbox.inject({ on: 'status', what, times });
}

const record = ({ config }: Connected) => readRecords(config.dataDir).at(-1);
const get = async ({ client, id }: Connected & { id: string }) =>
  client.callTool({ name: 'get_image_job', arguments: { request_id: id } });

describe('a gateway that answers 404 for a finished job', () => {
  it.each(GATEWAY)('with %s: the job goes on, and the repeated call gets it', async (_, what) => {
    const one = await doneJob();
    answerReads(one, what, 8);
    await expect
      .poll(async () => {
        const answer = await one.client.callTool(CALL);
        expect(answer.isError, textOf(answer)).toBeFalsy();
        return (answer.structuredContent as { status: string }).status;
      })
      .toBe('succeeded');
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });

  it('and with nothing else for ten minutes: the doubt is told once, and only then is a new job submitted', async () => {
    const one = await doneJob();
    answerReads(one, GATEWAY[0][1]);
    await one.client.callTool(CALL);
    one.jumpClock(500_000);
    expect(textOf(await one.client.callTool(CALL))).not.toContain('gone');
    one.jumpClock(110_000);
    expect(textOf(await one.client.callTool(CALL))).toMatch(/^Job \S+ is gone: .*\[unknown_request\]$/);
    expect(one.sandbox.engine.jobs).toHaveLength(1);
    await eventually(() => record(one)).toMatchObject({ state: 'unknown', request_id: one.id });
    await eventually(() => record(one)?.delivered_at).toBeTruthy();
    await one.client.callTool(CALL);
    expect(one.sandbox.engine.jobs).toHaveLength(2);
  });

  it('and between two such times with something else: the ten minutes begin anew', async () => {
    const one = await doneJob();
    answerReads(one, GATEWAY[0][1], 3);
    await get(one);
    one.jumpClock(599_000);
    answerReads(one, { status: 500, body: {} }, 3);
    await get(one);
    answerReads(one, GATEWAY[0][1], 3);
    one.jumpClock(10_000);
    await get(one);
    expect(record(one)?.state).toBe('in_queue');
  });
});

describe('RunComfy itself that says it does not know a job', () => {
  it('once: the job goes on', async () => {
    const one = await doneJob();
    answerReads(one, DENIED, 1);
    expect(textOf(await one.client.callTool(CALL))).toContain('reading it failed');
    expect(record(one)?.state).toBe('in_queue');
    expect((await one.client.callTool(CALL)).structuredContent).toMatchObject({ status: 'succeeded' });
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });

  it('twice, some seconds apart: that is told once, also by get_image_job', async () => {
    const one = await doneJob();
    answerReads(one, DENIED);
    await get(one);
    one.jumpClock(3_000);
    expect(textOf(await get(one))).toMatchSnapshot();
    await eventually(() => record(one)).toMatchObject({ state: 'unknown', request_id: one.id });
    await eventually(() => record(one)?.delivered_at).toBeTruthy();
    await one.client.callTool(CALL);
    expect(one.sandbox.engine.jobs).toHaveLength(2);
  });

  it('and later knows it again: its picture is had all the same', async () => {
    const one = await doneJob();
    answerReads(one, DENIED, 1);
    await get(one);
    one.jumpClock(3_000);
    answerReads(one, DENIED, 1);
    await get(one);
    expect((await get(one)).structuredContent).toMatchObject({ status: 'succeeded', request_id: one.id });
    expect(record(one)).toMatchObject({ state: 'succeeded' });
  });
});

describe('a result that says "succeeded" before its output is there', () => {
  const WITHOUT = { request_id: 'x', status: 'succeeded', output: null };

  it('is looked at again until it is', async () => {
    const { client, sandbox, config } = await connect();
    sandbox.inject({ on: 'result', times: 3, what: { status: 200, body: WITHOUT } });
    const { structuredContent } = await client.callTool(CALL);
    expect(structuredContent).toMatchObject({ status: 'succeeded', images: [{ url: expect.any(String) }] });
    checkBooks(sandbox, config.dataDir, 1);
  });

  it('is an answer without an image after 30 s, and the image is had when it is there at last', async () => {
    const one = await connect({ waitSeconds: 0 });
    one.sandbox.engine.planNext({ queueMs: 0, runMs: 0 });
    await one.client.callTool(CALL);
    const id = one.sandbox.engine.jobs[0]?.id as string;
    one.sandbox.inject({ on: 'result', times: 2, what: { status: 200, body: { ...WITHOUT, cost: 0.04 } } });
    expect((await get({ ...one, id })).structuredContent).toMatchObject({ status: 'in_progress' });
    one.jumpClock(30_000);
    expect((await get({ ...one, id })).structuredContent).toMatchObject({ status: 'succeeded', images: [] });
    expect((await get({ ...one, id })).structuredContent).toMatchObject({
      images: [{ url: expect.any(String) }],
    });
    expect(record(one)?.urls).toHaveLength(1);
  });
});
