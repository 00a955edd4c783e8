import { expect, it } from 'vitest';
import type { Sandbox } from '../../../src/sandbox/server.ts';
import type { ToolCall } from '../mock/dialect.ts';
import type { Sent } from '../mock/sent.ts';
import { expectPicture, type Loop, runLoop } from './run-loop.ts';
import { tokensOf } from './tokens.ts';

const MAKE = { name: 'gpt_image_1_5_text_to_image', args: { prompt: 'a fox in snow', quality: 'low' } };

const edit = (prompt: string, image: string): ToolCall => ({
  name: 'gpt_image_1_5_image_to_image',
  args: { prompt, image_urls: [image], quality: 'low' },
});

/** The handle in a result, as the loop showed it to the model. */
function handleIn({ text }: Sent): string {
  const [handle] = /job:[\w-]+#\d+/.exec(text) ?? [];
  if (handle === undefined) throw new Error(`no handle in ${text}`);
  return handle;
}

/** The live link of a job's only picture. */
const linkOf = ({ origin, engine }: Sandbox, job: number): string =>
  `${origin}/outputs/${engine.jobs[job]?.id}/image.png`;

/** That a model works on with its pictures by their handles, and never has to copy a URL. */
export function holdChains(
  name: string,
  loop: Loop,
  { images, flags }: { images: boolean; flags: string[] },
): void {
  it('edits a picture, and edits the edit, in 3 calls without a URL', async () => {
    // Each form in some of the loops.
    const newest = images ? handleIn : () => 'last';
    const { sandbox, provider, said } = await runLoop(
      loop,
      () => [
        MAKE,
        (sent) => edit('make it night', handleIn(sent)),
        (sent) => edit('add a moon', newest(sent)),
      ],
      flags,
    );
    expect(said).toBe('Done.');
    expect(provider.refusals).toEqual([]);
    expect(provider.calls).toHaveLength(3);
    expect(JSON.stringify(provider.calls)).not.toMatch(/https?:|data:/);
    expect(provider.results).toHaveLength(3);
    for (const [job, sent] of provider.results.entries()) expectPicture(sent, sandbox, job, images);
    expect(sandbox.engine.jobs.map(({ input }) => input)).toMatchObject([
      MAKE.args,
      edit('make it night', linkOf(sandbox, 0)).args,
      edit('add a moon', linkOf(sandbox, 1)).args,
    ]);
    expect(JSON.stringify(sandbox.engine.jobs)).not.toContain('null');

    const sent = provider.results.reduce((sum, { text }) => sum + tokensOf(text), 0);
    const written = provider.calls.map(({ args }) => args);
    const copied = written.map((args, job) =>
      job === 0 ? args : { ...args, image_urls: [linkOf(sandbox, job - 1)] },
    );
    const [byHandle, byUrl] = [written, copied].map((args) => sent + tokensOf(JSON.stringify(args)));
    process.stdout.write(
      `${name}: ${byHandle} tokens of text a three-step edit, ${byUrl} with URLs copied\n`,
    );
  });

  it('removes the background of a picture by its handle, with any model', async () => {
    const { sandbox, provider, said } = await runLoop(
      loop,
      () => [
        MAKE,
        (sent) => ({
          name: 'run_image_model',
          args: { model: 'bria/rmbg-2/background-removal', input: { image_url: handleIn(sent) } },
        }),
      ],
      flags,
    );
    expect(said).toBe('Done.');
    expect(provider.refusals).toEqual([]);
    expect(provider.results).toHaveLength(2);
    expectPicture(provider.results[1], sandbox, 1, images);
    expect(sandbox.engine.jobs).toHaveLength(2);
    expect(sandbox.engine.jobs[1]?.input).toEqual({ image_url: linkOf(sandbox, 0) });
  });
}
