import type { Space } from './layout.ts';

/** How much of the screen's top the header takes, in px. */
export const HEADER = 64;
const PHONE = 640;

/** How the list divides a width; list.css has the same heights. */
export function spaceFor(width: number): Space {
  if (width < PHONE - 32) return { width, gap: 6, heading: 52, strip: 66 };
  const row = width < 1000 ? 210 : width < 1500 ? 256 : 300;
  return { width, gap: 8, heading: 56, strip: 44, row };
}
