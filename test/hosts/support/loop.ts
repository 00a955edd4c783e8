import { describe, expect, it, onTestFinished } from 'vitest';
import { type Sandbox, startSandbox } from '../../../src/sandbox/server.ts';
import { MAIN, plainEnv } from '../../support/process.ts';
import { freshDataDir, KEY } from '../../support/program.ts';
import { type Provider, startProvider, type Turn } from '../mock/provider.ts';
import type { Sent } from '../mock/sent.ts';

/** How a loop starts the MCP server. */
export interface ServerCommand {
  command: string;
  args: string[];
  env: Record<string, string>;
}

/**
 * Runs an agent with the server's tools on a model of the provider, which listens at an origin, and resolves with what
 * it said in the end. Set up as the framework's documentation says.
 */
export type Loop = (provider: string, server: ServerCommand) => Promise<string>;

export const PROMPT = 'Make a picture of a fox.';

const MAX_TOKENS = 1_500;
const IMAGE = { name: 'gpt_image_1_5_text_to_image', args: { prompt: 'a fox in snow', quality: 'low' } };
const ANY = {
  name: 'run_image_model',
  args: {
    model: 'google/nano-banana-2/text-to-image',
    input: { prompt: 'a fox in rain', aspect_ratio: '1:1', resolution: '1K' },
  },
};

export interface Ran {
  sandbox: Sandbox;
  provider: Provider;
  said: string;
}

/** Runs a loop on the built server, a sandbox and a mock model that takes these turns. */
export async function runLoop(
  loop: Loop,
  turns: (sandbox: Sandbox) => readonly Turn[],
  flags: readonly string[] = [],
): Promise<Ran> {
  const sandbox = await startSandbox({ key: KEY, pace: 0.1 });
  onTestFinished(() => sandbox.close());
  const provider = await startProvider(turns(sandbox));
  const said = await loop(provider.origin, {
    command: process.execPath,
    args: [MAIN, '--base-url', sandbox.origin, '--data-dir', freshDataDir(), ...flags],
    env: plainEnv({ RUNCOMFY_API_KEY: KEY }),
  });
  return { sandbox, provider, said };
}

/** What every loop is held to. `images`: whether its model sees the pictures; if not, it is sent none in any form. */
export function holdLoop(name: string, loop: Loop, expected: { images: boolean; flags?: string[] }): void {
  const { images, flags = [] } = expected;

  function expectPicture(sent: Sent | undefined, { origin, engine }: Sandbox, job: number): void {
    expect(sent?.text).toContain(`${origin}/outputs/${engine.jobs[job]?.id}/`);
    expect(sent?.text).not.toMatch(BASE64);
    expect(sent?.tokens).toBeLessThanOrEqual(MAX_TOKENS);
    expect(sent?.images.map((image) => image.subarray(0, 3).toString('hex'))).toEqual(images ? [JPEG] : []);
  }

  describe(name, () => {
    it('gives the model two pictures in a row', async () => {
      const { sandbox, provider, said } = await runLoop(loop, () => [IMAGE, ANY], flags);
      expect(said).toBe('Done.');
      expect(provider.refusals).toEqual([]);
      expect(provider.results).toHaveLength(2);
      for (const [job, sent] of provider.results.entries()) expectPicture(sent, sandbox, job);
      // Mastra fills in the published defaults by itself.
      expect(sandbox.engine.jobs.map(({ input }) => input)).toMatchObject([IMAGE.args, ANY.args.input]);
      const tokens = provider.results.map((sent) => sent.tokens).join(' and ');
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
      expectPicture(provider.results[1], sandbox, 0);
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
      expect(failed?.tokens).toBeLessThanOrEqual(MAX_TOKENS);
      expect(made?.text).toContain('/outputs/');
    });
  });
}

// The first bytes of a JPEG.
const JPEG = 'ffd8ff';
// Ids and URLs hold shorter runs.
const BASE64 = /[A-Za-z0-9+/]{200}/;
