import { randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type Connected, connect, freshDataDir, textOf } from '../support/program.ts';

const FOX = { model: 'openai/gpt-image-2/text-to-image', input: { prompt: 'a red fox' } };
const OWL = { model: 'gpt_4o_image_text_to_image', input: { prompt: 'an owl' } };
const EDIT = 'gpt_image_1_5_image_to_image';

const make = ({ client }: Pick<Connected, 'client'>, jobs: unknown, more: object = {}) =>
  client.callTool({ name: 'make_images', arguments: { jobs, ...more } });

interface Block {
  type: string;
  data: string;
}
const sheetsOf = ({ content }: { content: unknown }) =>
  (content as Block[]).filter(({ type }) => type === 'image').map(({ data }) => Buffer.from(data, 'base64'));

const submitted = ({ sandbox }: Connected) => sandbox.requests.filter(({ route }) => route === 'submit');

interface Row {
  n: number;
  handle: string;
  url: string;
  status?: string;
}
interface Data {
  images: Row[];
  others?: Row[];
}
const dataOf = ({ structuredContent }: { structuredContent?: unknown }) => structuredContent as Data;

/** The data without what takes its time. */
const snapshotOf = ({ structuredContent }: { structuredContent?: unknown }) =>
  JSON.stringify({ ...(structuredContent as object), elapsed_seconds: undefined }, null, 2);

/** Ends the job with this prompt in another way. */
function planFor({ sandbox }: Connected, prompt: string, plan: object): void {
  sandbox.failAtRandom((route) => {
    const job = sandbox.engine.jobs.find(({ input }) => input.prompt === prompt);
    if (route === 'status' && job) Object.assign(job.plan, plan);
    return undefined;
  });
}

