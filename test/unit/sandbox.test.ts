import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { MODELS } from '../../src/models/built-in/index.ts';
import { createEngine } from '../../src/sandbox/engine.ts';
import { cardFor, countOf, type Reference, withDefaults } from '../../src/sandbox/format.ts';
import { plainPng } from '../../src/sandbox/media.ts';
import { inputProblems } from '../../src/sandbox/models/check.ts';
import { CATALOGUE } from '../../src/sandbox/models/index.ts';
import { drawCard } from '../../src/sandbox/picture.ts';

const PUBLISHED = join(import.meta.dirname, '../support/fixtures/published');

describe('the catalogue', () => {
  it('is what RunComfy publishes', () => {
    expect(readdirSync(PUBLISHED)).toHaveLength(MODELS.length);
    for (const file of readdirSync(PUBLISHED)) {
      const { model_id, input_schema } = JSON.parse(readFileSync(join(PUBLISHED, file), 'utf8'));
      const { required = [], properties = {} } = CATALOGUE.get(model_id)?.published.input_schema ?? {};
      expect(required).toEqual(input_schema.required);
      for (const [name, published] of Object.entries<Record<string, unknown>>(input_schema.properties)) {
        const { title: _, description: __, default: sample, ...checked } = properties[name] ?? {};
        const isSample = name === 'prompt' || name === 'image_urls';
        const fallback = isSample ? {} : { default: sample };
        expect(published, `${model_id} ${name}`).toMatchObject({ ...checked, ...fallback });
      }
    }
  });

  it('refuses what the service would', () => {
    const schema = CATALOGUE.get('openai/gpt-image-1-5/image-to-image')?.published.input_schema;
    if (!schema) throw new Error('the model is gone');
    const input = { prompt: 7, image_urls: [], quality: 'best', colour: 'red' };
    expect(inputProblems(schema, input)).toMatchSnapshot();
    const problems = (...image_urls: string[]) => inputProblems(schema, { prompt: 'x', image_urls });
    const uri = (bytes: number) => `data:image/png;base64,${Buffer.alloc(bytes).toString('base64')}`;
    expect(problems('https://example.com/a.png', uri(6 << 20))).toEqual([]);
    expect(
      ['u', uri(0), uri(100).replace('png', 'gif'), uri((6 << 20) + 1)].flatMap((text) => problems(text)),
    ).toMatchSnapshot();
  });
});

describe('the engine', () => {
  it('feeds its slots in order and counts positions', () => {
    let now = 0;
    const engine = createEngine({ now: () => now, slots: 1 });
    for (let count = 0; count < 3; count++) engine.planNext({ queueMs: 1_000, runMs: 5_000 });
    const [a, b, c] = [engine.submit('m', {}), engine.submit('m', {}), engine.submit('m', {})];
    const states = () => [a, b, c].map((job) => `${engine.state(job)} ${engine.position(job) ?? ''}`.trim());
    expect(states()).toEqual(['in_queue 1', 'in_queue 2', 'in_queue 3']);
    now = 1_000;
    expect(states()).toEqual(['in_progress', 'in_queue 1', 'in_queue 2']);
    expect([engine.cancel(a), engine.cancel(b)]).toEqual([false, true]);
    now = 7_000;
    expect(states()).toEqual(['succeeded', 'cancelled', 'in_progress']);
  });
});

const draw = (input: Record<string, unknown>, index?: number, references?: Reference[]) => {
  const card = cardFor('m/m', { prompt: 'a fox', size: '1:1', ...input }, index);
  return drawCard({ ...card, references: references ?? card.references });
};
const pixels = (data: Buffer) => sharp(data).removeAlpha().raw().toBuffer();

