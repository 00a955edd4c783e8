// biome-ignore-all lint/suspicious/noControlCharactersInRegex: the first bytes of most types hold some.
import type { MediaKind } from '../runcomfy/outputs.ts';

export type ImageType = 'png' | 'jpeg' | 'webp' | 'gif' | 'avif';

/** A type of file that is known by its first bytes, which `head` matches as Latin-1. */
export interface MediaType {
  readonly kind: MediaKind;
  readonly mime: string;
  readonly extension: string;
  readonly head: RegExp;
}

/** How many of a file's first bytes tell its type. */
export const HEAD_BYTES = 64;

const row = (kind: MediaKind, mime: string, extension: string, head: RegExp): MediaType => {
  return { kind, mime, extension, head };
};

// The first match counts. Those that are no images ask for bytes that no text, page or program begins with.
const MEDIA_TYPES: readonly MediaType[] = [
  row('image', 'image/png', 'png', /^\x89PNG\r\n\x1a\n/),
  row('image', 'image/jpeg', 'jpg', /^\xff\xd8\xff/),
  row('image', 'image/gif', 'gif', /^GIF8[79]a/),
  row('image', 'image/webp', 'webp', /^RIFF.{4}WEBP/s),
  // AVIF's brand may come late in the list of compatible brands.
  row('image', 'image/avif', 'avif', /^.{4}ftyp.*avif/s),
  row('audio', 'audio/mp4', 'm4a', /^\0{3}.ftypM4[AB] /s),
  row('video', 'video/quicktime', 'mov', /^\0{3}.ftypqt {2}/s),
  // Major brands only: HEIC pictures and camera raws name these as compatible.
  row('video', 'video/mp4', 'mp4', /^\0{3}.ftyp(?:iso[m2-9]|mp4[12]|avc1|dash|M4V |cmf[c2])/s),
  row('video', 'video/webm', 'webm', /^\x1aE\xdf\xa3.*B\x82.{1,8}webm/s),
  row('video', 'video/matroska', 'mkv', /^\x1aE\xdf\xa3.*B\x82.{1,8}matroska/s),
  row('video', 'video/x-msvideo', 'avi', /^RIFF.{4}AVI LIST/s),
  row('audio', 'audio/wav', 'wav', /^RIFF.{4}WAVE(?:fmt |JUNK|bext|LIST)/s),
  row('audio', 'audio/mpeg', 'mp3', /^ID3[\x02-\x04]\0/),
  // Without a tag: a frame of layer III whose bit rate exists; for AAC a frame of its usual profile, LC.
  row('audio', 'audio/mpeg', 'mp3', /^\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]/),
  row('audio', 'audio/aac', 'aac', /^\xff[\xf0\xf1\xf8\xf9][\x40-\x73]/),
  row('audio', 'audio/ogg', 'ogg', /^OggS\0\x02.{22}(?:\x01vorbis|OpusHead|\x7fFLAC|Speex)/s),
  row('audio', 'audio/flac', 'flac', /^fLaC[\0\x80]\0\0\x22/),
  row('3d', 'model/gltf-binary', 'glb', /^glTF\x02\0{3}.{8}JSON/s),
];

/** The type that a file's first bytes tell, whatever its name or its server says. */
export function sniffMedia(head: Buffer): MediaType | undefined {
  const text = head.toString('latin1', 0, HEAD_BYTES);
  return MEDIA_TYPES.find((type) => type.head.test(text));
}

/** The same for images alone. */
export function sniff(head: Buffer): ImageType | undefined {
  const type = sniffMedia(head);
  return type?.kind === 'image' ? (type.mime.slice('image/'.length) as ImageType) : undefined;
}

/** Kinds as sentences name them. */
export const NOUNS: Record<MediaKind, string> = {
  image: 'an image',
  video: 'a video',
  audio: 'audio',
  '3d': 'a 3D model',
};

/** What a file is that is no image, such as "it is a web page" or "it is a video". */
export function describeNonImage(head: Buffer): string {
  const type = sniffMedia(head);
  if (type) return `it is ${NOUNS[type.kind]}, not an image`;
  return describeText(head) ?? 'it is not a PNG, JPEG, WebP, GIF or AVIF';
}

/** What a file is whose type `sniffMedia` does not know. */
export const describeUnknown = (head: Buffer): string => describeText(head) ?? 'it is of no known type';

function describeText(head: Buffer): string | undefined {
  if (head.length === 0) return 'it is empty';
  const text = head
    .toString('utf8')
    .replace(/^\ufeff?\s*/, '')
    .toLowerCase();
  if (text.includes('<svg')) return 'it is an SVG drawing, which may hold scripts';
  if (/^<(!doctype html|html|head|body)/.test(text)) return 'it is a web page';
  return /^[{[<]/.test(text) ? 'it is a text' : undefined;
}

export const mimeType = (type: ImageType): string => `image/${type}`;

/** The extension of files of a MIME type, without a dot; `bin` for a type that is not known here. */
export const extensionOf = (mime: string): string =>
  MEDIA_TYPES.find((type) => type.mime === mime)?.extension ?? 'bin';

/** The MIME type that an extension stands for, in letters of any case and without a dot. */
export function mimeOfExtension(extension: string): string | undefined {
  const known = extension.toLowerCase().replace(/^jpeg$/, 'jpg');
  return MEDIA_TYPES.find((type) => type.extension === known)?.mime;
}

/** What files of a MIME type are, if it is known here. */
export const kindOf = (mime: string): MediaKind | undefined =>
  MEDIA_TYPES.find((type) => type.mime === mime)?.kind;
