import type { Sharp } from 'sharp';
import { ToolError } from '../errors.ts';
import { inThreadPool } from '../thread-pool.ts';
import type { ImageType } from './image-type.ts';
import { PictureError } from './picture-error.ts';

/** Bounds of what is decoded, against pictures that are small files and large in memory: 4k squares have 17 million. */
const MAX_PIXELS = 50_000_000;
const MAX_SIDE = 16_384;
const DECODE_WITHIN_SECONDS = 20;

/** A picture that can be decoded; a file's path or its bytes. */
export type Source = string | Buffer;

/** An opened picture, of which only the header has been read. Animations show their first frame. */
export interface Decodable {
  /** As it is shown: turned as its EXIF says. */
  width: number;
  height: number;
  /** The picture, upright; each call is a pipeline of its own. */
  open(): Sharp;
}

/** sharp, loaded when it is first needed. Throws `sharp_missing` where this installation has none. */
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

/** Reads a picture's header. Throws PictureError where it is damaged, not of the type, or too large to decode. */
export async function openPicture(source: Source, type: ImageType): Promise<Decodable> {
  const sharp = await loadSharp();
  const options = { limitInputPixels: MAX_PIXELS, failOn: 'truncated' as const };
  const { format, width, height, autoOrient } = await inThreadPool(
    sharp(source, { ...options, limitInputPixels: false }).metadata(),
  ).catch(undecodable);
  if (format !== (type === 'avif' ? 'heif' : type)) throw new PictureError(`it is not a valid ${type}`);
  if (width * height > MAX_PIXELS || Math.max(width, height) > MAX_SIDE)
    throw new PictureError(`it has ${width} x ${height} pixels, too many to decode`);
  return {
    width: autoOrient.width,
    height: autoOrient.height,
    open: () => sharp(source, options).timeout({ seconds: DECODE_WITHIN_SECONDS }).autoOrient(),
  };
}

/** For what sharp throws while it decodes. */
export function undecodable(error: unknown): never {
  if (/^timeout/.test((error as Error).message)) throw new PictureError('it takes too long to decode', error);
  throw new PictureError('it is damaged and cannot be decoded', error);
}
