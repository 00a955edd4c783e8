import { mix, shade } from './colour.ts';
import { INK, PAPER } from './palette.ts';
import { aura, box, disc, oval, shape, stroke } from './sheet.ts';
import type { Pen } from './stage.ts';

/** Someone in a long coat, seen from behind, 100 units tall. */
export function person(pen: Pen): string {
  const { sheet, palette, random } = pen;
  const coat = pen.main(random.pick(['#d9503f', '#e8a33a', '#2f7f8a', '#3f4a7a']));
  const dark = mix(INK, palette.near, 0.5);
  const hair = pen.seen(random.pick(['#3a2a2a', '#7a4a2c', '#c98f4a', '#2a2a3f']));
  const scarf = mix(palette.accent, palette.lamp, 0.55);
  return [
    aura(oval(5, 1, 24, 3.4, INK, 0.3)),
    shape('M-8 -28H-1L-2 0H-9ZM1 -28H8L10 0H3Z', dark),
    shape('M-10 2V-3H-1.500V2ZM2.500 2V-3H11V2Z', shade(dark, -0.04)),
    shape(
      'M-12 -76C-18 -60 -20 -38 -21 -22Q0 -15 21 -22C20 -38 18 -60 12 -76Z',
      sheet.across([0, mix(coat, palette.sun, 0.4)], [0.3, coat], [1, shade(coat, -0.15)]),
    ),
    stroke('M0 -58V-20', shade(coat, -0.12), 1),
    shape(
      'M-13 -75C-21 -66 -24 -52 -24 -40L-18.500 -39L-13 -60ZM13 -75C21 -66 24 -52 24 -40L18.500 -39L13 -60Z',
      shade(coat, -0.05),
    ),
    disc(0, -87, 9.4, hair),
    shape('M-9.400 -88C-11 -76 -8 -72 0 -72C8 -72 11 -76 9.400 -88Z', hair),
    box(-10, -79.5, 20, 7, scarf, 3.4),
    shape('M4 -76C14 -78 24 -72 34 -77L33 -69C24 -64 14 -69 4 -71Z', scarf),
    shape('M4 -76C14 -78 20 -75 24 -74L22 -68C16 -69 10 -70 4 -71Z', INK, 0.08),
  ].join('');
}

/** Head and shoulders in flat planes, 100 units tall. */
export function portrait(pen: Pen): string {
  const { sheet, palette, random } = pen;
  const skin = pen.seen(random.pick(['#f2c19c', '#d9986c', '#a8694a', '#7a4a38']));
  const hair = pen.seen(random.pick(['#2f2430', '#6b3f2a', '#c7853f', '#37405c', '#8f3f3a']));
  const dress = pen.main(palette.accent);
  const dim = mix(shade(skin, -0.12), palette.near, 0.12);
  const long = random.chance(0.55);
  return [
    long
      ? shape(
          'M-24 -78C-32 -50 -38 -34 -32 -16H32C38 -34 32 -50 24 -78C20 -98 -20 -98 -24 -78Z',
          shade(hair, -0.05),
        )
      : disc(-19.5, -60, 4, dim) + disc(19.5, -60, 4, dim),
    shape(
      'M-52 2C-50 -18 -34 -24 -12 -28H12C34 -24 50 -18 52 2Z',
      sheet.across([0, mix(dress, palette.sun, 0.3)], [0.4, dress], [1, shade(dress, -0.14)]),
    ),
    shape('M-9 -44H9V-29Q0 -18 -9 -29Z', dim),
    shape('M-16 -27.500L-9 -30Q0 -18 9 -30L16 -27.500Q0 -8 -16 -27.500Z', mix(dress, PAPER, 0.75)),
    shape('M-19 -72C-20 -52 -12 -38 0 -38C12 -38 20 -52 19 -72C18 -86 -18 -86 -19 -72Z', skin),
    shape(
      'M3 -84C4 -70 8 -64 5 -56C8 -50 2 -46 4 -38.500C14 -41 20 -54 19 -72C18 -80 12 -84 3 -84Z',
      dim,
      0.6,
    ),
    oval(-11, -56, 4, 2.6, pen.seen('#ee8a7a'), 0.5),
    oval(11, -56, 4, 2.6, pen.seen('#d8705f'), 0.4),
    stroke('M-13 -64.500Q-9.500 -62 -6 -64.500M6 -64.500Q9.500 -62 13 -64.500', mix(INK, hair, 0.3), 1.5),
    stroke('M-14 -71Q-9.500 -74 -5 -71.500M5 -71.500Q9.500 -74 14 -71', hair, 1.7),
    stroke('M1 -64L3 -56Q1 -54.500 -1 -55', dim, 1.4),
    shape('M-5 -48.500Q-2 -50.500 0 -49.500Q2 -50.500 5 -48.500Q0 -44.500 -5 -48.500Z', pen.seen('#c9504f')),
    shape(
      'M-22 -58C-27 -84 -14 -98 2 -97C20 -97 27 -82 22 -58C20 -70 16 -78 4 -83C-4 -76 -18 -76 -22 -58Z',
      sheet.across([0, mix(hair, palette.sun, 0.3)], [0.5, hair]),
    ),
    long ? disc(-20, -53, 2.2, palette.lamp) + disc(20, -53, 2.2, palette.lamp) : '',
  ].join('');
}

