export type ImageType = 'png' | 'jpeg' | 'webp' | 'gif' | 'avif';

/** How many of a file's first bytes tell its type. */
export const HEAD_BYTES = 64;

/** The type that a file's first bytes tell, whatever its name or its server says. */
export function sniff(head: Buffer): ImageType | undefined {
  const ascii = head.toString('latin1', 0, HEAD_BYTES);
  if (ascii.startsWith('\x89PNG\r\n\x1a\n')) return 'png';
  if (ascii.startsWith('\xff\xd8\xff')) return 'jpeg';
  if (ascii.startsWith('GIF87a') || ascii.startsWith('GIF89a')) return 'gif';
  if (ascii.startsWith('RIFF') && ascii.slice(8, 12) === 'WEBP') return 'webp';
  // AVIF's brand may come late in the list of compatible brands.
  return ascii.slice(4, 8) === 'ftyp' && ascii.slice(8).includes('avif') ? 'avif' : undefined;
}

/** What a file is that is no image, such as "it is a web page". */
export function describeNonImage(head: Buffer): string {
  if (head.length === 0) return 'it is empty';
  const text = head
    .toString('utf8')
    .replace(/^\ufeff?\s*/, '')
    .toLowerCase();
  if (text.includes('<svg')) return 'it is an SVG drawing, which may hold scripts';
  if (/^<(!doctype html|html|head|body)/.test(text)) return 'it is a web page';
  if (/^[{[<]/.test(text)) return 'it is a text';
  return 'it is not a PNG, JPEG, WebP, GIF or AVIF';
}

export const mimeType = (type: ImageType): string => `image/${type}`;
export const extension = (type: ImageType): string => (type === 'jpeg' ? 'jpg' : type);

/** The extension for a MIME type that this program tells by a file's bytes. */
export const extensionOf = (mime: string): string | undefined =>
  (['png', 'jpeg', 'webp', 'gif', 'avif'] as const)
    .filter((type) => mimeType(type) === mime)
    .map((type) => extension(type))[0];
