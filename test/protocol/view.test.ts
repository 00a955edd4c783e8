import { describe, expect, it } from 'vitest';
import { finishAll } from '../support/calls.ts';
import { connect, textOf } from '../support/program.ts';
import { SHOWS_VIEWS } from '../support/view.ts';

const TOOL = 'gpt_image_2_text_to_image';
const INPUT = { prompt: 'a fox', resolution: '1k' };
const HOURS = 3_600_000;

describe('peek_image_job', () => {
  const look = async ({ client }: Awaited<ReturnType<typeof connect>>, args: Record<string, unknown>) => {
    const result = await client.callTool({ name: 'peek_image_job', arguments: args });
    return { text: textOf(result), data: (result.structuredContent ?? {}) as Record<string, unknown> };
  };

  it('finds the job of a call under way and tells its place in the queue at once', async () => {
    const connected = await connect({ clientCapabilities: SHOWS_VIEWS });
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
    const connected = await connect({ clientCapabilities: SHOWS_VIEWS, waitSeconds: 0 });
    connected.sandbox.engine.planNext({ queueMs: HOURS });
    const first = await connected.client.callTool({ name: TOOL, arguments: INPUT });
    const { request_id } = first.structuredContent as { request_id: string };
    expect((await look(connected, { request_id })).data).toMatchObject({ status: 'in_queue' });
    finishAll(connected.sandbox);
    expect((await look(connected, { request_id })).data).toMatchObject({ status: 'succeeded', images: [{}] });
    const again = await connected.client.callTool({ name: TOOL, arguments: INPUT });
    expect(again.structuredContent).toMatchObject({ request_id, resumed: true });
    expect(connected.sandbox.engine.jobs).toHaveLength(1);
  });

  it('says that a job failed in the words of the other tools', async () => {
    const connected = await connect({ clientCapabilities: SHOWS_VIEWS, waitSeconds: 0 });
    connected.sandbox.engine.planNext({ outcome: 'failed' });
    const first = await connected.client.callTool({ name: TOOL, arguments: INPUT });
    finishAll(connected.sandbox);
    const { request_id } = first.structuredContent as { request_id: string };
    expect((await look(connected, { request_id })).text).toMatch(/failed: "The prompt.*\[job_failed\]$/s);
  });
});
