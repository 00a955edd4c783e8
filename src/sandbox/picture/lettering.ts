import type { Paint } from './sheet.ts';
import { n, stroke } from './sheet.ts';

// One stroke alphabet on a grid 4 wide and 6 high, y downwards: [advance width, path].
const LETTERS: Record<string, readonly [width: number, path: string]> = {
  A: [4, 'M0 6L2 0L4 6M.75 4H3.25'],
  B: [3.6, 'M0 0V6H2.1A1.55 1.55 0 0 0 2.1 2.9H0H1.9A1.45 1.45 0 0 0 1.9 0Z'],
  C: [4, 'M4 1.3A2.1 2.1 0 0 0 0 2V4A2.1 2.1 0 0 0 4 4.7'],
  D: [4, 'M0 0V6H1.6A2.4 2.4 0 0 0 4 3.6V2.4A2.4 2.4 0 0 0 1.6 0Z'],
  E: [3.2, 'M3.2 0H0V6H3.2M0 3H2.7'],
  F: [3.1, 'M3.1 0H0V6M0 3H2.6'],
  G: [4, 'M4 1.3A2.1 2.1 0 0 0 0 2V4A2 2 0 0 0 4 4V3.3H2.4'],
  H: [3.8, 'M0 0V6M3.8 0V6M0 3H3.8'],
  I: [0, 'M0 0V6'],
  J: [2.8, 'M2.8 0V4.4A1.5 1.5 0 0 1 0 4.6'],
  K: [3.7, 'M0 0V6M3.6 0L0 3.7M1.3 2.5L3.7 6'],
  L: [3, 'M0 0V6H3'],
  M: [4.6, 'M0 6V0L2.3 3.8L4.6 0V6'],
  N: [3.9, 'M0 6V0L3.9 6V0'],
  O: [4, 'M2 0A2 2 0 0 1 4 2V4A2 2 0 0 1 0 4V2A2 2 0 0 1 2 0Z'],
  P: [3.5, 'M0 6V0H1.8A1.65 1.65 0 0 1 1.8 3.3H0'],
  Q: [4, 'M2 0A2 2 0 0 1 4 2V4A2 2 0 0 1 0 4V2A2 2 0 0 1 2 0ZM2.6 4.5L4.2 6.4'],
  R: [3.6, 'M0 6V0H1.9A1.6 1.6 0 0 1 1.9 3.2H0M1.8 3.2L3.6 6'],
  S: [3.6, 'M3.5 1.2C3.2 -.3 .1 -.5 .1 1.5C.1 3.4 3.6 2.6 3.6 4.5C3.6 6.5 .3 6.3 0 4.7'],
  T: [3.8, 'M0 0H3.8M1.9 0V6'],
  U: [3.8, 'M0 0V4.1A1.9 1.9 0 0 0 3.8 4.1V0'],
  V: [4, 'M0 0L2 6L4 0'],
  W: [5.4, 'M0 0L1.4 6L2.7 1.4L4 6L5.4 0'],
  X: [3.8, 'M0 0L3.8 6M3.8 0L0 6'],
  Y: [3.8, 'M0 0L1.9 3.1L3.8 0M1.9 3.1V6'],
  Z: [3.7, 'M0 0H3.7L0 6H3.7'],
  0: [3.6, 'M1.8 0A1.8 1.8 0 0 1 3.6 1.8V4.2A1.8 1.8 0 0 1 0 4.2V1.8A1.8 1.8 0 0 1 1.8 0Z'],
  1: [1.5, 'M0 1.3L1.5 0V6'],
  2: [3.5, 'M.1 1.7C.2 -.6 3.5 -.5 3.4 1.7C3.4 3.2 .8 4.4 0 6H3.5'],
  3: [
    3.5,
    'M.1 1.1C.7 -.6 3.3 -.2 3.2 1.5C3.1 2.7 2.2 2.9 1.3 2.9C2.4 2.9 3.5 3.2 3.5 4.4C3.5 6.5 .5 6.5 0 4.7',
  ],
  4: [3.8, 'M2.9 6V0L0 4.4H3.8'],
  5: [3.5, 'M3.2 0H.5L.2 2.7C1.2 1.9 3.5 2 3.5 4.1C3.5 6.4 .6 6.5 0 5'],
  6: [3.5, 'M2.9 0L.4 3.4M1.75 6A1.75 1.75 0 0 0 1.75 2.5A1.75 1.75 0 0 0 1.75 6Z'],
  7: [3.5, 'M0 0H3.5L1.2 6'],
  8: [
    3.5,
    'M1.75 2.8A1.4 1.4 0 0 0 1.75 0A1.4 1.4 0 0 0 1.75 2.8A1.6 1.6 0 0 0 1.75 6A1.6 1.6 0 0 0 1.75 2.8Z',
  ],
  9: [3.5, 'M.6 6L3.1 2.6M1.75 3.5A1.75 1.75 0 0 0 1.75 0A1.75 1.75 0 0 0 1.75 3.5Z'],
  '.': [0, 'M0 6V5.95'],
  '…': [3.2, 'M0 6V5.95M1.6 6V5.95M3.2 6V5.95'],
  ',': [0.4, 'M.4 5.8L0 6.9'],
  ':': [0, 'M0 6V5.95M0 2.4V2.35'],
  ';': [0.4, 'M.4 5.8L0 6.9M.4 2.4V2.35'],
  '!': [0, 'M0 0V4M0 6V5.95'],
  '?': [3.2, 'M0 1.4C.2 -.5 3.2 -.5 3.2 1.5C3.2 2.9 1.6 2.8 1.6 4.1M1.6 6V5.95'],
  "'": [0, 'M0 0V1.3'],
  '"': [1.1, 'M0 0V1.3M1.1 0V1.3'],
  '-': [2.2, 'M0 3.2H2.2'],
  '+': [3, 'M0 3.2H3M1.5 1.7V4.7'],
  '/': [2.6, 'M0 6.4L2.6 -.4'],
  '&': [4, 'M4 6L.9 2A1.25 1.25 0 1 1 2.9 1.7L.7 3.4A1.55 1.55 0 0 0 1.6 6C2.8 6 3.5 5 3.7 3.7'],
  '(': [1.2, 'M1.2 -.4A5 5 0 0 0 1.2 6.4'],
  ')': [1.2, 'M0 -.4A5 5 0 0 1 0 6.4'],
  '%': [
    3.8,
    'M3.6 0L.2 6M.9 0A.9 .9 0 0 0 .9 1.8A.9 .9 0 0 0 .9 0ZM2.9 4.2A.9 .9 0 0 0 2.9 6A.9 .9 0 0 0 2.9 4.2Z',
  ],
};

