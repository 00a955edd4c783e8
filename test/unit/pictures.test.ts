import { describe, expect, it } from 'vitest';
import { createPictures } from '../../src/images/pictures.ts';
import { createPreviews } from '../../src/images/preview.ts';
import { createJumpingClock } from '../support/clock.ts';
import { plain } from '../support/images.ts';
import { freshDataDir } from '../support/program.ts';
import { startUpstream } from '../support/upstream.ts';

const png = await plain(640, 480).png().toBuffer();

/** An upstream with a picture and an address that never answers. */
const serve = () =>
  startUpstream('', {
    '/good': (_, response) => void response.writeHead(200).end(png),
    '/silent': () => {},
  });

const never = new AbortController().signal;

describe('pictures', () => {
  it('that are late are left out, and the others are there', async () => {
    const { origin } = await serve();
    const { collect } = createPictures({
      clock: createJumpingClock(),
      loopbackOrigin: origin,
      outputDir: freshDataDir(),
    });
    const [good, silent] = await collect([`${origin}/good`, `${origin}/silent`], {
      preview: 'small',
      within: 3_000,
      signal: never,
    });
    expect(good?.preview).toMatchObject({ width: 512, height: 384 });
    expect(silent).toEqual({ url: `${origin}/silent`, unshown: 'it did not arrive within 3 s' });
  });

  it('are given up as soon as the call ends', async () => {
    const { origin } = await serve();
    const { collect } = createPictures({
      clock: createJumpingClock(),
      loopbackOrigin: origin,
      outputDir: freshDataDir(),
    });
    const call = new AbortController();
    const collecting = collect([`${origin}/silent`], {
      preview: 'small',
      within: 3_600_000,
      signal: call.signal,
    });
    call.abort('user');
    expect(await collecting).toMatchObject([{ unshown: 'the call has ended' }]);
  });
});

describe('createPreviews', () => {
  it('makes a preview of one output, with the facts about the original', async () => {
    const { origin } = await serve();
    const { preview } = createPreviews({ loopbackOrigin: origin });
    expect(await preview(`${origin}/good`, { size: 'large' })).toEqual({
      data: expect.any(Buffer),
      mimeType: 'image/jpeg',
      width: 640,
      height: 480,
      original: { type: 'png', bytes: png.length, width: 640, height: 480, isTransparent: false },
    });
  });

  it('throws a plain reason, or what its signal says', async () => {
    const { origin } = await serve();
    const { preview } = createPreviews({ loopbackOrigin: origin });
    await expect(preview('https://evil.example/a.png', { size: 'small' })).rejects.toMatchObject({
      code: 'image_unavailable',
      reason: 'it is not on a RunComfy host',
    });
    const stop = new AbortController();
    const asked = preview(`${origin}/silent`, { size: 'small', signal: stop.signal });
    stop.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
  });
});
