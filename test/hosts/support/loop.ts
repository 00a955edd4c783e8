import { describe, expect, it } from 'vitest';
import { holdBatches } from './batches.ts';
import { holdChains } from './chains.ts';
import { expectPicture, type Loop, MAX_TOKENS, runLoop } from './run-loop.ts';
import { tokensOf } from './tokens.ts';

const IMAGE = { name: 'gpt_image_1_5_text_to_image', args: { prompt: 'a fox in snow', quality: 'low' } };
const ANY = {
  name: 'run_image_model',
  args: {
    model: 'google/nano-banana-2/text-to-image',
    input: { prompt: 'a fox in rain', aspect_ratio: '1:1', resolution: '1K' },
  },
};

/** What every loop is held to. `images`: whether its model sees the pictures; if not, it is sent none in any form. */
export function holdLoop(name: string, loop: Loop, expected: { images: boolean; flags?: string[] }): void {
  const { images, flags = [] } = expected;

  describe(name, () => {
    it('gives the model two pictures in a row', async () => {
      const { sandbox, provider, said } = await runLoop(loop, () => [IMAGE, ANY], flags);
      expect(said).toBe('Done.');
      expect(provider.refusals).toEqual([]);
      expect(provider.results).toHaveLength(2);
      for (const [job, sent] of provider.results.entries()) expectPicture(sent, sandbox, job, images);
      // Mastra fills in the published defaults by itself.
      expect(sandbox.engine.jobs.map(({ input }) => input)).toMatchObject([IMAGE.args, ANY.args.input]);
      const tokens = provider.results.map(({ text }) => tokensOf(text)).join(' and ');
      process.stdout.write(`${name}: ${tokens} tokens of text a picture${images ? ', and the image' : ''}\n`);
    });

    it('gives it a long job by get_image_job, which is paid for once', async () => {
      const { sandbox, provider, said } = await runLoop(
        loop,
        ({ engine }) => {
          engine.planNext({ queueMs: 0, runMs: Number.POSITIVE_INFINITY });
          return [
            IMAGE,
            ({ text }) => {
              const [, request_id] = /Call get_image_job with request_id [\\"]*([\w-]+)/.exec(text) ?? [];
              const [job] = engine.jobs;
              if (job) engine.finish(job);
              return { name: 'get_image_job', args: { request_id } };
            },
          ];
        },
        [...flags, '--wait', '1'],
      );
      expect(said).toBe('Done.');
      expect(provider.results).toHaveLength(2);
      expectPicture(provider.results[1], sandbox, 0, images);
      expect(sandbox.engine.jobs).toHaveLength(1);
    });

    it('gives it the whole of an error, and goes on', async () => {
      const { provider, said } = await runLoop(
        loop,
        ({ engine }) => {
          engine.planNext({ outcome: 'failed', error: 'The prompt was blocked.' });
          return [IMAGE, IMAGE];
        },
        flags,
      );
      expect(said).toBe('Done.');
      const [failed, made] = provider.results;
      expect(failed?.text).toContain('The prompt was blocked.');
      expect(failed?.text).toContain('It may be charged. [job_failed]');
      expect(tokensOf(failed?.text ?? '')).toBeLessThanOrEqual(MAX_TOKENS);
      expect(made?.text).toContain('/outputs/');
    });

    holdChains(name, loop, { images, flags });
    holdBatches(name, loop, { images, flags });
  });
}
