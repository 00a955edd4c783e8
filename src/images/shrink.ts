import { inThreadPool } from '../thread-pool.ts';
import { openPicture, undecodable } from './decode.ts';
import { type ImageType, mimeType } from './image-type.ts';

/** RunComfy's own client sends at most this much of a picture, in bytes. */
export const MAX_SENT = 6 << 20;

// Every model with image inputs takes these.
const SENT: readonly ImageType[] = ['png', 'jpeg', 'webp'];
const FIRST_SIDE = 4096;

/**
 * A picture as it is sent, as a `data:` URI: untouched where it fits, else as JPEG, or WebP where it is transparent,
 * scaled down only as far as it must be. Throws PictureError, or `sharp_missing` where it has to be encoded anew.
 */
export async function toDataUri(data: Buffer, type: ImageType): Promise<string> {
  if (data.length <= MAX_SENT && SENT.includes(type)) return uri(data, type);
  const { open } = await openPicture(data, type);
  const { isOpaque } = await inThreadPool(open().stats()).catch(undecodable);
  for (let side = FIRST_SIDE; ; side /= 2) {
    const scaled = open().resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true });
    const encoded = isOpaque
      ? scaled.jpeg({ quality: 90, chromaSubsampling: '4:4:4' })
      : scaled.webp({ quality: 90 });
    const smaller = await inThreadPool(encoded.toBuffer()).catch(undecodable);
    if (smaller.length <= MAX_SENT) return uri(smaller, isOpaque ? 'jpeg' : 'webp');
  }
}

const uri = (data: Buffer, type: ImageType): string =>
  `data:${mimeType(type)};base64,${data.toString('base64')}`;
