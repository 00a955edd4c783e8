import type { Sharp } from 'sharp';
import { PREVIEW_SIDES, type PreviewSize } from '../config/settings.ts';
import { inThreadPool } from '../thread-pool.ts';
import { loadSharp, openImage, throwUndecodable } from './decode.ts';
import type { ImageType } from './media-type.ts';

/** An image made small enough for a model: a JPEG, which every host shows. */
export interface Preview {
  data: Buffer;
  mimeType: 'image/jpeg';
}

/** A preview, and what decoding showed of the original. */
export interface RenderedPreview {
  preview: Preview;
  width: number;
  height: number;
  /** Present where something shines through; the preview shows grey and white squares there. */
  transparent?: true;
}

// Some hosts count base64 as text, four characters a token, and cut a result at 25,000 tokens: a small preview stays
// below that.
const MAX_BYTES: Record<PreviewSize, number> = { small: 60_000, large: 200_000 };
// JPEG qualities, tried in order until the preview fits; then it is made smaller.
const QUALITIES = [82, 60, 40];
// Alpha is often a little below 255 where nothing shines through.
const MIN_OPAQUE_ALPHA = 250;

/**
 * Scales an image down, never up, to a size and at most `maxBytes`. All of it is decoded, so that damage is found.
 * Throws ImageError or `sharp_missing`.
 */
export async function renderPreview(
  source: string | Buffer,
  type: ImageType,
  size: PreviewSize,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<RenderedPreview> {
  const { width, height, pipeline } = await openImage(source, type);
  const side = PREVIEW_SIDES[size];
  const { data, info } = await inThreadPool(
    pipeline()
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true }),
  ).catch(throwUndecodable);
  const sharp = await loadSharp();
  const scaled = sharp(data, { raw: info });
  const [, , , alpha] = (await inThreadPool(scaled.stats())).channels;
  const isTransparent = alpha !== undefined && alpha.min < MIN_OPAQUE_ALPHA;
  const opaque = isTransparent
    ? sharp(checkerboard(info.width, info.height)).composite([{ input: data, raw: info }])
    : scaled;
  const preview = await encode(
    opaque.removeAlpha(),
    Math.max(info.width, info.height),
    Math.min(MAX_BYTES[size], maxBytes),
  );
  return { preview, width, height, ...(isTransparent && { transparent: true }) };
}

/** An opaque image as a JPEG of at most `maxBytes`, made smaller if lower quality is not enough. */
export async function encode(image: Sharp, longestSide: number, maxBytes: number): Promise<Preview> {
  const pixels = await inThreadPool(image.raw().toBuffer({ resolveWithObject: true }));
  const sharp = await loadSharp();
  for (let side = longestSide; ; ) {
    const scaled = sharp(pixels.data, { raw: pixels.info }).resize({
      width: side,
      height: side,
      fit: 'inside',
    });
    let bytes = 0;
    for (const quality of QUALITIES) {
      const data = await inThreadPool(scaled.clone().jpeg({ quality }).toBuffer());
      if (data.length <= maxBytes || side === 1) return { data, mimeType: 'image/jpeg' };
      bytes = data.length;
    }
    // The bytes follow the area.
    side = Math.max(1, Math.floor(side * Math.min(0.9, 0.95 * Math.sqrt(maxBytes / bytes))));
  }
}

/**
 * What shows through: on one colour a subject of that colour would be lost, and a model would not know that the
 * background is transparent.
 */
const checkerboard = (width: number, height: number): Buffer =>
  Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}">
    <pattern id="squares" width="32" height="32" patternUnits="userSpaceOnUse">
      <path fill="#fff" d="M0 0h32v32H0z"/><path fill="#ccc" d="M16 0h16v16H16zM0 16h16v16H0z"/>
    </pattern>
    <rect width="100%" height="100%" fill="url(#squares)"/>
  </svg>`);
