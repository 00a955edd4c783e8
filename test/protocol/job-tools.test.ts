import { describe, expect, it } from 'vitest';
import { CALL } from '../support/calls.ts';
import { type Connected, connect, KEY, textOf } from '../support/program.ts';

const HOURS = 3_600_000;

/** Submits jobs whose calls hand over at once, and returns their request ids. */
async function submit(
  { client, sandbox }: Connected,
  ...plans: Parameters<typeof sandbox.engine.planNext>[0][]
) {
  const ids: string[] = [];
  for (const [index, plan] of plans.entries()) {
    sandbox.engine.planNext(plan);
    // The same prompt again would take up the first job, as its outcome was not delivered.
    const prompt = index === 0 ? CALL.arguments.prompt : `${CALL.arguments.prompt} ${index}`;
    const { structuredContent } = await client.callTool({ ...CALL, arguments: { prompt } });
    ids.push((structuredContent as { request_id: string }).request_id);
  }
  return ids;
}

const QUEUED = { queueMs: HOURS };
const RUNNING = { queueMs: 0, runMs: HOURS };
const DONE = { queueMs: 0, runMs: 0 };

describe('get_image_job', () => {
  it('collects a job that another program of the account submitted', async () => {
    const { client, sandbox } = await connect();
    const { id } = sandbox.engine.submit('openai/gpt-4o-image/text-to-image', { prompt: 'theirs' });
    const result = await client.callTool({ name: 'get_image_job', arguments: { request_id: id } });
    expect(result.structuredContent).toMatchObject({
      request_id: id,
      model: 'openai/gpt-4o-image/text-to-image',
      status: 'succeeded',
      images: [{}],
      submitted_at: expect.any(String),
    });
  });

  it('answers from the record once a job has ended', async () => {
    const connected = await connect();
    const [id] = await submit(connected, { ...DONE, costUsd: 0.04 });
    const reads = connected.sandbox.requests.length;
    const result = await connected.client.callTool({ name: 'get_image_job', arguments: { request_id: id } });
    expect(textOf(result)).toMatchSnapshot();
    expect(connected.sandbox.requests).toHaveLength(reads);
  });

  it('says that RunComfy does not know an id', async () => {
    const { client } = await connect();
    const result = await client.callTool({ name: 'get_image_job', arguments: { request_id: 'nobody' } });
    expect(result.isError).toBe(true);
    expect(textOf(result)).toMatchSnapshot();
  });
});

describe('cancel_image_job', () => {
  it.each([
    ['a queued job', QUEUED, 0, 'cancelled'],
    ['a running job', RUNNING, 0, 'still_running'],
    ['a finished job', DONE, 0, 'already_ended'],
  ])('tells the truth for %s', async (_, plan, waitSeconds, outcome) => {
    const connected = await connect({ waitSeconds });
    const [id] = await submit(connected, plan);
    const result = await connected.client.callTool({
      name: 'cancel_image_job',
      arguments: { request_id: id },
    });
    expect(result.structuredContent).toMatchObject({ outcome, request_id: id });
    expect(textOf(result)).toMatchSnapshot();
  });

  it('believes the outcome, not the status beside it', async () => {
    const connected = await connect({ waitSeconds: 0 });
    const [id] = await submit(connected, RUNNING);
    connected.sandbox.inject({
      on: 'cancel',
      what: { status: 202, body: { request_id: id, status: 'cancelled', outcome: 'not_cancellable' } },
    });
    const result = await connected.client.callTool({
      name: 'cancel_image_job',
      arguments: { request_id: id },
    });
    expect(result.structuredContent).toMatchObject({ outcome: 'still_running' });
  });

  it('is not taken back by a caller that gives up', async () => {
    const connected = await connect({ waitSeconds: 0 });
    const [request_id] = await submit(connected, QUEUED);
    const stop = new AbortController();
    const request = { name: 'cancel_image_job', arguments: { request_id } };
    const cancelling = connected.client.callTool(request, { signal: stop.signal });
    // The call has reached the server, and its request is not sent yet.
    await new Promise((resolve) => setImmediate(resolve));
    stop.abort();
    await expect(cancelling).rejects.toThrow();
    const { engine } = connected.sandbox;
    await expect.poll(() => engine.jobs.map((job) => engine.state(job))).toEqual(['cancelled']);
  });

  it('takes a job that another program submitted, and refuses an unknown one', async () => {
    const { client, sandbox } = await connect();
    sandbox.engine.planNext(QUEUED);
    const { id } = sandbox.engine.submit('openai/gpt-4o-image/text-to-image', { prompt: 'theirs' });
    const result = await client.callTool({ name: 'cancel_image_job', arguments: { request_id: id } });
    expect(result.structuredContent).toMatchObject({ outcome: 'cancelled' });
    const unknown = await client.callTool({ name: 'cancel_image_job', arguments: { request_id: 'nobody' } });
    expect(unknown.isError).toBe(true);
    expect(textOf(unknown)).toContain('[unknown_request]');
  });

  it('without an id takes the one active job, lists several, and says when there is none', async () => {
    const connected = await connect({ waitSeconds: 0 });
    const cancel = () => connected.client.callTool({ name: 'cancel_image_job', arguments: {} });
    expect(textOf(await cancel())).toMatchSnapshot('none');
    const [first, second] = await submit(connected, QUEUED, QUEUED);
    const several = await cancel();
    expect(several.structuredContent).toMatchObject({
      outcome: 'several_active',
      jobs: [{ request_id: second }, { request_id: first }],
    });
    expect(textOf(several)).toMatchSnapshot('several');
    await connected.client.callTool({ name: 'cancel_image_job', arguments: { request_id: first } });
    expect((await cancel()).structuredContent).toMatchObject({ outcome: 'cancelled', request_id: second });
  });
});