describe('a test card', () => {
  const sizes: [
    input: Record<string, unknown>,
    width: number,
    height: number,
    format: string,
    alpha: boolean,
  ][] = [
    [{ image_size: '1024x1536', output_format: 'jpeg' }, 1024, 1536, 'jpeg', false],
    [{ size: '3:2', background: 'transparent' }, 1536, 1024, 'png', true],
    [{ aspect_ratio: '21:9', resolution: '2k', output_format: 'webp' }, 2048, 878, 'webp', false],
    [{ aspect_ratio: '1:3' }, 341, 1024, 'png', false],
    [{ aspect_ratio: 'auto', resolution: '2K' }, 2048, 2048, 'png', false],
    [{ aspect_ratio: 'match_input_image' }, 1024, 1024, 'png', false],
    [{ width: 640, height: 480 }, 640, 480, 'png', false],
    [{ width: 1, height: 1 }, 1, 1, 'png', false],
    [{ width: 4000, height: 20 }, 4000, 20, 'png', false],
    [{ image_size: 'auto', background: 'transparent', output_format: 'webp' }, 1024, 1024, 'webp', true],
  ];
  it.each(sizes)('of %j has its size, format and background', async (input, width, height, format, alpha) => {
    const { data, type } = await drawCard(cardFor('m/m', { prompt: 'a red fox in the snow', ...input }));
    expect(type).toBe(`image/${format}`);
    const image = sharp(data);
    const { width: w, height: h, format: f } = await image.metadata();
    expect([w, h, f]).toEqual([width, height, format]);
    expect((await image.stats()).isOpaque).toBe(!alpha);
  });

  it('is the same for the same input, and another for another prompt, setting or place in a batch', async () => {
    const [once, again, ...others] = await Promise.all([
      draw({ n: 4 }),
      draw({ n: 4 }),
      draw({ n: 4, prompt: 'a box' }),
      draw({ n: 4, seed: 3 }),
      draw({ n: 4, quality: 'low' }),
      ...[1, 2, 3].map((index) => draw({ n: 4 }, index)),
    ]);
    expect(once.data.equals(again.data)).toBe(true);
    expect(new Set([once, ...others].map(({ data }) => data.toString('base64'))).size).toBe(7);
  });

  const LONG = 'Slate roofs wet with rain, thin smoke from four chimneys, a red ferry. '
    .repeat(29)
    .slice(0, 1_999);
  it.each([{ size: '1:1' }, { aspect_ratio: '3:1' }, { aspect_ratio: '1:3' }])(
    'of %j shows a prompt of 2,000 characters up to its end, inside its margins',
    async (shape) => {
      // The seed decides the ground, and holds the prompt.
      const card = (prompt: string) => ({ ...cardFor('m/m', { ...shape, prompt }), seed: '' });
      const [one, other] = await Promise.all(
        [`${LONG}I`, `${LONG}M`].map((prompt) => drawCard(card(prompt))),
      );
      const [a, b] = await Promise.all([pixels(one?.data as Buffer), pixels(other?.data as Buffer)]);
      expect(a.equals(b)).toBe(false);
      const { width, height } = card('');
      const margin = async (prompt: string) =>
        sharp((await drawCard(card(prompt))).data)
          .extract({ left: Math.ceil(width * 0.975), top: 0, width: Math.floor(width * 0.025), height })
          .raw()
          .toBuffer();
      const empty = await margin('');
      for (const prompt of [LONG, 'W'.repeat(24), 'm'.repeat(500)])
        expect((await margin(prompt)).equals(empty), prompt).toBe(true);
    },
  );

  it.each([
    '',
    '<svg onload="x">&',
    '\0\x1b[31m\ud800',
    '夕暮れの灯台、海。',
    'منارة على جرف',
    '😀'.repeat(9_000),
    'x'.repeat(1e6),
  ])('can be drawn of any prompt', async (prompt) => {
    expect((await draw({ prompt })).data.length).toBeGreaterThan(1_000);
  });

  it('has grounds on which white letters can be read', async () => {
    const linear = (value: number) => (value <= 10 ? value / 3294 : ((value / 255 + 0.055) / 1.055) ** 2.4);
    // Every hue with every pattern; nothing is written in the middle of a card without a prompt.
    for (let index = 0; index < 24; index++) {
      const { data } = await draw({ prompt: '', width: 256, height: 256 }, index);
      const middle = await sharp(data)
        .extract({ left: 0, top: 40, width: 256, height: 140 })
        .raw()
        .toBuffer();
      let brightest = 0;
      for (let at = 0; at < middle.length; at += 3) {
        const [red = 0, green = 0, blue = 0] = [...middle.subarray(at, at + 3)].map(linear);
        brightest = Math.max(brightest, 0.2126 * red + 0.7152 * green + 0.0722 * blue);
      }
      expect.soft(1.05 / (brightest + 0.05), `ground ${index}`).toBeGreaterThan(4.5);
    }
  });

  it('shows the references that can be read, and names the others', async () => {
    const magenta = await sharp({ create: { width: 90, height: 60, channels: 3, background: '#f0f' } })
      .png()
      .toBuffer();
    const inset = { label: 'image_urls 1', url: 'https://example.com/a.png', data: magenta };
    const shares = async (references: Reference[]) => {
      const image = await pixels((await draw({}, 0, references)).data);
      let found = 0;
      for (let at = 0; at < image.length; at += 3)
        if (image[at] === 255 && image[at + 1] === 0 && image[at + 2] === 255) found += 1;
      return found / (image.length / 3);
    };
    expect(await shares([inset])).toBeGreaterThan(0.03);
    expect(await shares(Array.from({ length: 16 }, () => inset))).toBeGreaterThan(0.03);
    expect(await shares(Array.from({ length: 200 }, () => inset))).toBeGreaterThan(0);
    const { data: _, ...named } = inset;
    expect(await shares([named, { ...inset, data: Buffer.from('no image') }])).toBe(0);
  });

  it('is a plain one of its size without sharp', async () => {
    const colour = Buffer.from([80, 90, 200]);
    const png = sharp(plainPng(300, 200, colour));
    expect(await png.metadata()).toMatchObject({ width: 300, height: 200, format: 'png' });
    expect((await png.raw().toBuffer()).equals(Buffer.alloc(300 * 200 * 3, colour))).toBe(true);
  });
});

