import { inThreadPool } from '../thread-pool.ts';
import { openPicture, type Source, undecodable } from './decode.ts';
import { createDownloader, type DownloadLimits } from './download.ts';
import type { ImageType } from './image-type.ts';

export type PreviewSize = 'small' | 'large';

/**
 * The longer side in pixels and the most bytes. Some hosts count base64 as text, four characters a token, and cut a
 * result at 25,000 tokens: a small preview stays below that.
 */
const SIZES: Record<PreviewSize, Bounds> = {
  small: { side: 512, bytes: 60_000 },
  large: { side: 768, bytes: 200_000 },
};

interface Bounds {
  side: number;
  bytes: number;
}

/** What is known of a picture itself. Width and height, in pixels, need sharp. */
export interface Original {
  type: ImageType;
  bytes: number;
  width?: number;
  height?: number;
  /** Some of its ground shines through; a preview shows grey and white squares there. */
  isTransparent?: boolean;
}

/** A picture made small enough for a model: JPEG, which every host shows. */
export interface Preview {
  data: Buffer;
  mimeType: 'image/jpeg';
  width: number;
  height: number;
}

export interface Previews {
  /** Fetches an output and makes its preview. Throws PictureError, `sharp_missing`, or the signal's reason. */
  preview(
    url: string,
    options: { size: PreviewSize; signal?: AbortSignal },
  ): Promise<Preview & { original: Required<Original> }>;
}

/** Previews of outputs, held in memory only. `loopbackOrigin` is trusted beside RunComfy's hosts. */
export function createPreviews(options: {
  loopbackOrigin: string | undefined;
  limits?: Partial<DownloadLimits>;
}): Previews {
  const download = createDownloader(options.loopbackOrigin, options.limits);
  return {
    async preview(url, { size, signal }) {
      const chunks: Buffer[] = [];
      const { type, bytes } = await download(url, (chunk) => void chunks.push(chunk), signal);
      const { preview, ...facts } = await renderPreview(Buffer.concat(chunks), type, size);
      signal?.throwIfAborted();
      return { ...preview, original: { type, bytes, ...facts } };
    },
  };
}

/** JPEG qualities, tried in order until the preview fits; then it is made smaller. */
const QUALITIES = [82, 60, 40];

/**
 * Scales a picture down, never up, into a size, and below `mostBytes` where that is less. Decodes all of it, so that
 * a damaged one is found out. Throws PictureError or `sharp_missing`.
 */
export async function renderPreview(
  source: Source,
  type: ImageType,
  size: PreviewSize,
  mostBytes = Number.POSITIVE_INFINITY,
): Promise<Rendered> {
  const { width, height, open } = await openPicture(source, type);
  const { side, bytes } = SIZES[size];
  const { data: pixels, info } = await inThreadPool(
    open()
      .resize({ width: side, height: side, fit: 'inside', withoutEnlargement: true })
      .toColourspace('srgb')
      .ensureAlpha()
      .raw()
      .toBuffer({ resolveWithObject: true }),
  ).catch(undecodable);
  const scaled = { pixels, width: info.width, height: info.height };
  const isTransparent = layOnSquares(scaled);
  return { preview: await encode(scaled, Math.min(bytes, mostBytes)), width, height, isTransparent };
}

/** A preview, and what decoding told of the original. */
export type Rendered = { preview: Preview } & Required<Pick<Original, 'width' | 'height' | 'isTransparent'>>;

interface Scaled {
  pixels: Buffer;
  width: number;
  height: number;
}

async function encode({ pixels, width, height }: Scaled, mostBytes: number): Promise<Preview> {
  const { default: sharp } = await import('sharp');
  for (let side = Math.max(width, height); ; ) {
    let bytes = 0;
    for (const quality of QUALITIES) {
      const { data, info } = await inThreadPool(
        sharp(pixels, { raw: { width, height, channels: 4 } })
          .removeAlpha()
          .resize({ width: side, height: side, fit: 'inside' })
          .jpeg({ quality })
          .toBuffer({ resolveWithObject: true }),
      );
      if (data.length <= mostBytes || side === 1)
        return { data, mimeType: 'image/jpeg', width: info.width, height: info.height };
      bytes = data.length;
    }
    // The bytes follow the area.
    side = Math.max(1, Math.floor(side * Math.min(0.9, 0.95 * Math.sqrt(mostBytes / bytes))));
  }
}

const SQUARE = 16;
// Alpha is often a little below full where nothing shines through.
const OPAQUE = 250;

/**
 * Puts grey and white squares under what is transparent, in place: on one colour a subject of that colour would be
 * lost, and a model would not know that the ground is transparent. True where any of it is.
 */
function layOnSquares({ pixels, width, height }: Scaled): boolean {
  let isTransparent = false;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const at = (y * width + x) * 4;
      const alpha = pixels[at + 3] ?? 255;
      if (alpha >= OPAQUE) continue;
      isTransparent = true;
      const ground = ((x / SQUARE) ^ (y / SQUARE)) & 1 ? 204 : 255;
      for (let channel = at; channel < at + 3; channel++) {
        pixels[channel] = Math.round(((pixels[channel] ?? 0) * alpha + ground * (255 - alpha)) / 255);
      }
    }
  }
  return isTransparent;
}
