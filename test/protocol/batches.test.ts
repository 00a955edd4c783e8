import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readRecords } from '../support/books.ts';
import { type Connected, connect, eventually, textOf } from '../support/program.ts';

const HOURS = 3_600_000;
const FOX = { model: 'gpt_image_2_text_to_image', input: { prompt: 'a red fox' } };

const call = ({ client }: Pick<Connected, 'client'>, name: string, args: object) =>
  client.callTool({ name, arguments: { ...args } });
const make = (connected: Pick<Connected, 'client'>, count: number) =>
  call(connected, 'make_images', { jobs: [{ ...FOX, count }] });

const dataOf = ({ structuredContent }: { structuredContent?: unknown }) =>
  structuredContent as {
    batch: string;
    images: { n: number; handle: string }[];
    others?: { n: number; status: string }[];
    next?: string;
  };
const sheetsIn = ({ content }: { content: unknown }) =>
  (content as { type: string }[]).filter(({ type }) => type === 'image').length;

describe('a batch that is not done at the end of the wait', () => {
  it('is named, with what is not done, and collected by its name', async () => {
    const connected = await connect({ waitSeconds: 4, preview: 'small', sandboxOptions: { slots: 1 } });
    const first = await make(connected, 3);
    const rows = textOf(first).split('\n').slice(2, 5);
    for (const row of rows)
      expect(row).toMatch(/^\d (in_queue, position \d|in_progress) \(request_id [\w-]+\)$|^\d job:/);
    expect(textOf(first)).toContain(`"${dataOf(first).batch}" to keep waiting. Do not submit it again.`);
    expect(first.structuredContent).toMatchObject({ status: 'in_progress' });
    const { batch, images, others } = dataOf(first);
    expect([...images, ...(others ?? [])].map(({ n }) => n).sort()).toEqual([1, 2, 3]);
    let result = first;
    for (let calls = 0; calls < 5 && dataOf(result).others; calls++)
      result = await call(connected, 'get_image_job', { request_id: batch });
    expect(dataOf(result)).toMatchObject({
      batch,
      status: 'ended',
      done: 3,
      total: 3,
      images: [{ n: 1 }, { n: 2 }, { n: 3 }],
    });
    expect(sheetsIn(result)).toBe(1);
    expect(connected.sandbox.engine.jobs).toHaveLength(3);
  });

  it('is the same batch when the same call comes again', async () => {
    const connected = await connect({ waitSeconds: 0 });
    const first = dataOf(await make(connected, 2));
    const again = await make(connected, 2);
    expect(dataOf(again).batch).toBe(first.batch);
    expect(textOf(again)).toContain('repeats an earlier one');
    expect(connected.sandbox.engine.jobs).toHaveLength(2);
  });
});

describe('get_image_job', () => {
  it('sends the sheet of a whole batch once, and again on request', async () => {
    const connected = await connect({ preview: 'small' });
    const { batch } = dataOf(await make(connected, 2));
    const get = (more: object) => call(connected, 'get_image_job', { request_id: batch, ...more });
    const seen = await get({});
    expect([
      sheetsIn(seen),
      sheetsIn(await get({ preview: true })),
      sheetsIn(await get({ preview: false })),
    ]).toEqual([0, 1, 0]);
    expect(textOf(seen)).toContain('An earlier answer holds the sheet; preview: true sends it again.');
  });

  it('still shows one picture of a batch large', async () => {
    const connected = await connect({ preview: 'small' });
    const [{ handle } = { handle: '' }] = dataOf(await make(connected, 2)).images;
    const one = await call(connected, 'get_image_job', { request_id: handle.slice('job:'.length) });
    expect(sheetsIn(one)).toBe(1);
  });

  it('says why there is no sheet', async () => {
    const connected = await connect();
    const made = await make(connected, 2);
    expect([sheetsIn(made), textOf(made)]).toEqual([0, expect.not.stringContaining('sheet')]);
    const again = await call(connected, 'get_image_job', { request_id: dataOf(made).batch, preview: true });
    expect(textOf(again)).toContain('There is no sheet, as previews are off here');
  });

  it.each(['batch:0123456789abcdef01234567', 'batch:1', 'batch:'])('does not know %s', async (request_id) => {
    const connected = await connect();
    const { isError, content } = await call(connected, 'get_image_job', { request_id });
    expect(isError).toBe(true);
    expect(textOf({ content })).toMatchSnapshot();
  });
});

describe('cancel_image_job', () => {
  it('cancels what is queued of a batch, and says what is charged', async () => {
    const connected = await connect({ waitSeconds: 3, sandboxOptions: { slots: 1 } });
    for (const runMs of [0, HOURS, HOURS, HOURS]) connected.sandbox.engine.planNext({ queueMs: 0, runMs });
    const { batch } = dataOf(await make(connected, 4));
    const result = await call(connected, 'cancel_image_job', { request_id: batch });
    const { outcome, cancelled, still_running, already_ended } = result.structuredContent as Record<
      string,
      number[]
    >;
    expect(outcome).toBe('still_running');
    expect([cancelled?.length, still_running?.length, already_ended?.length]).toEqual([2, 1, 1]);
    expect(textOf(result)).toMatch(
      /^batch:\S+, 4 jobs:\n\d not cancelled: .* charged\.\n\d(, |-)\d cancelled .*\.\n\d had already ended\.\nCall get_image_job/,
    );
    const after = await call(connected, 'get_image_job', { request_id: batch });
    expect(
      dataOf(after)
        .others?.map(({ status }) => status)
        .sort(),
    ).toEqual(['cancelled', 'cancelled', 'in_progress']);
  });

  it('of a batch that was cancelled as a whole is no failure', async () => {
    const connected = await connect({ waitSeconds: 0 });
    connected.sandbox.engine.planNext({ queueMs: HOURS });
    connected.sandbox.engine.planNext({ queueMs: HOURS });
    const { batch } = dataOf(await make(connected, 2));
    const cancelled = await call(connected, 'cancel_image_job', { request_id: batch });
    expect(textOf(cancelled)).toMatchSnapshot('cancelled');
    const after = await call(connected, 'get_image_job', { request_id: batch });
    expect(after.isError).toBeUndefined();
    expect(textOf(after)).toMatchSnapshot('after');
  });
});

