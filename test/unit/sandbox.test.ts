import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { BUILT_IN } from '../../src/sandbox/catalogue/built-in.ts';
import { inputProblems } from '../../src/sandbox/catalogue/check.ts';
import { CATALOGUE } from '../../src/sandbox/catalogue/index.ts';
import { createEngine } from '../../src/sandbox/engine.ts';
import { countOf, pictureFor, withDefaults } from '../../src/sandbox/format.ts';
import { drawPicture } from '../../src/sandbox/picture/picture.ts';
import { plainPng } from '../../src/sandbox/picture/plain-png.ts';

const PUBLISHED = join(import.meta.dirname, '../support/fixtures/published');

describe('the catalogue', () => {
  it('is what RunComfy publishes', () => {
    expect(readdirSync(PUBLISHED)).toHaveLength(BUILT_IN.length);
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

describe('a picture', () => {
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
    [{ image_size: 'auto', background: 'transparent', output_format: 'webp' }, 1024, 1024, 'webp', true],
  ];
  it.each(sizes)('of %j has its size, format and background', async (input, width, height, format, alpha) => {
    const { data, type } = await drawPicture(pictureFor({ prompt: 'a red fox in the snow', ...input }));
    expect(type).toBe(`image/${format}`);
    const image = sharp(data);
    const { width: w, height: h, format: f } = await image.metadata();
    expect([w, h, f]).toEqual([width, height, format]);
    expect((await image.stats()).isOpaque).toBe(!alpha);
  });

  it('is the same for the same input and another for another', async () => {
    const draw = async (prompt: string, seed?: number) =>
      (await drawPicture(pictureFor({ prompt, size: '1:1', seed }))).data;
    const [once, again, other, seeded] = await Promise.all([
      draw('sea'),
      draw('sea'),
      draw('city'),
      draw('sea', 3),
    ]);
    expect(once.equals(again)).toBe(true);
    expect(once.equals(other)).toBe(false);
    expect(once.equals(seeded)).toBe(false);
  });

  it.each(['', '<svg onload="x">&', '😀'.repeat(5_000)])('can be drawn of any prompt', async (prompt) => {
    expect((await drawPicture(pictureFor({ prompt, size: '1:1' }))).data.length).toBeGreaterThan(1_000);
  });

  it('is a plain one of its size without sharp', async () => {
    const { width, height, format } = await sharp(plainPng(300, 200, 'a fox')).metadata();
    expect([width, height, format]).toEqual([300, 200, 'png']);
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
    const { data, type } = await drawPicture(pictureFor(input));
    expect(data.length).toBeGreaterThan(1_000);
    expect(type).toBe(`image/${input.output_format ?? 'png'}`);
    expect(countOf(input)).toBe(1);
  });
});
