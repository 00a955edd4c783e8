import { badge } from './badge.ts';
import { plainPng } from './plain-png.ts';
import { randomFrom } from './random.ts';
import { compose } from './scene.ts';
import { n } from './sheet.ts';

/** What to draw, and how to hand it over. */
export interface PictureRequest {
  prompt: string;
  width: number;
  height: number;
  format: 'png' | 'jpeg' | 'webp';
  /** Leaves out everything around the subject; JPEG has no transparency and ignores it. */
  transparent?: boolean;
  /** Anything else of the input that should change the picture, already as text. */
  variation?: string;
}

/** Bounds on the memory that one picture can take. */
const MOST_PIXELS = 36_000_000;
const LONGEST_SIDE = 16_000;

/** A picture as it is served. */
export interface Drawn {
  /** Its MIME type. */
  type: string;
  data: Buffer;
}

/**
 * Draws the picture that the sandbox answers a prompt with: the same request, the same bytes. Without sharp it is a plain
 * PNG of the asked size.
 */
export async function drawPicture(request: PictureRequest): Promise<Drawn> {
  const { width, height } = request;
  if (
    !Number.isInteger(width) ||
    !Number.isInteger(height) ||
    width < 1 ||
    height < 1 ||
    width * height > MOST_PIXELS ||
    Math.max(width, height) > LONGEST_SIDE
  ) {
    throw new RangeError(`the sandbox cannot draw a picture of ${width} x ${height} pixels`);
  }
  const sharp = await import('sharp').then(
    (module) => module.default,
    () => undefined,
  );
  if (!sharp) return { type: 'image/png', data: plainPng(width, height, request.prompt) };
  const clear = request.transparent === true && request.format !== 'jpeg';
  // The SVG has the picture's size already, so no resize needs a second copy of the pixels.
  const drawn = sharp(Buffer.from(pictureSvg(request, clear)), { limitInputPixels: MOST_PIXELS });
  const image = clear ? drawn : drawn.flatten({ background: '#ffffff' });
  const encoded = {
    png: () => image.png({ compressionLevel: 6, adaptiveFiltering: false }),
    jpeg: () => image.jpeg({ quality: 88 }),
    webp: () => image.webp({ quality: 86, effort: 1 }),
  }[request.format]();
  return { type: `image/${request.format}`, data: await encoded.toBuffer() };
}

function pictureSvg({ prompt, width, height, variation = '' }: PictureRequest, transparent: boolean): string {
  const short = Math.min(width, height);
  const [w, h] = [(width / short) * 1000, (height / short) * 1000];
  const random = randomFrom(JSON.stringify([prompt, variation]));
  const { defs, content, palette } = compose(prompt, w, h, random, transparent);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${n(w)} ${n(h)}" preserveAspectRatio="none">${defs}${content}${badge(prompt, palette, w, h)}</svg>`;
}
