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
  const isNarrow = maxWidth === Number.POSITIVE_INFINITY || (width !== undefined && width <= maxWidth);
  if (isRightType && isNarrow) return undefined;
  const image = await unlessAborted(openImage(data, type), signal).catch((error) => {
    if (error instanceof ToolError && error.code === 'sharp_missing') throw asIs(NO_SHARP, error);
    throw error instanceof ImageError ? asIs(error.reason, error) : error;
  });
  const target = format ?? FORMATS.find((one) => one === type);
  if (!target)
    throw new ImageError(`it is ${type.toUpperCase()}, which only changes its size with another format`, {
      next: `Give a format as well: ${FORMATS.join(', ')}.`,
    });
  if (image.isAnimated) throw asIs('it is an animation, of which only the first frame would be left');
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

const NO_SHARP =
  'it would have to be converted, and sharp is not installed: "npm install sharp" in the folder of runcomfy-image-mcp adds it';

/** The error of an image that can only be saved as it is. */
const asIs = (reason: string, cause?: ImageError | ToolError): ImageError =>
  new ImageError(reason, {
    next: 'Leave format and max_width out, and the extension out of its name.',
    cause,
  });