describe('make_images', () => {
  it('makes pictures of two models, and shows them on one numbered sheet', async () => {
    const connected = await connect({ preview: 'small' });
    for (let jobs = 0; jobs < 8; jobs++) connected.sandbox.engine.planNext({ costUsd: 0.04 });
    const result = await make(connected, [
      { ...FOX, count: 4 },
      { ...OWL, count: 4 },
    ]);
    expect(textOf(result)).toMatchSnapshot('text');
    expect(snapshotOf(result)).toMatchSnapshot('data');
    expect(submitted(connected)).toHaveLength(8);
    const { images } = dataOf(result);
    expect(new Set(images.map(({ handle }) => handle)).size).toBe(8);
    for (const { n, handle, url } of images) {
      expect(textOf(result)).toContain(`\n${n} ${handle} ${url}\n`);
      const job = connected.sandbox.engine.find(handle.slice('job:'.length));
      expect(job?.input.prompt).toBe(n <= 4 ? 'a red fox' : 'an owl');
    }
    const [sheet, ...more] = sheetsOf(result);
    expect(more).toEqual([]);
    expect(sheet?.length).toBeLessThanOrEqual(90_000);
    expect(await sharp(sheet).metadata()).toMatchObject({ format: 'jpeg', width: 768, height: 768 });
  });

  it('tells costs by picture where they differ, and an estimate for what is not reported', async () => {
    const connected = await connect();
    connected.sandbox.engine.planNext({ costUsd: 0.04 });
    connected.sandbox.engine.planNext({ costUsd: 0.01 });
    connected.sandbox.engine.planNext({ costAfterMs: Number.POSITIVE_INFINITY });
    const result = await make(connected, [{ ...FOX, count: 3 }]);
    const text = textOf(result);
    expect(text).toContain('RunComfy charged $0.05 for 2. Not reported for 1. ');
    expect(text).toMatch(/^\d job:\S+ \$0.04 http/m);
    expect(text).toMatch(/^\d job:\S+ \$0.01 http/m);
    expect(result.structuredContent).toMatchObject({ cost_usd: 0.05, costs_unreported: 1 });
  });

  it('tells costs by model where all of each cost the same', async () => {
    const banana = { model: 'google/nano-banana-2/text-to-image', input: { prompt: 'a fox' }, count: 1 };
    const connected = await connect();
    const { engine, failAtRandom } = connected.sandbox;
    let refused: string | undefined;
    failAtRandom((route, { path }) => {
      for (const { model, plan } of engine.jobs) plan.costUsd = model === FOX.model ? 0.04 : 0.067;
      if (route !== 'submit' || refused === undefined || !path.includes(refused)) return undefined;
      refused = undefined;
      return { status: 422, body: { detail: 'no' } };
    });
    const result = await make(connected, [{ ...FOX, count: 2 }, banana]);
    const text = textOf(result);
    expect(text).toContain('RunComfy charged $0.147 for 3.\n');
    expect(text).toContain(`By ${FOX.model}: 1-2 at $0.04; ${banana.model}: 3 at $0.067\n`);
    expect(text).toMatch(/^3 job:\S+ http/m);
    expect(dataOf(result).images).toMatchObject([
      { cost_usd: 0.04 },
      { cost_usd: 0.04 },
      { cost_usd: 0.067 },
    ]);

    refused = FOX.model;
    const partly = textOf(await make(connected, [{ ...FOX, count: 3 }, banana]));
    expect(partly).not.toContain(' at $');
    expect(partly).toMatch(/^\d job:\S+ \$0.04 http/m);

    engine.planNext({ costUsd: 0.04 });
    engine.planNext({ costUsd: 0.01 });
    failAtRandom(() => undefined);
    expect(textOf(await make(connected, [{ ...OWL, count: 2 }]))).toMatch(/^\d job:\S+ \$0.01 http/m);
  });

  it('tells what is wrong with each of its jobs, and submits nothing', async () => {
    const connected = await connect();
    const { isError, content } = await make(connected, [
      FOX,
      { model: 'openai/gpt-image-3', input: { prompt: 'a fox' } },
      { model: OWL.model, input: {} },
      { model: OWL.model, input: { prompt: 'a', size: '7:1' }, count: 0 },
      { ...FOX, input: { prompt: 'a fox', background: 'transparent' } },
      {
        model: 'gpt_image_1_5_text_to_image',
        input: { prompt: 'a', background: 'transparent', output_format: 'jpeg' },
      },
      { model: EDIT, input: { prompt: 'a', image_urls: ['http://example.com/a.png'] } },
      { model: EDIT, input: { prompt: 'a', image_urls: ['batch:0123456789abcdef01234567'] } },
      'a fox',
    ]);
    expect(isError).toBe(true);
    expect(textOf({ content })).toMatchSnapshot();
    expect(submitted(connected)).toEqual([]);
    expect(connected.sandbox.engine.jobs).toEqual([]);
  });

  it.each([
    [
      'more pictures than 16',
      {
        jobs: [
          { ...FOX, count: 10 },
          { ...OWL, count: 7 },
        ],
      },
    ],
    ['more than 16 of one job', { jobs: [{ ...FOX, count: 17 }] }],
    ['more than 16 jobs', { jobs: Array.from({ length: 17 }, () => FOX) }],
    ['no jobs', { jobs: [] }],
    ['another shape', { jobs: FOX }],
    ['a cost below what it may cost', { jobs: [FOX], max_cost_usd: 0.000001 }],
  ])('refuses %s', async (_, args) => {
    const connected = await connect();
    const { isError, content } = await connected.client.callTool({ name: 'make_images', arguments: args });
    expect(isError).toBe(true);
    expect(textOf({ content })).toMatchSnapshot();
    expect(submitted(connected)).toEqual([]);
  });

  it('takes what hosts make of its arguments: nulls, lists as texts', async () => {
    const connected = await connect();
    const jobs = [{ ...FOX, input: { ...FOX.input, quality: null }, count: null }];
    expect(dataOf(await make(connected, JSON.stringify(jobs), { max_cost_usd: null })).images).toHaveLength(
      1,
    );
  });

  it('looks a model up once, and checks its live schema', async () => {
    const connected = await connect();
    const nano = { model: '/google/nano-banana-2/text-to-image', input: { prompt: 'a fox' } };
    const { isError, content } = await make(connected, [nano, nano, { ...nano, input: {} }]);
    expect(isError).toBe(true);
    expect(textOf({ content })).toContain('jobs[2]: prompt is required. ');
    expect(connected.sandbox.requests.filter(({ route }) => route === 'model')).toHaveLength(1);
  });

  it('refuses last with the handle to write instead, and takes handles', async () => {
    const connected = await connect();
    const edit = (image: string) => [
      { model: EDIT, input: { prompt: 'in snow', image_urls: [image] }, count: 2 },
    ];
    expect(textOf(await make(connected, edit('last')))).toContain(
      'jobs[0]: image_urls[0] is last, but this server has not answered with a picture yet.',
    );
    const [{ handle, url } = { handle: '', url: '' }] = dataOf(await make(connected, [FOX])).images;
    expect(textOf(await make(connected, edit('last')))).toContain(`Write ${handle}#1 instead.`);
    expect(submitted(connected)).toHaveLength(1);
    expect(dataOf(await make(connected, edit(handle))).images).toHaveLength(2);
    expect(submitted(connected).slice(1)).toMatchObject([
      { body: { image_urls: [url] } },
      { body: { image_urls: [url] } },
    ]);
  });

  it('tells of all references that cannot be sent before it reserves anything', async () => {
    const connected = await connect();
    const edit = (image: string) => ({ model: EDIT, input: { prompt: 'in snow', image_urls: [image] } });
    const jobs = [edit('job:nobody'), FOX, edit('job:nobody-else')];
    const { isError, content } = await make(connected, jobs);
    expect(isError).toBe(true);
    expect(textOf({ content })).toMatchSnapshot();
    expect(submitted(connected)).toEqual([]);
    expect(
      (await connected.client.callTool({ name: 'list_image_jobs', arguments: {} })).structuredContent,
    ).toMatchObject({ jobs: [] });
  });

  it('sends no more than 64 MiB in all', async () => {
    const dir = freshDataDir();
    mkdirSync(dir, { recursive: true });
    const [width, height] = [1400, 1000];
    const file = join(dir, 'noise.png');
    writeFileSync(
      file,
      await sharp(randomBytes(width * height * 3), { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer(),
    );
    const connected = await connect({ inputDirs: [dir] });
    const edits = (count: number) => [
      { model: EDIT, input: { prompt: 'in snow', image_urls: [file] }, count },
    ];
    const { isError, content } = await make(connected, edits(16));
    expect(isError).toBe(true);
    expect(textOf({ content })).toMatchSnapshot();
    expect(submitted(connected)).toEqual([]);
    expect(dataOf(await make(connected, edits(2))).images).toHaveLength(2);
  });
});

describe('what fails of a batch', () => {
  it('is told by its number, with how to make it again, and does not fail the others', async () => {
    const connected = await connect({ preview: 'small' });
    planFor(connected, 'bad', { outcome: 'failed', error: 'NSFW content' });
    const bad = { ...FOX, input: { prompt: 'bad' } };
    const result = await make(connected, [FOX, bad, OWL]);
    expect(textOf(result)).toMatchSnapshot('text');
    expect(snapshotOf(result)).toMatchSnapshot('data');
    expect(sheetsOf(result)).toHaveLength(1);
  });

  it('is told for those that RunComfy did not take', async () => {
    const connected = await connect();
    connected.sandbox.failAtRandom((route, { body }) =>
      route === 'submit' && (body as { prompt: string }).prompt === 'bad'
        ? { status: 402, body: { detail: 'Insufficient balance' } }
        : undefined,
    );
    const bad = { ...FOX, input: { prompt: 'bad' }, count: 2 };
    const result = await make(connected, [FOX, bad]);
    expect(textOf(result)).toMatchSnapshot('text');
    expect(dataOf(result).others).toMatchObject([
      { n: 2, status: 'not_submitted' },
      { n: 3, status: 'not_submitted' },
    ]);
  });

  it('is an error if nothing was made', async () => {
    const connected = await connect();
    for (let jobs = 0; jobs < 2; jobs++)
      connected.sandbox.engine.planNext({ outcome: 'failed', error: 'NSFW content' });
    const { isError, content, structuredContent } = await make(connected, [{ ...FOX, count: 2 }]);
    expect(isError).toBe(true);
    expect(structuredContent).toBeUndefined();
    expect(textOf({ content })).toMatchSnapshot();
  });

  it('of its pictures is told, and all that is known of them is', async () => {
    const connected = await connect({ preview: 'small' });
    connected.sandbox.inject({
      on: 'output',
      what: { status: 404, body: '' },
      times: Number.POSITIVE_INFINITY,
    });
    const result = await make(connected, [{ ...FOX, count: 2 }]);
    expect(textOf(result)).toMatchSnapshot();
    expect(dataOf(result).images).toHaveLength(2);
    expect(sheetsOf(result)).toEqual([]);
  });
});
