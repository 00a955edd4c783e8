import { describe, expect, it } from 'vitest';
import { type Connected, connect, textOf } from '../support/program.ts';
import { putRecord } from '../support/records.ts';

const UNPRICED = 'openai/gpt-image-2/text-to-image';
const HOUR = 3_600_000;
const NEVER = { costAfterMs: Number.POSITIVE_INFINITY };

/** Upstream ends every job at its first look, and never tells what it cost. */
async function costless(given: Parameters<typeof connect>[0] = {}): Promise<Connected> {
  const one = await connect({ sandboxOptions: { pace: 0, slots: 20 }, ...given });
  for (let count = 0; count < 5; count++) one.sandbox.engine.planNext(NEVER);
  return one;
}

const paint = ({ client }: Connected, more: Record<string, unknown> = {}) =>
  client.callTool({ name: 'gpt_image_2_text_to_image', arguments: { prompt: 'a fox', ...more } });
const edit = ({ client }: Connected) =>
  client.callTool({
    name: 'gpt_image_1_5_image_to_image',
    arguments: { prompt: 'a fox', image_urls: ['https://example.com/a.png'], quality: 'low' },
  });

/** Records jobs of the last days with what they cost, oldest first. */
function recordJobs(
  { config, clock }: Connected,
  costs: readonly number[],
  input = {},
  model = UNPRICED,
): void {
  for (const [index, cost_usd] of costs.entries()) {
    const submitted_at = new Date(clock.now() - (100 + costs.length - index) * HOUR).toISOString();
    putRecord(config, {
      ...{ model, state: 'succeeded', request_id: `r${index}`, submitted_at, cost_usd },
      input: { prompt: `fox ${index}`, ...input },
    });
  }
}

const NOISY = [0.03, 0.04, 0.05, 0.04, 0.035, 0.045, 0.04, 0.04, 0.05, 0.03, 0.04, 0.041];

describe('an answer without a reported cost', () => {
  it('says the published price', async () => {
    const result = await edit(await costless());
    expect(textOf(result)).toContain(' Estimated $0.009 (published price).\n');
    expect(result.structuredContent).toMatchObject({
      estimated_cost_usd: { low: 0.009, median: 0.009, high: 0.009 },
    });
  });

  it("says what the account's own jobs cost, also of those of other processes since", async () => {
    const one = await costless();
    recordJobs(one, NOISY);
    const result = await paint(one);
    expect(textOf(result).split('\n')[0]).toMatch(
      / Estimated \$0\.04 \(\$0\.02\d to \$0\.05\d, from 12 earlier jobs\)\.$/,
    );
    expect(result.structuredContent).toMatchObject({ estimated_cost_usd: { median: 0.04, jobs: 12 } });
    expect(textOf(await paint(one, { quality: 'high' }))).toContain(' Cost unknown.\n');
    recordJobs(one, [0.2, 0.2, 0.2], { quality: 'high' });
    expect(textOf(await paint(one, { quality: 'high' }))).toContain(
      ' Estimated $0.2 (from 3 earlier jobs).\n',
    );
  });

  it('says that it is unknown', async () => {
    const result = await paint(await costless());
    expect(textOf(result)).toContain(' Cost unknown.\n');
    expect(result.structuredContent).toMatchObject({ estimated_cost_usd: 'unknown' });
  });

  it('says so too when it hands over, and when the job is collected', async () => {
    const one = await costless({ waitSeconds: 0, sandboxOptions: {} });
    recordJobs(one, [0.05, 0.05, 0.05]);
    const { content, structuredContent } = await paint(one);
    const words = ' Estimated $0.05 (from 3 earlier jobs).';
    expect(textOf({ content })).toContain(`It goes on and is paid for once.${words}\n`);
    const { request_id } = structuredContent as { request_id: string };
    one.sandbox.engine.finish(one.sandbox.engine.find(request_id) as never);
    const collected = await one.client.callTool({ name: 'get_image_job', arguments: { request_id } });
    expect(collected.structuredContent).toMatchObject({ status: 'succeeded' });
    expect(textOf(collected)).toContain(words);
  });
});

describe('an answer holds no estimate', () => {
  const hasNone = (result: { content: unknown; structuredContent?: unknown }) => {
    expect(textOf(result)).not.toMatch(/Estimated|Cost unknown/);
    expect(result.structuredContent ?? {}).not.toHaveProperty('estimated_cost_usd');
  };

  it('where the cost is reported', async () => {
    const one = await connect({ sandboxOptions: { pace: 0 } });
    one.sandbox.engine.planNext({ costUsd: 0.04 });
    hasNone(await paint(one));
  });

  it('of a job that was cancelled, or that failed', async () => {
    const one = await connect({ waitSeconds: 0 });
    one.sandbox.engine.planNext({ queueMs: HOUR });
    const { request_id } = (await paint(one)).structuredContent as { request_id: string };
    await one.client.callTool({ name: 'cancel_image_job', arguments: { request_id } });
    hasNone(await one.client.callTool({ name: 'get_image_job', arguments: { request_id } }));
    const another = await connect({ sandboxOptions: { pace: 0 } });
    another.sandbox.engine.planNext({ outcome: 'failed' });
    hasNone(await paint(another));
  });

  it('of a job that another program submitted', async () => {
    const one = await costless();
    recordJobs(one, [0.05, 0.05, 0.05]);
    const { id } = one.sandbox.engine.submit(UNPRICED, { prompt: 'a cat' });
    hasNone(await one.client.callTool({ name: 'get_image_job', arguments: { request_id: id } }));
  });
});

describe('find_image_models', () => {
  const find = ({ client }: Connected, args: Record<string, unknown>) =>
    client.callTool({ name: 'find_image_models', arguments: args });
  const rowOf = (result: { content: unknown }) =>
    textOf(result)
      .split('\n')
      .find((line) => line.startsWith(UNPRICED));

  it("says what the account's own jobs cost, with default inputs if they tell, else of all", async () => {
    const one = await connect();
    const query = 'gpt image 2';
    expect(rowOf(await find(one, { query }))).not.toContain('your');
    recordJobs(one, [0.2], { quality: 'high' });
    expect(rowOf(await find(one, { query }))).toContain(' | your 1 job cost $0.2 | needs prompt');
    recordJobs(one, [0.01, 0.0123], { quality: 'low' });
    const of = await find(one, { model: UNPRICED });
    expect(rowOf(of)).toContain(' | your 3 jobs cost $0.01 to $0.2 | needs prompt');
    expect(of.structuredContent).toMatchObject({
      models: [{ your_cost_usd: { low: 0.01, median: 0.0123, high: 0.2, jobs: 3, inputs: 'all' } }],
    });
    recordJobs(one, [0.04, 0.04, 0.04]);
    const result = await find(one, { query });
    expect(rowOf(result)).toContain(' | your 3 jobs with default inputs cost $0.04 | needs prompt');
    const others = (result.structuredContent as { models: Record<string, unknown>[] }).models.filter(
      ({ model }) => model !== UNPRICED,
    );
    for (const other of others) expect(other).not.toHaveProperty('your_cost_usd');
  });
});
