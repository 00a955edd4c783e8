import { expect } from 'vitest';
import type { Provider } from '../../hosts/mock/provider.ts';
import { startProvider } from '../../hosts/mock/provider.ts';

const MAKE = { name: 'gpt_image_1_5_text_to_image', args: { prompt: 'a fox in snow', quality: 'low' } };
// The first bytes of a JPEG.
const JPEG = 'ffd8ff';

/** A model that makes one picture. */
export const startArtist = (): Promise<Provider> => startProvider([MAKE]);

/** Holds that the model got one picture of the sandbox, and saw it if its host shows pictures. */
export function expectPicture({ results, refusals }: Provider, { images }: { images: boolean }): void {
  expect(refusals).toEqual([]);
  expect(results).toHaveLength(1);
  const [sent] = results;
  expect(sent?.text).toMatch(/job:[\w-]+#1/);
  expect(sent?.text).toMatch(/http:\/\/127\.0\.0\.1:\d+\/outputs\//);
  // A preview is made by the sharp that came with the plugin.
  expect(sent?.images.map((image) => image.subarray(0, 3).toString('hex'))).toEqual(images ? [JPEG] : []);
}