describe('after a batch', () => {
  const edit = (connected: Connected) =>
    call(connected, 'gpt_image_1_5_image_to_image', { prompt: 'in snow', image_urls: ['last'] });

  it('of several pictures last is none of them', async () => {
    const connected = await connect();
    await make(connected, 2);
    const { isError, content } = await edit(connected);
    expect(isError).toBe(true);
    expect(textOf({ content })).toMatchSnapshot();
    expect(connected.sandbox.engine.jobs).toHaveLength(2);
  });

  it('of one picture last is that one', async () => {
    const connected = await connect();
    const [{ handle } = { handle: '' }] = dataOf(await make(connected, 1)).images;
    expect((await edit(connected)).structuredContent).toMatchObject({ last: `${handle}#1` });
  });

  it('rows of the list name it', async () => {
    const connected = await connect();
    const { batch } = dataOf(await make(connected, 2));
    const list = await call(connected, 'list_image_jobs', {});
    expect(textOf(list)).toContain(` | ${batch} 2/2`);
    expect(list.structuredContent).toMatchObject({ jobs: [{ batch }, { batch }] });
  });
});

it('progress counts the jobs', async () => {
  const { client } = await connect();
  const messages: string[] = [];
  await client.callTool(
    { name: 'make_images', arguments: { jobs: [{ ...FOX, count: 3 }] } },
    { onprogress: ({ message = '' }) => void messages.push(message) },
  );
  await eventually(() => messages.at(-1)).toMatch(/^[23] of 3 jobs done$/);
  expect(messages[0]).toBe('0 of 3 jobs done');
  for (const message of messages) expect(message).toMatch(/^[0-3] of 3 jobs done$/);
});

describe('the pictures of a batch', () => {
  it('are saved and kept like any', async () => {
    const connected = await connect({ autoSave: true, keepImagesBytes: 1e9 });
    const prompts = ['a fox', 'an owl', 'a cat'];
    const jobs = prompts.map((prompt) => ({ ...FOX, input: { prompt } }));
    const result = await call(connected, 'make_images', { jobs });
    const { images, next } = dataOf(result) as unknown as { images: { path: string }[]; next?: string };
    expect(new Set(images.map(({ path }) => path)).size).toBe(3);
    for (const { path } of images) {
      expect(existsSync(path)).toBe(true);
      expect(textOf(result)).toContain(` saved as ${path}`);
    }
    expect(next).toBeUndefined();
    await eventually(() =>
      readRecords(connected.config.dataDir).filter(({ originals }) => originals),
    ).toHaveLength(3);
  });

  it('share one time limit', async () => {
    const connected = await connect({ preview: 'small' });
    connected.sandbox.inject({ on: 'output', what: { hold: new Promise(() => {}) }, times: 5 });
    const result = await make(connected, 5);
    expect(textOf(result)).toContain('\nNot shown, as it did not arrive within 20 s: 1-5.\n');
    expect(dataOf(result).images).toHaveLength(5);
    expect(sheetsIn(result)).toBe(0);
  });

  it('that come after others have what is left of it', async () => {
    const connected = await connect({ preview: 'small' });
    const { sandbox, clock } = connected;
    let outputs = 0;
    sandbox.failAtRandom((route) => {
      if (route !== 'output') return undefined;
      outputs += 1;
      return { hold: outputs <= 3 ? clock.sleep(15_000) : new Promise(() => {}) };
    });
    expect(textOf(await make(connected, 4))).toMatch(
      /^Not shown, as it did not arrive within [45](\.\d)? s: 4\.$/m,
    );
  });

  it('that came late are missing on the sheet, which then does not count as shown', async () => {
    const connected = await connect({ preview: 'small' });
    connected.sandbox.inject({ on: 'output', what: { hold: new Promise(() => {}) }, times: 2 });
    const result = await make(connected, 5);
    expect([sheetsIn(result), dataOf(result).images.length]).toEqual([1, 5]);
    const { batch } = dataOf(result);
    expect(sheetsIn(await call(connected, 'get_image_job', { request_id: batch }))).toBe(1);
  });

  it('that lie on a host nobody knows are not trusted', async () => {
    const connected = await connect();
    connected.sandbox.engine.planNext({ output: { image: 'https://example.com/a.png' } });
    const result = await make(connected, 1);
    expect(result.structuredContent).toMatchObject({ images: [{ trusted: false }] });
    expect(textOf(result)).toContain('(not a RunComfy host: do not trust it unseen)');
  });

  it('of a job with several share its number', async () => {
    const connected = await connect({ preview: 'small' });
    const { origin } = connected.sandbox;
    connected.sandbox.engine.planNext({ output: { images: [`${origin}/a.png`, `${origin}/b.png`] } });
    const result = await make(connected, 1);
    const handles = dataOf(result).images.map(({ n, handle }) => `${n} ${handle}`);
    expect(handles).toEqual([expect.stringMatching(/^1 job:.*#1$/), expect.stringMatching(/^1 job:.*#2$/)]);
  });
});
