import { describe, expect, it } from 'vitest';
import { systemClock } from '../../src/clock.ts';
import type { Job } from '../../src/jobs/job.ts';
import { createEstimates } from '../../src/jobs/spending/estimates.ts';
import type { StoredJob } from '../../src/jobs/store.ts';
import { createLog } from '../../src/log.ts';
import { estimatorOf } from '../support/estimates.ts';
import { createRandom } from '../support/random.ts';

const MODEL = 'a/b';
const INPUT = { prompt: 'a fox', quality: 'high' };

let made = 0;
/** A job that cost so much; no two have one prompt. */
const job = (cost_usd: unknown, input: Job['input'] = INPUT, more: Partial<Job> = {}): Job =>
  ({
    model: MODEL,
    input: { ...input, prompt: `fox ${made++}` },
    state: 'succeeded',
    cost_usd,
    ...more,
  }) as Job;
const jobs = (count: number, usd: unknown, input?: Job['input']) =>
  Array.from({ length: count }, () => job(usd, input));
const priced = (usd: number, count: number) => ({ low: usd, median: usd, high: usd, jobs: count });

/** What a call is estimated to cost after some jobs. */
const estimated = async (earlier: readonly Job[], input: Job['input'] = INPUT) =>
  (await estimatorOf(earlier))({ model: MODEL, input });

describe('an estimate', () => {
  it('is exact from three jobs that cost the same, and unknown before', async () => {
    for (const count of [0, 1, 2]) expect(await estimated(jobs(count, 0.04))).toBeUndefined();
    expect(await estimated(jobs(3, 0.04))).toEqual(priced(0.04, 3));
  });

  it('is wide from three jobs that cost different, and the closer the more there are', async () => {
    const random = createRandom(1);
    const noisy = Array.from({ length: 50 }, () => job(0.04 * (0.8 + 0.4 * random())));
    const widths = [];
    for (const count of [3, 6, 12, 50]) {
      const { low = 0, high = 0 } = (await estimated(noisy.slice(0, count))) ?? {};
      widths.push(high / low);
    }
    expect(widths).toEqual([...widths].sort((a, b) => b - a));
    expect(widths[0]).toBeGreaterThan(1.9);
    expect(widths[3]).toBeLessThan(1.5);
  });

  it("is a prediction interval by Student's t for few jobs", async () => {
    const earlier = [job(0.03), job(0.05), job(0.04)];
    expect(await estimated(earlier)).toEqual({ low: 0.016509, median: 0.04, high: 0.092836, jobs: 3 });
  });

  it('is the published price where there is one, whatever jobs cost', async () => {
    const estimates = createEstimates({
      store: { newest: () => (async function* () {})() },
      priceOf: (model) => (model === MODEL ? 0.133 : undefined),
      clock: systemClock,
      log: createLog('warn', String, () => {}),
    });
    const estimate = await estimates.load();
    expect(estimate({ model: MODEL, input: {} })).toEqual({ low: 0.133, median: 0.133, high: 0.133 });
    expect(estimate({ model: 'c/d', input: {} })).toBeUndefined();
  });

  it('comes from jobs of the same model only, that were done', async () => {
    const others = [
      ...Array.from({ length: 3 }, () => job(0.04, INPUT, { model: 'c/d' })),
      ...Array.from({ length: 3 }, () => job(0.04, INPUT, { state: 'failed' })),
    ];
    expect(await estimated(others)).toBeUndefined();
  });

  it('reads the records once for all who ask at the same time, and soon after a reading that took long', async () => {
    let readings = 0;
    let now = 0;
    async function* newest(): AsyncGenerator<StoredJob> {
      readings += 1;
      now += 50;
      for (const [index, one] of jobs(3, 0.04).entries())
        yield { id: `${index}`, revision: 1, fingerprint: 'f', job: one };
    }
    const log = createLog('silent', String);
    const clock = { now: () => now, sleep: async () => {} };
    const { load } = createEstimates({ store: { newest }, priceOf: () => undefined, clock, log });
    const estimators = await Promise.all(Array.from({ length: 100 }, load));
    expect(estimators.map((estimate) => estimate({ model: MODEL, input: INPUT }))).toEqual(
      Array(100).fill(priced(0.04, 3)),
    );
    expect(readings).toBe(1);
    now += 999;
    await load();
    expect(readings).toBe(1);
    now += 1;
    await load();
    expect(readings).toBe(2);
    now = 0;
    await load();
    expect(readings).toBe(3);
  });

  it('is unknown where the records cannot be read, which is logged', async () => {
    const log: string[] = [];
    const newest = () => {
      throw new Error('EACCES');
    };
    const estimates = createEstimates({
      store: { newest },
      priceOf: (model) => (model === 'c/d' ? 1 : undefined),
      clock: systemClock,
      log: createLog('warn', String, (line) => void log.push(line)),
    });
    const estimate = await estimates.load();
    expect(estimate({ model: MODEL, input: INPUT })).toBeUndefined();
    expect(estimate({ model: 'c/d', input: INPUT })).toMatchObject({ high: 1 });
    expect(log.join()).toContain('EACCES');
  });
});

