import type { Kept } from './library.ts';

/** A link to a kept original on this server. */
export interface PictureLink {
  url: string;
  /** When it ends, in ms since the epoch. */
  expires: number;
}

export type LinkTo = (kept: Kept) => PictureLink;
