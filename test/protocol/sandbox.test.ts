import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { connect } from '../support/program.ts';

interface Told {
  status: string;
  cost_usd?: number;
  images: { url: string; type?: string; width?: number; height?: number }[];
}

/** Calls a tool on the sandbox and tells what it answered, with the true sizes of its pictures. */
async function call(name: string, args: Record<string, unknown>) {
  const { client } = await connect({ sandboxOptions: { pace: 0 } });
  const { structuredContent } = await client.callTool({ name, arguments: args });
  const { images, ...told } = structuredContent as unknown as Told;
  const sizes = await Promise.all(
    images.map(async ({ url }) => {
      const response = await fetch(url);
      if (!response.headers.get('content-type')?.startsWith('image/')) return response.status;
      const { width, height } = await sharp(await response.arrayBuffer()).metadata();
      return `${width}x${height}`;
    }),
  );
  return { ...told, sizes };
}

const run = (model: string, input: Record<string, unknown>) => call('run_image_model', { model, input });

describe('the sandbox answers as RunComfy publishes', () => {
  it('the published default of a size that is left out', async () => {
    expect((await call('gpt_image_1_5_text_to_image', { prompt: 'a fox' })).sizes).toEqual(['1536x1024']);
  });

  it('a shape and a resolution that are left to the model', async () => {
    const input = { prompt: 'a fox', aspect_ratio: 'auto', resolution: '2K' };
    const { sizes } = await run('google/nano-banana-2/text-to-image', input);
    expect(sizes).toEqual(['2048x2048']);
  });

  it('width and height', async () => {
    const input = { prompt: 'a fox', width: 2048, height: 1024 };
    expect((await run('bytedance/seedream-4-5/text-to-image', input)).sizes).toEqual(['2048x1024']);
  });

  it('several images, each at its price, and each another picture', async () => {
    const told = await run('google/nano-banana-2/text-to-image', { prompt: 'a fox', num_images: 3 });
    expect(told).toMatchObject({ sizes: ['1024x1024', '1024x1024', '1024x1024'], cost_usd: 0.201 });
  });

  it('a film by its seconds', async () => {
    expect(await run('alibaba/wan-2-6/text-to-video', { prompt: 'a fox' })).toMatchObject({ cost_usd: 0.5 });
    const longer = { prompt: 'a fox', duration: 10 };
    expect(await run('alibaba/wan-2-6/text-to-video', longer)).toMatchObject({ cost_usd: 1 });
  });

  it('shows what an edit starts from, where it drew that itself', async () => {
    const { client } = await connect({ sandboxOptions: { pace: 0 } });
    const pictureOf = async (model: string, input: Record<string, unknown>) => {
      const { structuredContent } = await client.callTool({
        name: 'run_image_model',
        arguments: { model, input },
      });
      const [{ url }] = (structuredContent as unknown as Told).images as [{ url: string }];
      const image = sharp(await (await fetch(url)).arrayBuffer());
      return { url, ...(await image.raw().toBuffer({ resolveWithObject: true })) };
    };
    const first = await pictureOf('alibaba/qwen-image/text-to-image', { prompt: 'a fox' });
    const edit = await pictureOf('google/nano-banana-2/edit', { prompt: 'bluer', image_urls: [first.url] });
    // In the mark, which has a colour of its own.
    const at = (82 * first.info.width + 68) * first.info.channels;
    expect(edit.data.includes(first.data.subarray(at, at + 3))).toBe(true);
  });
});