describe('the inputs that an estimate depends on', () => {
  it.each<[what: string, one: Job['input'], other: Job['input']]>([
    ['a choice', { quality: 'low' }, { quality: 'high' }],
    ['a choice that is left out', { quality: 'low' }, {}],
    ['a number', { duration: 5 }, { duration: 10 }],
    ['a switch', { audio: true }, { audio: false }],
    ['how many images', { image_urls: ['job:a', 'job:b'] }, { image_urls: ['job:a'] }],
    ['whether there is an image', { image_url: 'https://a.example/b.png' }, {}],
    ['a part of an object', { options: { hd: true } }, { options: { hd: false } }],
    ['parts of a list', { effects: ['upscale'] }, { effects: ['relight'] }],
    ['an input that no job had', {}, { turbo: true }],
  ])('are %s', async (_, one, other) => {
    expect(await estimated(jobs(5, 0.04, one), one)).toEqual(priced(0.04, 5));
    expect(await estimated(jobs(5, 0.04, one), other)).toBeUndefined();
    expect(await estimated([...jobs(5, 0.04, one), ...jobs(5, 0.4, other)], one)).toEqual(priced(0.04, 5));
  });

  it.each<[what: string, one: Job['input'], other: Job['input']]>([
    ['a prompt', { prompt: 'fox' }, { prompt: 'cat' }],
    ['another prompt', { negative_prompt: 'blur' }, {}],
    ['a seed', { seed: 1 }, { seed: 2 }],
    ['where an image is', { image_url: 'https://a.example/b' }, { image_url: 'file:///tmp/a.png#sha256=0' }],
    ['which images', { images: ['job:a', 'job:b'] }, { images: ['job:c', 'data:image/png;base64,AA'] }],
    ['a long text', { about: 'x'.repeat(50) }, { about: 'y'.repeat(60) }],
  ])('are not %s', async (_, one, other) => {
    expect(await estimated(jobs(5, 0.04, one), other)).toEqual(priced(0.04, 5));
  });

  it('are not those of which several jobs show that they do not matter, for the values that these used', async () => {
    const mixed = ['png', 'jpeg', 'png', 'jpeg', 'webp', 'png', 'webp', 'jpeg'];
    const earlier = mixed.map((output_format) => job(0.04, { ...INPUT, output_format }));
    for (const output_format of ['png', 'webp'])
      expect(await estimated(earlier, { ...INPUT, output_format })).toEqual(priced(0.04, 8));
    expect(await estimated(earlier, { ...INPUT, output_format: 'tiff' })).toBeUndefined();
    const once = ['png', 'png', 'jpeg'].map((output_format) => job(0.04, { ...INPUT, output_format }));
    expect(await estimated(once, { ...INPUT, output_format: 'png' })).toBeUndefined();
  });

  it('are not those that matter less than chance, and are those that matter more', async () => {
    const random = createRandom(4);
    const noisy = Array.from({ length: 60 }, (_, index) => {
      const [fast, output_format] = [index % 2 === 0, index % 3 === 0 ? 'png' : 'webp'];
      return job((fast ? 0.052 : 0.04) * (0.9 + 0.2 * random()), { fast, output_format });
    });
    const { low = 0, jobs: count } = (await estimated(noisy, { fast: true, output_format: 'png' })) ?? {};
    expect(low).toBeGreaterThan(0.045);
    expect(count).toBe(30);
  });

  it('matter if they do in one setting of the others', async () => {
    const costs: Record<string, [number, number]> = { '480p': [1, 1], '720p': [2, 2], '1080p': [6, 9] };
    const earlier = [0, 1, 0, 1, 0, 1].flatMap((audio) =>
      Object.entries(costs).map(([resolution, usd]) => job(usd[audio], { resolution, audio: audio === 1 })),
    );
    expect(await estimated(earlier, { resolution: '1080p', audio: true })).toEqual(priced(9, 3));
  });

  it('do not matter because of one outlier', async () => {
    const earlier = Array.from({ length: 12 }, (_, duration) =>
      ['png', 'jpeg', 'webp'].map((output_format) =>
        job(duration === 11 && output_format === 'jpeg' ? 9 : duration + 1, { duration, output_format }),
      ),
    ).flat();
    expect(await estimated(earlier, { duration: 3, output_format: 'jpeg' })).toEqual(priced(4, 3));
  });

  it('stay apart where they were never compared, however alike the others are', async () => {
    const cheap = { quality: 'low', output_format: 'png' };
    const dear = { quality: 'high', output_format: 'webp' };
    const earlier = [...jobs(10, 0.01, cheap), ...jobs(10, 0.4, dear)];
    expect(await estimated(earlier, { quality: 'high', output_format: 'png' })).toBeUndefined();
    expect(await estimated(earlier, dear)).toEqual(priced(0.4, 10));
  });

  it('are not merged because they cost the same in one setting of the others only', async () => {
    const small = { resolution: '1k' };
    const earlier = [true, false, true, false, true, false].flatMap((audio) => [
      job(0.3, { ...small, audio }),
      ...jobs(1, 0.6, { resolution: '4k', audio: false }),
      ...jobs(1, 0.5, { resolution: '2k', audio: false }),
    ]);
    expect(await estimated(earlier, { resolution: '4k', audio: true })).toBeUndefined();
  });
});

