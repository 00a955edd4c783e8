/** Why there is no picture: its job failed, is still under way, or has none to show. */
export type Sign = 'failed' | 'pending' | 'none';

// Strokes in a box of 6 x 10. A machine may have no fonts, and text in an SVG would then be left out.
const DIGITS = [
  'M0 3.2a3 3.2 0 0 1 6 0v3.6a3 3.2 0 0 1-6 0z',
  'M1 2.4 3.6 0v10',
  'M.2 2.8A2.9 2.8 0 0 1 6 2.9C6 5 3.6 6.4.2 10H6',
  'M.3 1.9A2.8 2.4 0 1 1 3 4.7 2.9 2.65 0 1 1 .1 8',
  'M4.5 10V0L0 7h6',
  'M5.5 0H1L.6 4.5A3 3.2 0 1 1 .1 8.6',
  'M4.8 0C2 1.5 0 4 0 6.9a3 3.1 0 1 0 6 0 3 3.1 0 0 0-5.6-1.5',
  'M0 0h6L2.2 10',
  'M3 4.6A2.5 2.3 0 1 0 3 0a2.5 2.3 0 0 0 0 4.6 3 2.7 0 1 0 0 5.4 3 2.7 0 0 0 0-5.4',
  'M1.2 10C4 8.5 6 6 6 3.1a3 3.1 0 1 0-6 0 3 3.1 0 0 0 5.6 1.5',
];

// Strokes around the middle.
const SIGNS: Record<Sign, string> = {
  failed: 'M-9-9 9 9M9-9-9 9',
  pending: 'M-12 0h0M0 0h0M12 0h0',
  none: 'M-10 0h20',
};

/** How high the label of a number is, in pixels. */
export const LABEL_HEIGHT = 26;
const DIGIT_WIDTH = 11;

/** The label of a number, with its top left corner at a point: white on black with a white edge, so that it stands out anywhere. */
export function label(number: number, left: number, top: number): string {
  const digits = [...String(number)].map(Number);
  const width = LABEL_HEIGHT + DIGIT_WIDTH * (digits.length - 1);
  const strokes = digits.map(
    (digit, place) =>
      `<path transform="translate(${9.4 + DIGIT_WIDTH * place} 7) scale(1.2)" d="${DIGITS[digit]}"/>`,
  );
  return `<g transform="translate(${left} ${top})" stroke="#fff" fill="none" stroke-linecap="round" stroke-linejoin="round">
    <rect x="1" y="1" width="${width - 2}" height="${LABEL_HEIGHT - 2}" rx="6" fill="#111" stroke-width="1.5"/>
    <g stroke-width="1.8">${strokes.join('')}</g>
  </g>`;
}

/** A sign with its middle at a point. */
export const sign = (which: Sign, x: number, y: number): string =>
  `<path transform="translate(${x} ${y})" d="${SIGNS[which]}" stroke="#777" fill="none" stroke-width="5" stroke-linecap="round"/>`;
