import type { Sharp } from 'sharp';
import { ToolError } from '../errors.ts';
import { inThreadPool } from '../thread-pool.ts';
import { ImageError } from './image-error.ts';
import type { ImageType } from './media-type.ts';

// Against images that are small as files and large in memory: a square of 4k has 17 million pixels.
const MAX_PIXELS = 50_000_000;
const MAX_SIDE = 16_384;
const DECODE_TIMEOUT_SECONDS = 20;

/** An image of which only the header has been read. Animations show their first frame. */
export interface OpenedImage {
  /** As displayed: turned as its EXIF says. */
  width: number;
  height: number;
  /** Whether it has several frames. */
  isAnimated: boolean;
  /** A new pipeline over the upright image. */
  pipeline(): Sharp;
}

/** sharp, loaded when first needed. Throws `sharp_missing` where it is not installed. */
export async function loadSharp(): Promise<typeof import('sharp').default> {
  try {
    return (await import('sharp')).default;
  } catch (cause) {
    throw new ToolError('sharp_missing', 'Previews need sharp, which is not installed.', {
      next: 'Install it with "npm install sharp" in the folder of runcomfy-image-mcp, or start with --preview off.',
      cause,
    });
  }
}

/** Reads the header of a file or its bytes. Throws ImageError if it is damaged, of another type or too large. */
export async function openImage(source: string | Buffer, type: ImageType): Promise<OpenedImage> {
  const sharp = await loadSharp();
  const options = { limitInputPixels: MAX_PIXELS, failOn: 'truncated' as const };
  const {
    format,
    width,
    height,
    pages = 1,
    autoOrient,
  } = await inThreadPool(sharp(source, { ...options, limitInputPixels: false }).metadata()).catch(
    throwUndecodable,
  );
  if (format !== (type === 'avif' ? 'heif' : type))
    throw new ImageError(`it is not a valid ${type}`, { isRefused: true });
  const isRefused = Math.max(width, height) > MAX_SIDE;
  if (width * height > MAX_PIXELS || isRefused)
    throw new ImageError(`it has ${width} x ${height} pixels, too many to decode`, { isRefused });
  return {
    width: autoOrient.width,
    height: autoOrient.height,
    isAnimated: pages > 1,
    pipeline: () => sharp(source, options).timeout({ seconds: DECODE_TIMEOUT_SECONDS }).autoOrient(),
  };
}

/** Turns what sharp throws while decoding into an ImageError. */
export function throwUndecodable(error: unknown): never {
  if (/^timeout/.test((error as Error).message))
    throw new ImageError('it takes too long to decode', { cause: error });
  throw new ImageError('it is damaged and cannot be decoded', { cause: error, isRefused: true });
}