/** Someone in a spacesuit, with the stars in the visor, 100 units tall. */
export function astronaut(pen: Pen): string {
  const { sheet, palette } = pen;
  const suit = pen.main('#f4efe6');
  const dim = shade(suit, -0.14);
  const trim = mix(palette.accent, palette.lamp, 0.15);
  const cloth = sheet.across([0, mix(suit, '#ffffff', 0.6)], [0.45, suit], [1, shade(suit, -0.2)]);
  const visor = sheet.down(
    [0, mix(palette.sky[0], '#2a3a7a', 0.5)],
    [0.6, palette.sky[2]],
    [1, mix(palette.sky[3], palette.lamp, 0.5)],
  );
  return [
    aura(oval(3, 1, 34, 4.5, INK, 0.34)),
    box(-23, -63, 46, 38, dim, 9),
    stroke('M-19 -54C-31 -48 -34 -38 -32 -27', suit, 11),
    stroke('M19 -54C32 -54 38 -62 39 -74', shade(suit, -0.07), 11),
    disc(-32, -24, 6, dim),
    disc(39.5, -78, 6, dim),
    stroke('M-37.500 -31L-26.500 -30M33.500 -70L45 -71', trim, 2.6),
    shape('M-19 -32H-1L-3 -3H-18ZM1 -32H19L18 -3H3Z', cloth),
    box(-21, -8, 19, 9, dim, 4),
    box(2, -8, 19, 9, dim, 4),
    stroke('M-18 -13H-3.500M3.500 -13H18', trim, 2.4),
    box(-20, -61, 40, 36, cloth, 11),
    box(-11, -49, 22, 13, shade(suit, -0.07), 3),
    disc(-6, -42.5, 2, trim),
    disc(0, -42.5, 2, palette.lamp),
    box(4, -45.5, 4.5, 6, palette.sky[1], 1),
    stroke('M-19 -30H19', trim, 2.4),
    disc(0, -77, 22, cloth),
    box(-24, -82, 6, 12, trim, 3),
    box(18, -82, 6, 12, trim, 3),
    shape(
      'M-16 -80C-16 -90 -9 -93 0 -93C9 -93 16 -90 16 -80V-75C16 -66 9 -63 0 -63C-9 -63 -16 -66 -16 -75Z',
      visor,
    ),
    stroke('M-11 -82C-10 -87 -7 -89 -3 -89.500', '#ffffff', 2.4, 0.8),
    stroke('M5 -84h0M9 -77h0M2 -76h0', palette.sun, 1.4, 0.9),
  ].join('');
}

/** A friendly round-cornered robot, 100 units tall. */
export function robot(pen: Pen): string {
  const { sheet, palette } = pen;
  const shell = pen.main('#e9e2d4');
  const dark = shade(shell, -0.2);
  const metal = mix(pen.seen('#5d6478'), palette.near, 0.15);
  const glow = pen.palette.accent;
  const skin = sheet.across([0, mix(shell, '#ffffff', 0.5)], [0.4, shell], [1, dark]);
  return [
    aura(oval(0, 1, 36, 4.5, INK, 0.28)),
    box(-15, -16, 9, 14, metal, 3),
    box(6, -16, 9, 14, metal, 3),
    box(-19, -6, 16, 8, dark, 4),
    box(3, -6, 16, 8, dark, 4),
    stroke('M-23 -42C-36 -38 -37 -26 -33 -20M23 -42C36 -46 42 -56 40 -66', metal, 5),
    disc(-33, -18, 5.4, shell),
    disc(40, -68, 5.4, shell),
    stroke('M36 -73L34 -78M41 -74V-80M45 -72L49 -76', metal, 2.6),
    box(-24, -50, 48, 38, skin, 11),
    box(-14, -42, 28, 19, mix(metal, INK, 0.35), 5),
    stroke('M-10 -32H-5L-2 -38L2 -27L5 -32H10', glow, 1.9),
    disc(-10, -17.5, 1.9, glow),
    disc(-4, -17.5, 1.9, palette.lamp),
    disc(2, -17.5, 1.9, metal),
    box(-7, -56, 14, 8, metal, 2),
    stroke('M0 -88V-98', metal, 2.2),
    aura(
      disc(
        0,
        -100,
        11,
        sheet.round([
          [0, glow, 0.7],
          [1, glow, 0],
        ]),
      ),
    ),
    disc(0, -100, 3.8, glow),
    box(-34, -76, 8, 14, metal, 3.5),
    box(26, -76, 8, 14, metal, 3.5),
    box(-29, -90, 58, 36, skin, 14),
    box(-22, -83, 44, 22, mix(INK, palette.near, 0.4), 10),
    oval(-9.5, -73, 4, 5.4, mix(palette.lamp, '#ffffff', 0.25)),
    oval(9.5, -73, 4, 5.4, mix(palette.lamp, '#ffffff', 0.25)),
    stroke('M-4 -66.500Q0 -63.500 4 -66.500', mix(palette.lamp, '#ffffff', 0.25), 1.5),
    stroke('M-18 -84Q-24 -82 -24.500 -75', '#ffffff', 2, 0.6),
  ].join('');
}
