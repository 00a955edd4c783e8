import type { PictureRequest } from './picture/picture.ts';

// The longer side in pixels of gpt-image-2's resolutions; the published pages give no figures, so round ones stand here.
const LONG_SIDE: Record<string, number> = { '1k': 1024, '2k': 2048, '4k': 4096 };

/** What to draw for a model's input: the size, format and background that it asks for. */
export function pictureFor(input: Record<string, unknown>): PictureRequest {
  const text = (name: string) => (typeof input[name] === 'string' ? (input[name] as string) : undefined);
  const [width, height] = size(text('image_size'), text('aspect_ratio') ?? text('size'), text('resolution'));
  const { prompt: _, ...rest } = input;
  return {
    prompt: text('prompt') ?? '',
    width,
    height,
    format: (text('output_format') ?? 'png') as PictureRequest['format'],
    transparent: text('background') === 'transparent',
    variation: JSON.stringify(rest.seed ?? rest.image_urls ?? ''),
  };
}

function size(
  pixels: string | undefined,
  ratio: string | undefined,
  resolution: string | undefined,
): [number, number] {
  const exact = /^(\d+)x(\d+)$/.exec(pixels ?? '');
  if (exact) return [Number(exact[1]), Number(exact[2])];
  const [across = 1, down = 1] = (ratio ?? '1:1').split(':').map(Number);
  const long = LONG_SIDE[resolution ?? '1k'] ?? 1024;
  // Without a resolution the shorter side has 1024 pixels, as gpt-image's own 3:2 and 2:3 have; 3:1 is kept at 1k.
  const scale =
    resolution === undefined && Math.max(across, down) / Math.min(across, down) <= 1.5
      ? 1024 / Math.min(across, down)
      : long / Math.max(across, down);
  return [Math.round(across * scale), Math.round(down * scale)];
}