/** The height of a capital letter in the alphabet's own grid. */
const CAP = 6;
const SPACE = 2.2;
/** More than the longest line that could ever fit: a prompt's tail costs nothing. */
const LONGEST = 160;

/** A line of text, ready to draw. */
export interface Lettering {
  markup: string;
  width: number;
}

/** The text as this alphabet can write it: capitals, accents dropped, everything unknown a gap. */
export function spellable(text: string): string {
  const plain = text.slice(0, LONGEST).normalize('NFKD').replace(/\p{M}/gu, '').toUpperCase();
  return Array.from(plain, (c) => (Object.hasOwn(LETTERS, c) ? c : c === '’' || c === '‘' ? "'" : ' '))
    .join('')
    .replace(/ +/g, ' ')
    .trim();
}

/** Writes one line with its top left corner at 0 0; `weight` and `tracking` are in grid units. */
export function letter(
  text: string,
  capHeight: number,
  paint: Paint,
  weight = 0.85,
  tracking = 1.5,
): Lettering {
  const scale = capHeight / CAP;
  let x = 0;
  const glyphs: string[] = [];
  for (const character of text) {
    const glyph = LETTERS[character];
    if (glyph === undefined) {
      x += SPACE;
      continue;
    }
    glyphs.push(`<g transform="translate(${n(x)} 0)">${stroke(glyph[1], paint, weight)}</g>`);
    x += glyph[0] + tracking;
  }
  return {
    markup: `<g transform="scale(${scale})">${glyphs.join('')}</g>`,
    width: Math.max(0, x - tracking) * scale,
  };
}

/** The beginning of the text that fits into the width, with an ellipsis when something is cut. */
export function fitting(text: string, capHeight: number, width: number, tracking = 1.5): string {
  const measure = (line: string): number => {
    let x = -tracking;
    for (const character of line) {
      const glyph = LETTERS[character];
      x += glyph === undefined ? SPACE : glyph[0] + tracking;
    }
    return (x * capHeight) / CAP;
  };
  if (measure(text) <= width) return text;
  let line = text;
  while (line.length > 0 && measure(`${line}…`) > width) line = line.slice(0, -1);
  return line.length > 0 ? `${line.replace(/[ ,.;:-]+$/, '')}…` : '';
}
