import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, it } from 'vitest';
import { connect, eventually, textOf } from '../support/program.ts';
import { connectToPictures, libraryOf, originalsIn } from '../support/upstream-pictures.ts';

const imagesOf = ({ structuredContent }: { structuredContent?: unknown }) =>
  (structuredContent as { images: Record<string, unknown>[] }).images;
const lineOf = (result: { content: unknown }, handle: string) =>
  textOf(result)
    .split('\n')
    .find((line) => line.startsWith(`${handle} `));

describe('an answer', () => {
  it('names each picture by its handle first, in the text and in the data', async () => {
    const { make, upstream } = await connectToPictures(2);
    const result = await make();
    expect(imagesOf(result).map(({ handle }) => handle)).toEqual(['job:up_1#1', 'job:up_1#2']);
    expect(lineOf(result, 'job:up_1#2')).toMatch(
      new RegExp(`^job:up_1#2 \\| PNG, 640 x 480, \\d+ kB( \\| kept)? \\| ${upstream.origin}/picture-2.png$`),
    );
  });

  it('says how to go on with a picture that the library keeps, and that it is kept', async () => {
    const { make, call, config, kill } = await connectToPictures(1);
    const first = await make();
    const next = 'Name it as job:… in later calls, to edit or save it.';
    expect(first.structuredContent).toMatchObject({ next });
    await eventually(() => originalsIn(config)).toHaveLength(1);
    kill();
    const again = await call('get_image_job', { request_id: 'up_1' });
    expect(imagesOf(again)).toMatchObject([{ kept: true }]);
    expect(lineOf(again, 'job:up_1#1')).toContain(' | kept | ');
    expect(again.structuredContent).toMatchObject({ next });
    expect(textOf(again)).not.toContain('temporary');
  });

  it('does not call a picture kept that the disk has no more', async () => {
    const { make, call, config, kill } = await connectToPictures(1);
    await make();
    await eventually(() => originalsIn(config)).toHaveLength(1);
    kill();
    rmSync(libraryOf(config), { recursive: true });
    const again = await call('get_image_job', { request_id: 'up_1' });
    expect(imagesOf(again)[0]).not.toHaveProperty('kept');
    expect(textOf(again)).not.toContain('| kept');
  });

  it.each([
    ['there is no library', { keepImagesBytes: 0 }],
    ['it cannot be written', {}],
  ])('says that links are temporary where %s', async (what, given) => {
    const { make, config } = await connectToPictures(1, given);
    if (what === 'it cannot be written') {
      const library = libraryOf(config);
      mkdirSync(dirname(library), { recursive: true });
      writeFileSync(library, '');
    }
    const result = await make();
    expect(result.structuredContent).toMatchObject({
      next: 'The links are temporary: save_images keeps the images.',
    });
  });

  it('does not promise to keep what is no image', async () => {
    const { client, sandbox } = await connect({ keepImagesBytes: 1e9 });
    sandbox.engine.planNext({
      output: { videos: ['https://playgrounds-storage-public.runcomfy.net/a.mp4'] },
    });
    const result = await client.callTool({
      name: 'gpt_image_2_text_to_image',
      arguments: { prompt: 'a fox' },
    });
    expect(imagesOf(result)).toMatchObject([
      { handle: expect.stringMatching(/^job:[\w-]+#1$/), kind: 'video' },
    ]);
    expect(textOf(result)).toContain('The links are temporary: ');
  });
});