describe('a card of an input', () => {
  it('tells the prompt under any name, the settings and the references', () => {
    const url = 'https://example.com/a.png';
    expect(
      cardFor('m/m', { image: url, scene_description: 'a table', masks: [url, url], steps: 4 }, 1),
    ).toMatchObject({
      prompt: 'a table',
      model: 'm/m',
      settings: 'steps\u00a04 · 1024\u00a0×\u00a01024 png',
      references: [
        { label: 'image', url },
        { label: 'masks\u00a01', url },
        { label: 'masks\u00a02', url },
      ],
      index: 1,
    });
  });

  it('cuts what is too long to be read, and says so', () => {
    const { prompt, settings } = cardFor('m/m', {
      prompt: 'a'.repeat(8_010),
      negative_prompt: 'b'.repeat(61),
    });
    expect(prompt).toBe(`${'a'.repeat(8_000)}… (10 more characters)`);
    expect(settings).toContain(`${'b'.repeat(60)}… (1 more characters)`);
  });
});

describe('an input that leaves something out', () => {
  const effective = (model: string, input: Record<string, unknown>) => {
    const schema = CATALOGUE.get(model)?.published.input_schema;
    if (!schema) throw new Error('the model is gone');
    return withDefaults({ prompt: 'a fox', ...input }, schema);
  };

  it('has the published defaults, but no sample', () => {
    expect(effective('openai/gpt-image-1-5/text-to-image', { quality: 'low' })).toEqual({
      prompt: 'a fox',
      image_size: '1536x1024',
      background: 'auto',
      quality: 'low',
      output_format: 'png',
    });
    expect(effective('google/nano-banana-2/edit', {})).toEqual({ prompt: 'a fox', resolution: '1K' });
  });

  it.each(
    [...CATALOGUE.values()]
      .filter(({ output }) => output.startsWith('image'))
      .map(({ published }) => published.model_id),
  )('of %s can be drawn', async (model) => {
    const input = effective(model, {});
    const { data, type } = await drawCard(cardFor(model, input));
    expect(data.length).toBeGreaterThan(1_000);
    expect(type).toBe(`image/${input.output_format ?? 'png'}`);
    expect(countOf(input)).toBe(1);
  });
});
