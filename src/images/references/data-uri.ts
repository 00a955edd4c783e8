import { ToolError } from '../../errors.ts';
import { inThreadPool } from '../../thread-pool.ts';
import { openImage, throwUndecodable } from '../decode.ts';
import { ImageError } from '../image-error.ts';
import { type ImageType, mimeType } from '../media-type.ts';

/** RunComfy's own client sends at most this much of an image, in bytes. */
const MAX_SENT_BYTES = 6 << 20;

// Every model with image inputs takes these.
const SENT_TYPES: readonly ImageType[] = ['png', 'jpeg', 'webp'];
const MAX_SENT_SIDE = 4096;

const NO_SHARP = `it is not a PNG, JPEG or WebP of at most ${MAX_SENT_BYTES >> 20} MiB, and sharp, which would convert it, is not installed ("npm install sharp")`;

/**
 * A reference image as a `data:` URI: untouched if it fits, else as JPEG, or WebP if it is transparent, and only as
 * small as necessary. Throws ImageError.
 */
export async function toDataUri(data: Buffer, type: ImageType): Promise<string> {
  if (data.length <= MAX_SENT_BYTES && SENT_TYPES.includes(type)) return dataUri(data, type);
  const { pipeline } = await openImage(data, type).catch((error) => {
    throw error instanceof ToolError && error.code === 'sharp_missing' ? new ImageError(NO_SHARP) : error;
  });
  const { isOpaque } = await inThreadPool(pipeline().stats()).catch(throwUndecodable);
  for (let side = MAX_SENT_SIDE; ; side /= 2) {
    const scaled = pipeline().resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
    const encoded = isOpaque
      ? scaled.jpeg({ quality: 90, chromaSubsampling: '4:4:4' })
      : scaled.webp({ quality: 90 });
    const smaller = await inThreadPool(encoded.toBuffer()).catch(throwUndecodable);
    if (smaller.length <= MAX_SENT_BYTES) return dataUri(smaller, isOpaque ? 'jpeg' : 'webp');
  }
}

const dataUri = (data: Buffer, type: ImageType): string =>
  `data:${mimeType(type)};base64,${data.toString('base64')}`;
