import type { PublishedField, PublishedSchema } from './catalogue/published.ts';
import type { PictureRequest } from './picture/picture.ts';

type Input = Record<string, unknown>;

// The longer side in pixels of a resolution; the published pages give no figures, so round ones stand here.
const LONG_SIDE: Record<string, number> = { '1k': 1024, '2k': 2048, '4k': 4096 };
const USUAL_SIDE = 1024;

/** The input as the service understands it: what was left out has its published default, but for samples. */
export function withDefaults(input: Input, { properties }: PublishedSchema): Input {
  const decides = ([name, field]: [string, PublishedField]) =>
    !(name in input) && isSetting(field) && field.default !== undefined && field.default !== null;
  const defaults = Object.entries(properties).filter(decides);
  return { ...Object.fromEntries(defaults.map(([name, field]) => [name, field.default])), ...input };
}

/** A prompt and a reference have a sample as their default; choices and numbers have one that decides. */
const isSetting = ({ enum: values, type }: PublishedField): boolean =>
  values !== undefined || (type !== undefined && ['integer', 'float', 'number', 'boolean'].includes(type));

/** How many pictures an input asks for. */
export function countOf(input: Input): number {
  const count = input.num_images ?? input.n;
  return typeof count === 'number' && count >= 1 ? Math.floor(count) : 1;
}

/** How many seconds of film an input asks for: 5, `"5"` or `"5s"`, as models have it. */
export function secondsOf({ duration }: Input): number {
  const seconds = Number.parseFloat(String(duration));
  return seconds > 0 ? seconds : 1;
}

/** What to draw for a model's input, as the `index`th of its pictures: the size, format and background that it asks for. */
export function pictureFor(input: Input, index = 0): PictureRequest {
  const [width, height] = sizeOf(input);
  const text = (name: string) => textAt(input, name);
  return {
    prompt: text('prompt') ?? '',
    width,
    height,
    format: (text('output_format') ?? 'png') as PictureRequest['format'],
    transparent: text('background') === 'transparent',
    variation: JSON.stringify([input.seed ?? input.image_urls ?? '', index]),
  };
}

const textAt = (input: Input, name: string): string | undefined =>
  typeof input[name] === 'string' ? (input[name] as string) : undefined;

/** Width and height in pixels. What names no shape, such as `auto`, is a square. */
function sizeOf(input: Input): [number, number] {
  const { width, height } = input;
  if (typeof width === 'number' && typeof height === 'number') return [width, height];
  const [pixels, size] = [textAt(input, 'image_size'), textAt(input, 'size')];
  const exact = /^(\d+)x(\d+)$/.exec(pixels ?? size ?? '');
  if (exact) return [Number(exact[1]), Number(exact[2])];
  const ratio = /^(\d+):(\d+)$/.exec(textAt(input, 'aspect_ratio') ?? size ?? '');
  const [across, down] = ratio ? [Number(ratio[1]), Number(ratio[2])] : [1, 1];
  const resolution = textAt(input, 'resolution')?.toLowerCase();
  const long = LONG_SIDE[resolution ?? ''] ?? USUAL_SIDE;
  // Without a resolution the shorter side has 1024 pixels, as gpt-image's own 3:2 and 2:3 have; 3:1 is kept at 1k.
  const isMild = Math.max(across, down) / Math.min(across, down) <= 1.5;
  const scale =
    resolution === undefined && isMild ? USUAL_SIDE / Math.min(across, down) : long / Math.max(across, down);
  return [Math.round(across * scale), Math.round(down * scale)];
}
