import { badge } from './badge.ts';
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

async function loadSharp() {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw new Error('the sandbox draws its pictures with sharp: npm install sharp', { cause });
  }
}

/** Draws the picture that the sandbox answers a prompt with: the same request, the same bytes. */
export async function drawPicture(request: PictureRequest): Promise<Buffer> {
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
  const sharp = await loadSharp();
  const clear = request.transparent === true && request.format !== 'jpeg';
  // The SVG has the picture's size already, so no resize needs a second copy of the pixels.
  const drawn = sharp(Buffer.from(pictureSvg(request, clear)), { limitInputPixels: MOST_PIXELS });
  const image = clear ? drawn : drawn.flatten({ background: '#ffffff' });
  switch (request.format) {
    case 'png':
      return image.png({ compressionLevel: 6, adaptiveFiltering: false }).toBuffer();
    case 'jpeg':
      return image.jpeg({ quality: 88 }).toBuffer();
    case 'webp':
      return image.webp({ quality: 86, effort: 1 }).toBuffer();
  }
}

function pictureSvg({ prompt, width, height, variation = '' }: PictureRequest, transparent: boolean): string {
  const short = Math.min(width, height);
  const [w, h] = [(width / short) * 1000, (height / short) * 1000];
  const random = randomFrom(JSON.stringify([prompt, variation]));
  const { defs, content, palette } = compose(prompt, w, h, random, transparent);
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${n(w)} ${n(h)}" preserveAspectRatio="none">${defs}${content}${badge(prompt, palette, w, h)}</svg>`;
}