describe('costs that change', () => {
  it('count at once for the upper end, and alone after three jobs', async () => {
    const before = jobs(48, 0.04);
    expect(await estimated([...before, ...jobs(1, 0.05)])).toMatchObject({ low: 0.04, high: 0.05 });
    expect(await estimated([...before, ...jobs(1, 0.03)])).toMatchObject({ low: 0.03, high: 0.04 });
    expect(await estimated([...before, ...jobs(3, 0.05)])).toEqual(priced(0.05, 3));
    expect(await estimated([...before, ...jobs(3, 0.03)])).toEqual(priced(0.03, 3));
  });

  it('are followed where they differ from job to job, too', async () => {
    const random = createRandom(2);
    const noisy = (count: number, usd: number) =>
      Array.from({ length: count }, () => job(usd * (0.9 + 0.2 * random())));
    const { median = 0, low = 0 } = (await estimated([...noisy(200, 0.04), ...noisy(50, 0.08)])) ?? {};
    expect(median).toBeCloseTo(0.08, 2);
    expect(low).toBeGreaterThan(0.07);
    expect((await estimated([...noisy(200, 0.04), ...noisy(3, 0.08)]))?.high).toBeGreaterThan(0.07);
  });

  it('but once are outliers: they widen an estimate, and soon do not', async () => {
    const earlier = [...jobs(10, 0.04), job(4), ...jobs(10, 0.04)];
    expect((await estimated(earlier))?.median).toBe(0.04);
    expect(await estimated([...earlier, ...jobs(20, 0.04)])).toEqual(priced(0.04, 41));
  });
});

describe('costs that are odd', () => {
  it('may be 0: a free model is free, and what was free now and then is not', async () => {
    expect(await estimated(jobs(3, 0))).toEqual(priced(0, 3));
    expect(await estimated([...jobs(5, 0.04), ...jobs(3, 0)])).toMatchObject({
      low: 0,
      median: 0.04,
      high: 0.04,
    });
    const nowAndThen = [job(0.04), ...jobs(3, 0), ...jobs(5, 0.04)];
    expect(await estimated(nowAndThen)).toMatchObject({ low: 0, median: 0.04, high: 0.04 });
    expect(await estimated([...jobs(2, 0.04), ...jobs(9, 0)])).toBeUndefined();
  });

  it.each([-1, Number.NaN, Number.POSITIVE_INFINITY, 1e300, undefined])(
    'are left out of a damaged record: %s',
    async (usd) => {
      expect(await estimated([...jobs(3, 0.04), ...jobs(3, usd)])).toEqual(priced(0.04, 3));
      expect(await estimated(jobs(3, usd))).toBeUndefined();
    },
  );

  it('come with odd inputs, which break nothing', async () => {
    let deep: unknown = 'end';
    for (let depth = 0; depth < 10_000; depth++) deep = depth % 2 ? [deep] : { deep };
    const odd = { deep, none: null, list: [[], {}, null], __proto__: { a: 1 }, toString: 'x' };
    expect(await estimated(jobs(3, 0.04, odd), odd)).toEqual(priced(0.04, 3));
  });

  it('are read of the newest 2,000 jobs, and of the newest 500 of a model', async () => {
    const random = createRandom(3);
    const many = Array.from({ length: 600 }, (_, index) =>
      job(0.04, { quality: index < 100 ? 'ultra' : pick(random), steps: Math.floor(random() * 9) }),
    );
    expect(await estimated(many, { quality: 'low', steps: 3 })).toEqual(priced(0.04, 50));
    expect(await estimated(many, { quality: 'ultra', steps: 3 })).toBeUndefined();
    const others = Array.from({ length: 1_998 }, () => job(0.04, {}, { model: 'c/d' }));
    expect(await estimated([...jobs(3, 0.04), ...others])).toBeUndefined();
    expect(await estimated([...jobs(3, 0.04), ...others.slice(1)])).toEqual(priced(0.04, 3));
  });
});

const pick = (random: () => number): string => (random() < 0.5 ? 'low' : 'high');
