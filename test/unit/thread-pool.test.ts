import { readFile } from 'node:fs/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openImage } from '../../src/images/decode.ts';
import { renderPreview } from '../../src/images/preview.ts';
import { toDataUri } from '../../src/images/references/data-uri.ts';
import { startSandbox } from '../../src/sandbox/server.ts';
import { inThreadPool, isFileBusy, isPoolBusy } from '../../src/thread-pool.ts';
import { animation, noise, plain } from '../support/images.ts';

/** Whether the pool was busy at each turn of the event loop until the work was done. */
async function watch(work: Promise<unknown>): Promise<boolean[]> {
  let isDone = false;
  const over = () => {
    isDone = true;
  };
  work.then(over, over);
  const turns: boolean[] = [];
  for (;;) {
    await new Promise((resolve) => setImmediate(resolve));
    if (isDone) return turns;
    turns.push(isPoolBusy());
  }
}

// The runner of this test reads files too, now and then.
const isQuiet = () => expect.poll(() => isFileBusy() || isPoolBusy()).toBe(false);

describe('the thread pool', () => {
  it('is busy as long as a file is being read', async () => {
    await isQuiet();
    const reading = readFile(import.meta.filename);
    expect([isFileBusy(), isPoolBusy()]).toEqual([true, true]);
    await reading;
    await isQuiet();
  });

  it('is free again after work that failed', async () => {
    await inThreadPool(Promise.reject(new Error('no picture'))).catch(() => {});
    await isQuiet();
  });
});

// All that is between two steps of sharp is done at once.
describe('the pool is known to be busy at every moment', () => {
  const WORKS: [what: string, work: () => Promise<() => Promise<unknown>>][] = [
    [
      'a header is read',
      async () => {
        const data = await plain(2_000, 2_000).png().toBuffer();
        return () => openImage(data, 'png');
      },
    ],
    [
      'a preview is made',
      async () => {
        const data = await noise(900, 900).png().toBuffer();
        return () => renderPreview(data, 'png', 'small');
      },
    ],
    [
      'a reference image is made smaller',
      async () => {
        const data = await (await animation(900, 900)).gif().toBuffer();
        return () => toDataUri(data, 'gif');
      },
    ],
  ];

  it.each(WORKS)('%s', async (_, prepare) => {
    const work = await prepare();
    const turns = await watch(work());
    expect(turns.length).toBeGreaterThan(0);
    expect(turns).not.toContain(false);
  });

  it('the sandbox draws a picture', async () => {
    const sandbox = await startSandbox({ pace: 0 });
    onTestFinished(() => sandbox.close());
    const job = sandbox.engine.submit('openai/gpt-image-2/text-to-image', { prompt: 'a fox' });
    sandbox.engine.finish(job);
    const draw = async () => (await fetch(`${sandbox.origin}/outputs/${job.id}/0.png`)).arrayBuffer();
    await draw();
    expect(await watch(draw())).toContain(true);
  });
});
