import sharp from 'sharp';
import { expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import type { ToolCall } from '../mock/dialect.ts';
import type { Sent } from '../mock/sent.ts';
import { LINKS, withLinks } from './links.ts';
import { expectImages, type Loop, type Ran, runLoop } from './run-loop.ts';
import { tokensOf } from './tokens.ts';

// Of two models, at two costs.
const JOBS = [
  { model: 'gpt_image_1_5_text_to_image', input: { prompt: 'a fox in snow', quality: 'low' }, count: 2 },
  { model: 'gpt_image_1_5_text_to_image', input: { prompt: 'an owl in snow', quality: 'low' }, count: 1 },
  {
    model: 'google/nano-banana-2/text-to-image',
    input: { prompt: 'a fox in rain', resolution: '1K' },
    count: 5,
  },
];
const OWL = 3;

/** Has each job report what its model costs. */
function reportCosts({ engine, failAtRandom }: Sandbox): void {
  failAtRandom(() => {
    for (const { model, plan } of engine.jobs) plan.costUsd = model.startsWith('openai/') ? 0.034 : 0.067;
    return undefined;
  });
}

const SINGLES = JOBS.flatMap(({ model, input, count }): ToolCall[] =>
  Array.from({ length: count }, () =>
    model.includes('/') ? { name: 'run_image_model', args: { model, input } } : { name: model, args: input },
  ),
);

/** The handle beside a number, in a line or in data, as the loop showed it to the model. */
function handleAt(number: number, { text }: Sent): string {
  const [, handle] = new RegExp(`\\D${number}\\W+(?:handle\\W+)?(job:[\\w-]+(?:#\\d+)?)`).exec(text) ?? [];
  if (handle === undefined) throw new Error(`no handle at ${number} in ${text}`);
  return handle;
}

/** OpenAI's count: 85, and 170 for each tile of 512 px; no image here is large enough to be scaled first. */
async function imageTokens(image: Buffer): Promise<number> {
  const { width, height } = await sharp(image).metadata();
  return 85 + 170 * Math.ceil(width / 512) * Math.ceil(height / 512);
}

/** That a batch of eight pictures costs a model at most half the context of eight calls, and can be worked on. */
export function holdBatches(
  name: string,
  loop: Loop,
  { images, flags }: { images: boolean; flags: string[] },
): void {
  it('makes 8 pictures in one call, in half the tokens, and edits the third', async () => {
    const batch = await runLoop(
      loop,
      (sandbox) => {
        reportCosts(sandbox);
        return [
          { name: 'make_images', args: { jobs: JOBS } },
          (sent) => ({
            name: 'gpt_image_1_5_image_to_image',
            args: { prompt: 'make it night', image_urls: [handleAt(OWL, sent)], quality: 'low' },
          }),
        ];
      },
      flags,
    );
    expect(batch.said).toBe('Done.');
    expect(batch.provider.refusals).toEqual([]);
    const { jobs } = batch.sandbox.engine;
    expect(jobs).toHaveLength(SINGLES.length + 1);
    const [answer] = batch.provider.results;
    for (const { id } of jobs.slice(0, -1)) expect(answer?.text).toContain(`job:${id}`);
    expectImages(answer, images ? 1 : 0);
    const owl = jobs.find(({ input }) => input.prompt === 'an owl in snow');
    expect(jobs.at(-1)?.input.image_urls).toEqual([`${batch.sandbox.origin}/outputs/${owl?.id}/image.png`]);

    const singles = await runLoop(
      loop,
      (sandbox) => {
        reportCosts(sandbox);
        return SINGLES;
      },
      flags,
    );
    expect(singles.said).toBe('Done.');
    expect(singles.provider.results).toHaveLength(SINGLES.length);
    for (const sent of singles.provider.results) expectImages(sent, images ? 1 : 0);

    const shareWith = async (linkOf: (id: string) => string) => {
      const one = await tokensWith(linkOf, [answer], batch);
      const eight = await tokensWith(linkOf, singles.provider.results, singles);
      return { one, eight, share: one / eight };
    };
    const shares = { plain: await shareWith(LINKS.plain), packed: await shareWith(LINKS.packed) };
    for (const [links, { one, eight, share }] of Object.entries(shares))
      process.stdout.write(
        `${name}: ${one} tokens of text${images ? ' and images' : ''} a batch of 8, ${eight} 8 calls, ${(100 * share).toFixed(1)}% (${links} links)\n`,
      );
    expect(shares.plain.share).toBeLessThanOrEqual(0.5);
    // In text alone no words are short enough: in most loops eight such links and handles are more than half.
    if (images) expect(shares.packed.share).toBeLessThanOrEqual(0.5);
  });
}

/** What results cost a model, with such links: all that the loop sent of them as JSON, and the images. */
async function tokensWith(
  linkOf: (id: string) => string,
  results: readonly (Sent | undefined)[],
  { sandbox }: Ran,
): Promise<number> {
  const text = results.map((sent) => tokensOf(withLinks(sent?.text ?? '', sandbox, linkOf)));
  const images = await Promise.all(results.flatMap((sent) => sent?.images.map(imageTokens) ?? []));
  return [...text, ...images].reduce((sum, tokens) => sum + tokens, 0);
}
