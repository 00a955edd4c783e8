import { createHash } from 'node:crypto';
import type { Original } from '../../jobs/job.ts';
import type { DownloadedFile } from '../download-to.ts';
import { ImageError } from '../image-error.ts';
import { extensionOf, kindOf } from '../media-type.ts';
import type { NewFile } from './copy-file.ts';

/** What names a kept file: its content and its MIME type. */
export type Kept = Pick<Original, 'sha256' | 'type'>;

/** In bytes. What is larger is never read: a download brings no more. */
export const MAX_KEPT_BYTES = 64 << 20;
/** In bytes, of what is no image: so much of it is kept without being asked for. */
export const MAX_KEPT_MEDIA_BYTES = 50 << 20;

/**
 * The originals of an account, content-addressed, wherever they lie. What is read is what its name says: content that was
 * damaged or swapped is none. Several may share one place: each finds what the others put, and misses what they removed.
 */
export interface Library {
  /** Whether it holds this content. Never rejects. */
  has(kept: Kept): Promise<boolean>;
  /** The content; undefined if it is not there, or not what its name says. Never rejects. */
  read(kept: Kept): Promise<Buffer | undefined>;
  /**
   * Opens what is what its name says; undefined if there is none. The caller takes the content or closes it. Rejects where
   * it cannot be told at this moment.
   */
  open(kept: Kept): Promise<OpenPicture | undefined>;
  /** Keeps some content, whole or not at all; resolves to its SHA-256. Throws ImageError, which says why not. */
  put(data: Buffer, type: string): Promise<string>;
  /**
   * The same for content of any type, of which `fill` writes at most so many bytes into a new file. Throws what `fill`
   * throws too, but for errors of the file system. Absent where only images are kept.
   */
  putFile?(fill: (file: NewFile, maxBytes: number) => Promise<DownloadedFile>): Promise<DownloadedFile>;
  /** Why nothing can be kept now; undefined if it can. Completes "The library keeps nothing, as …". */
  obstacle(): Promise<string | undefined>;
  /** How many bytes this process has put. */
  written(): number;
  /** All that is there, and what writers have not finished. */
  list(): Promise<ListedPicture[]>;
  /** Removes what is still as it was listed; false if it was put again since, and stays. */
  remove(listed: ListedPicture): Promise<boolean>;
  /** How far the clock that dates what is put is ahead of this machine's, in ms. */
  skew(): Promise<number>;
}

export interface OpenPicture {
  bytes: number;
  /** Piece by piece; closes it in the end. Has fewer bytes, or throws, if it goes meanwhile. */
  content(): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

export interface ListedPicture {
  /** What it is called where it lies. */
  readonly id: string;
  /** What records call it; undefined for what is not finished, or being removed. */
  readonly name: string | undefined;
  readonly bytes: number;
  /** When it was put, or put again, in ms. */
  readonly keptAt: number;
}

export const sha256Of = (data: Buffer): string => createHash('sha256').update(data).digest('hex');

export const nameOf = ({ sha256, type }: Kept): string => `${sha256}.${extensionOf(type)}`;

/** The name of what shows an original small, if there is one. */
export const thumbnailOf = ({ thumbnail }: Original): string[] =>
  thumbnail === undefined ? [] : [nameOf({ sha256: thumbnail, type: 'image/jpeg' })];

/** Whether an output is known to be too large to be kept. */
export function isTooLarge(original: Original | null | undefined): boolean {
  if (!original) return false;
  const most = kindOf(original.type) === 'image' ? MAX_KEPT_BYTES : MAX_KEPT_MEDIA_BYTES;
  return original.bytes > most;
}

/** Throws ImageError if some content is too large for a library of so many bytes. */
export function checkSize(data: Buffer, maxBytes: number): void {
  const most = Math.min(maxBytes, MAX_KEPT_BYTES);
  if (data.length > most) throw new ImageError(`it is larger than ${Math.floor(most / 1e6)} MB`);
}

// In ms. What is younger may be half written, or a record may be about to name it.
const GRACE = 3_600_000;

/** Whether something is no longer anybody's who writes at this moment. `now` in ms, by the clock that dated it. */
export const isOld = ({ keptAt }: ListedPicture, now: number): boolean => keptAt < now - GRACE;
