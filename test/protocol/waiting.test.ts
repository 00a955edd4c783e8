import { describe, expect, it } from 'vitest';
import type { SandboxJob } from '../../src/sandbox/engine.ts';
import { promised } from '../support/calls.ts';
import { connect, eventually, textOf } from '../support/program.ts';

const TOOL = 'gpt_image_2_text_to_image';
const CALL = { name: TOOL, arguments: { prompt: 'a fox' } };
const LONG = { queueMs: 0, runMs: 600_000 };

describe('a call whose wait is over', () => {
  it('succeeds with the state, the request id and the next step, and get_image_job goes on', async () => {
    const { client, sandbox } = await connect({ waitSeconds: 5 });
    sandbox.engine.planNext(LONG);
    const first = await client.callTool(CALL);
    const [job] = sandbox.engine.jobs as [SandboxJob];
    const { id } = job;
    expect(first.isError).toBeFalsy();
    expect(first.structuredContent).toMatchObject({ request_id: id, images: [] });
    expect(first.structuredContent).toMatchObject({ status: 'in_progress' });
    expect(textOf(first)).toMatchSnapshot();
    sandbox.engine.finish(job);
    const second = await client.callTool({ name: 'get_image_job', arguments: { request_id: id } });
    expect(second.structuredContent).toMatchObject({ request_id: id, status: 'succeeded', images: [{}] });
    expect(sandbox.engine.jobs).toHaveLength(1);
  });

  it.each([
    ['the default', undefined, 'test-client', 45],
    ['--wait', 5, 'codex-mcp-client', 5],
    ['the table of hosts', undefined, 'codex-mcp-client', 270],
  ])('ends by %s', async (_, waitSeconds, clientName, expected) => {
    const { client, sandbox } = await connect({ waitSeconds, clientName });
    sandbox.engine.planNext(LONG);
    const { structuredContent } = await client.callTool(CALL);
    const { elapsed_seconds } = structuredContent as { elapsed_seconds: number };
    expect(elapsed_seconds).toBe(expected);
  });
});

describe('progress', () => {
  it('tells the request id, the state, the position and the seconds, rising', async () => {
    const { client, sandbox } = await connect();
    sandbox.engine.planNext({ queueMs: 20_000, runMs: 15_000 });
    const seen: { progress: number; message?: string | undefined }[] = [];
    await client.callTool(CALL, { onprogress: (progress) => seen.push(progress) });
    const id = sandbox.engine.jobs[0]?.id;
    expect(seen[0]?.message).toMatch(new RegExp(`^${id}, in_queue, \\d+ s$`));
    expect(seen[1]?.message).toMatch(new RegExp(`^${id}, in_queue, position 1, \\d+ s$`));
    expect(seen.some(({ message }) => message?.startsWith(`${id}, in_progress, `))).toBe(true);
    const at = seen.map(({ progress }) => progress);
    expect(at).toEqual([...at].sort((a, b) => a - b));
    expect(new Set(at).size).toBe(at.length);
  });

  it('goes on between looks, for clients whose clock runs on it', async () => {
    const { client, sandbox } = await connect();
    const { promise: held, resolve: release } = promised();
    sandbox.inject({ on: 'status', what: { hold: held } });
    const seen: string[] = [];
    const call = client.callTool(CALL, { onprogress: ({ message = '' }) => seen.push(message) });
    await eventually(() => seen.length).toBeGreaterThan(3);
    release();
    await call;
    expect(seen[2]).toMatch(/, in_queue, \d\d s$/);
  });

  it('is not sent where nobody asked', async () => {
    const { client } = await connect();
    const unexpected: unknown[] = [];
    client.fallbackNotificationHandler = async (notification) => void unexpected.push(notification);
    await client.callTool(CALL);
    expect(unexpected).toEqual([]);
  });
});

describe('a call that the client gives up', () => {
  it('leaves the job alone', async () => {
    const { client, sandbox } = await connect();
    sandbox.engine.planNext({ queueMs: 0, runMs: 5_000 });
    const stop = new AbortController();
    const call = client.callTool(CALL, { signal: stop.signal });
    await eventually(() => sandbox.engine.jobs.length).toBe(1);
    stop.abort('Request timed out');
    await expect(call).rejects.toThrow();
    const id = sandbox.engine.jobs[0]?.id as string;
    const result = await client.callTool({ name: 'get_image_job', arguments: { request_id: id } });
    expect(result.structuredContent).toMatchObject({ status: 'succeeded' });
    expect(sandbox.requests.some(({ route }) => route === 'cancel')).toBe(false);
  });
});
