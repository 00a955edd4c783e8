import { unlessAborted } from '../../clock.ts';
import { ToolError } from '../../errors.ts';
import { inThreadPool } from '../../thread-pool.ts';
import { openImage, throwUndecodable } from '../decode.ts';
import type { Download } from '../download.ts';
import { ImageError } from '../image-error.ts';

/** What images can be converted to. */
export const FORMATS = ['png', 'jpeg', 'webp'] as const;
export type Format = (typeof FORMATS)[number];

/** How an image is to be saved; without anything as it is. */
export interface Wanted {
  format?: Format | undefined;
  /** In pixels. A narrower image stays as it is. */
  maxWidth?: number | undefined;
}

/** An image that was converted. */
export interface Converted extends Download {
  type: Format;
  width: number;
  height: number;
}

const QUALITY = 90;

/**
 * An image as it is wanted, upright, or undefined if it is that already; `width` is its own, if known. Throws ImageError,
 * or the signal's reason: decoding cannot be stopped, but is not waited for.
 */
export async function convert(
  { type, data }: Download,
  width: number | undefined,
  { format, maxWidth = Number.POSITIVE_INFINITY }: Wanted,
  signal: AbortSignal,
): Promise<Converted | undefined> {
  const isRightType = format === undefined || format === type;
  if (isRightType && (maxWidth === Number.POSITIVE_INFINITY || (width ?? maxWidth + 1) <= maxWidth))
    return undefined;
  const image = await unlessAborted(openImage(data, type), signal).catch((error) => {
    throw error instanceof ToolError && error.code === 'sharp_missing' ? noSharp(error) : error;
  });
  if (isRightType && image.width <= maxWidth) return undefined;
  const target = format ?? FORMATS.find((one) => one === type);
  if (!target)
    throw new ImageError(`it is ${type.toUpperCase()}, which only changes its size with another format`, {
      next: `Give a format as well: ${FORMATS.join(', ')}.`,
    });
  if (image.isAnimated)
    throw new ImageError('it is an animation, of which only the first frame would be left', {
      next: 'Leave format and max_width out.',
    });
  const upright = image.pipeline();
  const scaled = Number.isFinite(maxWidth)
    ? upright.resize({ width: maxWidth, withoutEnlargement: true })
    : upright;
  const encoded = {
    png: () => scaled.png(),
    jpeg: () => scaled.flatten({ background: '#fff' }).jpeg({ quality: QUALITY, chromaSubsampling: '4:4:4' }),
    webp: () => scaled.webp({ quality: QUALITY }),
  }[target]();
  const encoding = inThreadPool(encoded.toBuffer({ resolveWithObject: true })).catch(throwUndecodable);
  const { data: made, info } = await unlessAborted(encoding, signal);
  return { type: target, data: made, width: info.width, height: info.height };
}

const noSharp = (cause: ToolError) =>
  new ImageError('it would have to be converted, and sharp, which does that, is not installed', {
    next: 'Leave format and max_width out, or install it with "npm install sharp" in the folder of runcomfy-image-mcp.',
    cause,
  });