describe('list_image_jobs', () => {
  it('finds jobs by words of the prompt, model and time, and cuts a limit that is too high', async () => {
    const connected = await connect();
    const { client } = connected;
    const call = (name: string, prompt: string) => client.callTool({ name, arguments: { prompt } });
    await call('gpt_image_2_text_to_image', 'a red fox in the snow');
    await call('gpt_4o_image_text_to_image', 'a red owl');
    const list = async (args: Record<string, unknown>) => {
      const { structuredContent } = await client.callTool({ name: 'list_image_jobs', arguments: args });
      return (structuredContent as { jobs: { prompt: string }[] }).jobs.map(({ prompt }) => prompt);
    };
    expect(await list({ query: 'RED' })).toEqual(['a red owl', 'a red fox in the snow']);
    expect(await list({ query: 'snow red' })).toEqual(['a red fox in the snow']);
    expect(await list({ query: 'red cat' })).toEqual([]);
    expect(await list({ model: 'gpt-4o' })).toEqual(['a red owl']);
    expect(await list({ since: new Date(connected.clock.now() + 3_600_000).toISOString() })).toEqual([]);
    expect(await list({ since: '2026-01-01', limit: 5_000 })).toHaveLength(2);
    expect(
      textOf(await client.callTool({ name: 'list_image_jobs', arguments: { since: 'soon' } })),
    ).toContain('since must be a date or time');
  });

  it('lists newest first, by state, with prompts cut', async () => {
    const connected = await connect({ waitSeconds: 0 });
    const [queued] = await submit(connected, QUEUED);
    const list = async (args: Record<string, unknown>) =>
      (await connected.client.callTool({ name: 'list_image_jobs', arguments: args })) as Awaited<
        ReturnType<typeof connected.client.callTool>
      >;
    connected.sandbox.engine.planNext(QUEUED);
    await connected.client.callTool({
      name: CALL.name,
      arguments: { prompt: `${'long '.repeat(40)}\n"end"` },
    });
    const all = (await list({})).structuredContent as { jobs: { request_id: string; prompt: string }[] };
    expect(all.jobs).toHaveLength(2);
    expect(all.jobs[1]).toMatchObject({ request_id: queued, status: 'in_queue', prompt: 'a fox' });
    expect(all.jobs[0]?.prompt).toHaveLength(80);
    expect((await list({ limit: 1 })).structuredContent).toMatchObject({ jobs: [{}] });
    expect((await list({ status: 'succeeded' })).structuredContent).toEqual({ jobs: [] });
    expect(textOf(await list({ status: 'active' }))).toMatchSnapshot();
  });

  it('shows what other processes submitted, but not the jobs of another API', async () => {
    const one = await connect({ waitSeconds: 0 });
    await submit(one, QUEUED);
    const same = await connect({ baseUrl: one.sandbox.origin, dataDir: one.config.dataDir });
    const other = await connect({ dataDir: one.config.dataDir });
    const count = async ({ client }: Connected) => {
      const { structuredContent } = await client.callTool({ name: 'list_image_jobs', arguments: {} });
      return (structuredContent as { jobs: unknown[] }).jobs.length;
    };
    expect(await count(same)).toBe(1);
    expect(await count(other)).toBe(0);
    expect(JSON.stringify(one.log)).not.toContain(KEY);
  });
});
