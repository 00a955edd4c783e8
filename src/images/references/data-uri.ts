import { inThreadPool } from '../../thread-pool.ts';
import { openImage, throwUndecodable } from '../decode.ts';
import { type ImageType, mimeType } from '../media-type.ts';

/** RunComfy's own client sends at most this much of an image, in bytes. */
export const MAX_SENT_BYTES = 6 << 20;

// Every model with image inputs takes these.
const SENT_TYPES: readonly ImageType[] = ['png', 'jpeg', 'webp'];
const MAX_SENT_SIDE = 4096;

/**
 * A reference image as a `data:` URI: untouched if it fits, else as JPEG, or WebP if it is transparent, and only as
 * small as necessary. Throws ImageError, or `sharp_missing` if it has to be encoded again.
 */
export async function toDataUri(data: Buffer, type: ImageType): Promise<string> {
  if (data.length <= MAX_SENT_BYTES && SENT_TYPES.includes(type)) return dataUri(data, type);
  const { pipeline } = await openImage(data, type);
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
