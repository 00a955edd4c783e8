import { expect, it } from 'vitest';
import { connect } from '../support/program.ts';

const JOBS = 100;

it('follows many jobs at one pace, over few connections, and answers each with its own', async () => {
  const { client, sandbox, clock } = await connect({ sandboxOptions: { slots: JOBS } });
  const reads: number[] = [];
  sandbox.failAtRandom((route) => {
    if (route === 'status' || route === 'result') reads.push(clock.now());
    return undefined;
  });
  const calls = Array.from({ length: JOBS }, (_, index) =>
    client.callTool({ name: 'gpt_4o_image_text_to_image', arguments: { prompt: `picture ${index}` } }),
  );
  const results = await Promise.all(calls);
  const byId = new Map(sandbox.engine.jobs.map((job) => [job.id, job]));
  expect(byId.size).toBe(JOBS);
  for (const [index, { structuredContent }] of results.entries()) {
    const { request_id, status } = structuredContent as { request_id: string; status: string };
    expect(status).toBe('succeeded');
    expect(byId.get(request_id)?.input.prompt).toBe(`picture ${index}`);
  }
  const seconds = ((reads.at(-1) ?? 0) - (reads[0] ?? 0)) / 1000;
  expect(reads.length).toBeGreaterThanOrEqual(JOBS);
  // Ten a second, a few more at the start, and one second's worth for the first one's way through a busy process.
  expect(reads.length).toBeLessThanOrEqual(10 * seconds + 15);
  expect(sandbox.maxConnections).toBeLessThanOrEqual(16);
});
