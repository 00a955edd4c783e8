import { describe, expect, it } from 'vitest';
import { checkBooks, readRecords } from '../support/books.ts';
import { CALL, finishAll, promised } from '../support/calls.ts';
import { type Connected, connect, eventually, textOf } from '../support/program.ts';

const OTHER = { ...CALL, arguments: { prompt: 'an owl' } };
const HOURS = 3_600_000;
const RUNNING = { queueMs: 0, runMs: HOURS };

/** Another server process on the same records and the same upstream. */
const another = (one: Connected) => connect({ baseUrl: one.sandbox.origin, dataDir: one.config.dataDir });

/** Calls and gives up at the first progress, as a client whose clock runs out does. */
async function callAndTimeOut({ client, config }: Connected, call = CALL) {
  const stop = new AbortController();
  const onprogress = () => stop.abort('Request timed out');
  await expect(client.callTool(call, { signal: stop.signal, onprogress })).rejects.toThrow();
  await eventually(() => readRecords(config.dataDir).some(({ lease }) => lease)).toBe(false);
}

const delivered = ({ config }: Connected) =>
  eventually(() => readRecords(config.dataDir)[0]?.delivered_at).toBeTruthy();

describe('a call that is repeated because its answer reached nobody', () => {
  it('gets the earlier job, says so, and pays nothing', async () => {
    const one = await connect();
    one.sandbox.engine.planNext(RUNNING);
    await callAndTimeOut(one);
    finishAll(one.sandbox);
    const result = await one.client.callTool(CALL);
    const id = one.sandbox.engine.jobs[0]?.id as string;
    expect(result.structuredContent).toMatchObject({ request_id: id, status: 'succeeded', resumed: true });
    expect(textOf(result)).toMatchSnapshot();
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });

  it('gets it in another process, and after a handover too', async () => {
    const one = await connect({ waitSeconds: 0 });
    one.sandbox.engine.planNext(RUNNING);
    await one.client.callTool(CALL);
    await eventually(() => readRecords(one.config.dataDir)[0]?.lease).toBeUndefined();
    finishAll(one.sandbox);
    const two = await another(one);
    expect((await two.client.callTool(CALL)).structuredContent).toMatchObject({
      status: 'succeeded',
      resumed: true,
    });
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });

  it('gets it at once, while the abandoned submit is still under way', async () => {
    const one = await connect();
    const { promise: held, resolve: answer } = promised();
    one.sandbox.inject({ on: 'submit', what: { hold: held } });
    const stop = new AbortController();
    const first = one.client.callTool(CALL, { signal: stop.signal });
    await eventually(() => one.sandbox.engine.jobs.length).toBe(1);
    stop.abort('Request timed out');
    await expect(first).rejects.toThrow();
    const second = one.client.callTool(CALL);
    answer();
    expect((await second).structuredContent).toMatchObject({ status: 'succeeded', resumed: true });
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });

  it('of an abandoned submit whose answer was lost is told of the doubt', async () => {
    const one = await connect();
    let drop = () => {};
    const held = new Promise<never>((_, reject) => {
      drop = () => reject(new Error('dropped'));
    });
    one.sandbox.inject({ on: 'submit', what: { hold: held } });
    const stop = new AbortController();
    const first = one.client.callTool(CALL, { signal: stop.signal });
    await eventually(() => one.sandbox.engine.jobs.length).toBe(1);
    stop.abort('Request timed out');
    await expect(first).rejects.toThrow();
    drop();
    expect(textOf(await one.client.callTool(CALL))).toContain('was cut off while it was submitted');
    expect(readRecords(one.config.dataDir)).toMatchObject([{ state: 'unknown' }]);
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });

  it('gets it although it is repeated in the same breath', async () => {
    const one = await connect();
    one.sandbox.engine.planNext(RUNNING);
    for (let count = 0; count < 5; count++) {
      const stop = new AbortController();
      const onprogress = () => stop.abort('Request timed out');
      await expect(one.client.callTool(CALL, { signal: stop.signal, onprogress })).rejects.toThrow();
    }
    finishAll(one.sandbox);
    expect((await one.client.callTool(CALL)).structuredContent).toMatchObject({
      status: 'succeeded',
      resumed: true,
    });
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });

  it('gets it in the same breath as the handover', async () => {
    const one = await connect({ waitSeconds: 0 });
    one.sandbox.engine.planNext(RUNNING);
    await one.client.callTool(CALL);
    for (let count = 0; count < 5; count++) {
      expect((await one.client.callTool(CALL)).structuredContent).toMatchObject({ resumed: true });
    }
    checkBooks(one.sandbox, one.config.dataDir, 1);
  });

  it('gets it once: the call after that is a wish for a second picture', async () => {
    const one = await connect();
    await callAndTimeOut(one);
    expect((await one.client.callTool(CALL)).structuredContent).toMatchObject({ resumed: true });
    await delivered(one);
    const third = await one.client.callTool(CALL);
    expect(third.structuredContent).not.toHaveProperty('resumed');
    expect(one.sandbox.engine.jobs).toHaveLength(2);
  });

  it('of a job that failed meanwhile is told so; the next is a new job', async () => {
    const one = await connect();
    one.sandbox.engine.planNext({ ...RUNNING, outcome: 'failed' });
    await callAndTimeOut(one);
    finishAll(one.sandbox);
    expect(textOf(await one.client.callTool(CALL))).toContain('[job_failed]');
    await delivered(one);
    expect((await one.client.callTool(CALL)).structuredContent).toMatchObject({ status: 'succeeded' });
    expect(one.sandbox.engine.jobs).toHaveLength(2);
  });

  it('of a job that RunComfy forgot is told so; the next is a new job', async () => {
    const one = await connect();
    await callAndTimeOut(one);
    one.jumpClock(60_000);
    one.sandbox.inject({ on: 'status', times: 2, what: { status: 404, body: { error_code: 404001 } } });
    expect(textOf(await one.client.callTool(CALL))).toMatch(/^Job \S+ is gone: /);
    await delivered(one);
    expect((await one.client.callTool(CALL)).structuredContent).toMatchObject({ status: 'succeeded' });
    expect(one.sandbox.engine.jobs).toHaveLength(2);
  });

  it('a day later is a new job', async () => {
    const one = await connect();
    one.sandbox.engine.planNext(RUNNING);
    await callAndTimeOut(one);
    one.jumpClock(25 * HOURS);
    await one.client.callTool(CALL);
    expect(one.sandbox.engine.jobs).toHaveLength(2);
  });
});

describe('a job is not reused', () => {
  it('once its outcome was delivered', async () => {
    const one = await connect();
    await one.client.callTool(CALL);
    await one.client.callTool(CALL);
    expect(one.sandbox.engine.jobs).toHaveLength(2);
  });

  it('once get_image_job delivered it', async () => {
    const one = await connect({ waitSeconds: 0 });
    one.sandbox.engine.planNext({ queueMs: 0, runMs: 0 });
    await one.client.callTool(CALL);
    const two = await another(one);
    const request_id = one.sandbox.engine.jobs[0]?.id;
    await two.client.callTool({ name: 'get_image_job', arguments: { request_id } });
    await delivered(one);
    await two.client.callTool(CALL);
    expect(one.sandbox.engine.jobs).toHaveLength(2);
  });

  it('by a call with another input', async () => {
    const one = await connect();
    await callAndTimeOut(one);
    await one.client.callTool(OTHER);
    expect(one.sandbox.engine.jobs).toHaveLength(2);
  });
});
