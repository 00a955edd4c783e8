import type { PublishedField, PublishedSchema } from './models/published.ts';

type Input = Record<string, unknown>;

/** A test card: it shows what was asked for and does not pretend to be it. */
export interface Card {
  prompt: string;
  model: string;
  settings: string;
  references: readonly Reference[];
  /** Determines the background, together with the index. */
  seed: string;
  index: number;
  count: number;
  width: number;
  height: number;
  format: 'png' | 'jpeg' | 'webp';
  /** Leaves the edges transparent; ignored for JPEG. */
  transparent: boolean;
}

/** An image of the input: shown if its data is known, else named. */
export interface Reference {
  label: string;
  url: string;
  data?: Buffer | undefined;
}

// The longer side of a resolution, in pixels; the published pages give no figures, so these are round ones.
const LONG_SIDE: Record<string, number> = { '1k': 1024, '2k': 2048, '4k': 4096 };
const DEFAULT_SIDE = 1024;
// The prompt of models that call it something else: scene_description, text, 92_prompt.
const PROMPT = /^(?!negative).*(prompt|text|description)/;
// Longer texts are cut: their letters would be too small to read, and slow to fit.
const MAX_PROMPT = 8_000;
const MAX_SETTING = 60;

/** The input with the published defaults filled in, except for samples. */
export function withDefaults(input: Input, { properties }: PublishedSchema): Input {
  const decides = ([name, field]: [string, PublishedField]) =>
    !(name in input) && isSetting(field) && field.default !== undefined && field.default !== null;
  const defaults = Object.entries(properties).filter(decides);
  return { ...Object.fromEntries(defaults.map(([name, field]) => [name, field.default])), ...input };
}

/** The default of a prompt or a reference is only a sample; that of a choice or a number counts. */
const isSetting = ({ enum: values, type }: PublishedField): boolean =>
  values !== undefined || (type !== undefined && ['integer', 'float', 'number', 'boolean'].includes(type));

/** How many images an input asks for. */
export function countOf(input: Input): number {
  const count = input.num_images ?? input.n;
  return typeof count === 'number' && count >= 1 ? Math.floor(count) : 1;
}

/** How many seconds of video an input asks for: 5, `"5"` or `"5s"`, depending on the model. */
export function secondsOf({ duration }: Input): number {
  const seconds = Number.parseFloat(String(duration));
  return seconds > 0 ? seconds : 1;
}

/** The image format that an input asks for. */
export const formatOf = (input: Input) => (textAt(input, 'output_format') ?? 'png') as Card['format'];

/** The test card for the `index`th image of an input, in the size, format and background that it asks for. */
export function cardFor(model: string, input: Input, index = 0): Card {
  const [width, height] = sizeOf(input);
  const format = formatOf(input);
  const promptName = 'prompt' in input ? 'prompt' : Object.keys(input).find((name) => PROMPT.test(name));
  const fields = Object.entries(input).filter(([name]) => name !== promptName);
  const settings = fields
    .filter(([name, value]) => referencesIn(name, value).length === 0)
    .map(([name, value]) => `${name}\u00a0${cut(asText(value), MAX_SETTING)}`);
  return {
    prompt: cut(asText(input[promptName ?? ''] ?? ''), MAX_PROMPT),
    model,
    settings: [...settings, `${width}\u00a0×\u00a0${height} ${format}`].join(' · '),
    references: fields.flatMap(([name, value]) => referencesIn(name, value)),
    seed: JSON.stringify([model, input]),
    index,
    count: countOf(input),
    width,
    height,
    format,
    transparent: textAt(input, 'background') === 'transparent',
  };
}

const asText = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

const cut = (text: string, max: number): string =>
  text.length > max ? `${text.slice(0, max)}… (${text.length - max} more characters)` : text;

function referencesIn(name: string, value: unknown): Reference[] {
  const urls = [value]
    .flat()
    .filter((item) => typeof item === 'string' && /^(https?|data):/.test(item)) as string[];
  return urls.map((url, at) => ({ label: urls.length > 1 ? `${name}\u00a0${at + 1}` : name, url }));
}

const textAt = (input: Input, name: string): string | undefined =>
  typeof input[name] === 'string' ? (input[name] as string) : undefined;

/** Width and height in pixels; a square if no shape is named, as with `auto`. */
function sizeOf(input: Input): [number, number] {
  const { width, height } = input;
  if (typeof width === 'number' && typeof height === 'number') return [width, height];
  const [pixels, size] = [textAt(input, 'image_size'), textAt(input, 'size')];
  const exact = /^(\d+)x(\d+)$/.exec(pixels ?? size ?? '');
  if (exact) return [Number(exact[1]), Number(exact[2])];
  const ratio = /^(\d+):(\d+)$/.exec(textAt(input, 'aspect_ratio') ?? size ?? '');
  const [across, down] = ratio ? [Number(ratio[1]), Number(ratio[2])] : [1, 1];
  const resolution = textAt(input, 'resolution')?.toLowerCase();
  const long = LONG_SIDE[resolution ?? ''] ?? DEFAULT_SIDE;
  // Without a resolution the shorter side has 1024 pixels, as gpt-image's own 3:2 and 2:3 have; 3:1 is kept at 1k.
  const isMild = Math.max(across, down) / Math.min(across, down) <= 1.5;
  const scale =
    resolution === undefined && isMild
      ? DEFAULT_SIDE / Math.min(across, down)
      : long / Math.max(across, down);
  return [Math.round(across * scale), Math.round(down * scale)];
}
