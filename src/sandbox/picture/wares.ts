import { mix, shade } from './colour.ts';
import { INK } from './palette.ts';
import { aura, box, disc, oval, shape, stroke } from './sheet.ts';
import type { Pen } from './stage.ts';

/** The soft shadow that a thing throws to the right, away from the light. */
const cast = (pen: Pen, wide: number): string =>
  aura(
    oval(
      wide * 0.55,
      -1,
      wide * 1.5,
      7,
      pen.sheet.across([0, pen.palette.near, 0.5], [1, pen.palette.near, 0]),
    ) + oval(0, 0, wide * 1.08, 5, INK, 0.24),
  );

/** A cup on its saucer with steam, 100 units tall with the steam. */
export function cup(pen: Pen): string {
  const { sheet, palette } = pen;
  const glaze = pen.main(palette.accent);
  const lit = mix(glaze, '#ffffff', 0.35);
  const side = sheet.across([0, lit], [0.3, glaze], [0.7, shade(glaze, -0.07)], [1, shade(glaze, -0.16)]);
  const saucer = mix(glaze, pen.seen('#fff6ea'), 0.65);
  return [
    cast(pen, 44),
    oval(0, -3, 46, 8, shade(saucer, -0.1)),
    oval(0, -5, 46, 7.6, saucer),
    oval(0, -5, 25, 4, shade(saucer, -0.09)),
    stroke('M30 -44C50 -48 52 -20 26 -19', shade(glaze, -0.1), 6.5),
    shape('M-34 -54C-34 -26 -26 -6 -14 -5H14C26 -6 34 -26 34 -54Z', side),
    oval(0, -54, 34, 7.5, lit),
    oval(0, -53.6, 30.5, 6, shade(pen.seen('#5a3322'), -0.03)),
    oval(-4, -53, 22, 3.6, pen.seen('#c98f5c')),
    shape(
      'M-14 -53Q-8 -56.500 -4 -53Q0 -56.500 6 -53Q0 -50.500 -4 -50Q-10 -50.500 -14 -53Z',
      pen.seen('#fbe6c8'),
    ),
    stroke('M-24 -44C-23 -30 -19 -18 -14 -13', '#ffffff', 2.6, 0.45),
    aura(
      stroke(
        'M-10 -64C-16 -72 -4 -78 -10 -88C-13 -94 -9 -98 -7 -101M6 -64C0 -74 13 -80 6 -92C4 -97 7 -102 9 -106',
        mix(palette.cloud, '#ffffff', 0.6),
        3.4,
        0.55,
      ),
    ),
  ].join('');
}

/** A bottle with a label, 100 units tall. */
export function bottle(pen: Pen): string {
  const { sheet } = pen;
  const glass = pen.main(pen.palette.accent);
  const cap = mix(pen.seen('#e8c27a'), pen.palette.lamp, 0.25);
  const body =
    'M-22 0C-24 0 -25 -2 -25 -4V-46C-25 -60 -9 -60 -9 -72V-80H9V-72C9 -60 25 -60 25 -46V-4C25 -2 24 0 22 0Z';
  const paper = pen.seen('#fff5e4');
  return [
    cast(pen, 28),
    shape(
      body,
      sheet.across(
        [0, mix(glass, '#ffffff', 0.4)],
        [0.22, glass],
        [0.7, shade(glass, -0.08)],
        [1, shade(glass, -0.2)],
      ),
    ),
    stroke('M-19.500 -8V-44C-19 -52 -12 -55 -8 -60', '#ffffff', 2.6, 0.5),
    stroke('M20.500 -10V-42', '#ffffff', 1.1, 0.25),
    box(-25, -42, 50, 27, paper),
    shape('M8 -42H25V-15H14Z', INK, 0.06),
    disc(0, -32.5, 5.4, pen.palette.accent),
    disc(0, -32.5, 2.6, paper),
    stroke('M-13 -22.500H13M-8 -19H8', shade(glass, -0.12), 1.3),
    box(
      -10.5,
      -98,
      21,
      20,
      sheet.across([0, mix(cap, '#ffffff', 0.55)], [0.35, cap], [1, shade(cap, -0.2)]),
      2,
    ),
    stroke('M-10.500 -82H10.500', shade(cap, -0.16), 1),
  ].join('');
}

/** A gift-like box with a sphere leaning beside it, 100 units tall. */
export function parcel(pen: Pen): string {
  const { sheet, palette } = pen;
  const card = pen.main(palette.accent);
  const ball = mix(pen.seen('#f6cf6a'), palette.lamp, 0.2);
  return [
    cast(pen, 46),
    shape('M-38 -70L6 -78V0L-38 -6Z', sheet.across([0, mix(card, '#ffffff', 0.22)], [1, card])),
    shape('M6 -78L40 -68V-7L6 0Z', shade(card, -0.13)),
    shape('M-38 -70L-6 -79L40 -68L6 -78Z', mix(card, '#ffffff', 0.4)),
    shape('M-38 -70L-2 -81L40 -68L6 -60Z', mix(card, '#ffffff', 0.38)),
    shape('M-20 -67.200L-11 -65V-2.300L-20 -3.500Z', pen.seen('#fff3dc'), 0.9),
    shape('M-38 -70L6 -60V-55L-38 -65Z', INK, 0.08),
    shape(
      'M0 -72C-16 -92 -26 -84 -20 -76C-16 -71 -6 -70 0 -72C12 -94 26 -88 20 -78C16 -71 6 -70 0 -72Z',
      pen.seen('#fff3dc'),
    ),
    disc(0, -72, 4, shade(pen.seen('#fff3dc'), -0.08)),
    disc(
      46,
      -15,
      15,
      sheet.round(
        [
          [0, mix(ball, '#ffffff', 0.6)],
          [0.5, ball],
          [1, shade(ball, -0.18)],
        ],
        0.34,
        0.3,
      ),
    ),
  ].join('');
}

/** A vase with three dry stems, 100 units tall. */
export function vase(pen: Pen): string {
  const { sheet, palette } = pen;
  const clay = pen.main(palette.accent);
  const stem = pen.seen('#8a6a4a');
  const leaf = (x: number, y: number, turn: number, long: number): string =>
    `<g transform="translate(${x} ${y}) rotate(${turn})">${shape(`M0 0C${-long * 0.45} ${-long * 0.3} ${-long * 0.35} ${-long * 0.8} 0 ${-long}C${long * 0.35} ${-long * 0.8} ${long * 0.45} ${-long * 0.3} 0 0Z`, mix(pen.seen('#6f9a76'), palette.near, 0.12))}${stroke(`M0 0V${-long * 0.8}`, pen.seen('#e9e0bf'), 0.6, 0.7)}</g>`;
  return [
    cast(pen, 27),
    stroke('M0 -48C-2 -66 -10 -76 -15 -86M0 -48C1 -70 2 -84 0 -98M0 -48C4 -64 14 -72 20 -82', stem, 1.3),
    leaf(-8, -70, -58, 17),
    leaf(-13, -82, -28, 18),
    leaf(1, -74, 38, 15),
    leaf(1, -86, -34, 15),
    leaf(0, -96, 4, 18),
    leaf(11, -71, 66, 16),
    leaf(19, -80, 34, 18),
    shape(
      'M-9 -52H9C8 -42 27 -36 27 -20C27 -8 20 0 14 0H-14C-20 0 -27 -8 -27 -20C-27 -36 -8 -42 -9 -52Z',
      sheet.across([0, mix(clay, '#ffffff', 0.3)], [0.35, clay], [1, shade(clay, -0.18)]),
    ),
    oval(0, -52, 10.5, 2.6, shade(clay, -0.14)),
    stroke('M-25 -26Q0 -19 25 -26M-26.500 -18Q0 -11 26.500 -18', pen.seen('#fff2dc'), 1.6, 0.8),
    stroke('M-20 -24C-20 -14 -16 -6 -12 -4', '#ffffff', 2, 0.3),
  ].join('');
}
