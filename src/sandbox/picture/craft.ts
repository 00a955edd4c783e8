import { mix, shade } from './colour.ts';
import { INK, PAPER } from './palette.ts';
import { aura, box, disc, oval, shape, stroke } from './sheet.ts';
import type { Pen } from './stage.ts';

/** A sailing boat on the water, 100 units tall, its waterline on the origin. */
export function boat(pen: Pen): string {
  const { sheet, palette } = pen;
  const hull = pen.main('#c8453c');
  const canvas = pen.seen(PAPER);
  const sail = sheet.across([0, mix(canvas, palette.sun, 0.5)], [1, shade(canvas, -0.08)]);
  const light = mix(palette.water[0], palette.sun, 0.4);
  return [
    aura(shape('M-34 3H36L26 13H-26ZM-16 15H20L2 40Z', mix(palette.near, hull, 0.3), 0.25)),
    stroke('M0 -10V-99', mix(pen.seen('#6b4433'), palette.near, 0.3), 1.9),
    shape('M3 -96C20 -72 34 -44 37 -18Q20 -14 3 -17Z', sail),
    shape('M-3 -90C-10 -64 -20 -40 -31 -20Q-16 -15 -3 -18Z', shade(canvas, -0.1)),
    aura(stroke('M8 -60Q18 -58 24 -61M5 -38Q20 -35 32 -39', shade(canvas, -0.16), 0.8, 0.8)),
    shape('M0 -99L15 -95L0 -91Z', palette.accent),
    shape(
      'M-40 -12Q0 -7 44 -14C40 -2 34 3 28 4H-27C-34 2 -38 -4 -40 -12Z',
      sheet.down([0, hull], [1, shade(hull, -0.12)]),
    ),
    shape('M-40 -12Q0 -7 44 -14L43 -10.500Q0 -3.500 -38.500 -8.500Z', canvas),
    aura(stroke('M-50 5H-22M-8 6H44M-30 10H6M20 11H34', light, 1.5, 0.8)),
  ].join('');
}

/** A rocket standing on its flame, 100 units tall without it. */
export function rocket(pen: Pen): string {
  const { sheet, palette } = pen;
  const body = pen.seen(PAPER);
  const trim = pen.main('#e5483d');
  const flame = sheet.down([0, '#fff6cf'], [0.35, '#ffc94a'], [1, '#f2602f', 0.15]);
  return [
    aura(
      oval(
        0,
        26,
        34,
        52,
        sheet.round([
          [0, '#ffb03f', 0.6],
          [1, '#ffb03f', 0],
        ]),
      ),
    ),
    shape('M-11 1C-18 22 -8 36 0 58C8 36 18 22 11 1Z', flame),
    shape('M-6 1C-9 14 -4 22 0 34C4 22 9 14 6 1Z', '#fffbe8', 0.9),
    shape('M-17 -36C-32 -26 -36 -8 -33 6L-14 -7ZM17 -36C32 -26 36 -8 33 6L14 -7Z', shade(trim, -0.06)),
    shape(
      'M-13 0C-24 -32 -20 -70 0 -100C20 -70 24 -32 13 0Z',
      sheet.across(
        [0, body],
        [0.45, mix(body, palette.sun, 0.3)],
        [0.62, shade(body, -0.08)],
        [1, shade(body, -0.28)],
      ),
    ),
    shape('M-14.500 -72C-11 -82 -6 -91 0 -100C6 -91 11 -82 14.500 -72Q0 -66 -14.500 -72Z', trim),
    shape('M0 -100C6 -91 11 -82 14.500 -72Q9 -69.500 3 -69.200C6 -80 4 -90 0 -100Z', INK, 0.2),
    disc(0, -52, 10.5, trim),
    disc(0, -52, 7.4, sheet.down([0, '#9fe3ee'], [1, '#2a6f9a'])),
    stroke('M-4 -54.500A5 5 0 0 1 0 -57', '#ffffff', 1.6, 0.9),
    shape('M-19 -26Q0 -20 19 -26L18 -20Q0 -14 -18 -20Z', trim),
    shape('M-4 -28L0 -36L4 -28L3 5L0 8L-3 5Z', shade(trim, -0.1)),
    shape('M-12 0L-9 5H9L12 0Q0 4 -12 0Z', mix(INK, body, 0.3)),
  ].join('');
}

/** A hot-air balloon, 100 units tall, its basket at the origin. */
export function balloon(pen: Pen): string {
  const { sheet, palette } = pen;
  const cloth = pen.main(pen.random.pick(['#e5533f', '#2f8f94', '#f0a22f', '#c84a78']));
  const pale = pen.seen('#fff0d4');
  const envelope =
    'M0 -100C22 -100 35 -85 35 -66C35 -46 18 -36 8 -20H-8C-18 -36 -35 -46 -35 -66C-35 -85 -22 -100 0 -100Z';
  const gores =
    'M0 -100C-13 -96 -19 -84 -19 -66C-19 -46 -11 -34 -5 -20H-8C-18 -36 -35 -46 -35 -66C-35 -85 -22 -100 0 -100ZM0 -100C7 -94 8.500 -82 8.500 -66C8.500 -46 5 -34 2 -20H-2C-5 -34 -8.500 -46 -8.500 -66C-8.500 -82 -7 -94 0 -100ZM0 -100C22 -100 35 -85 35 -66C35 -46 18 -36 8 -20H5C11 -34 19 -46 19 -66C19 -84 13 -96 0 -100Z';
  const wicker = pen.seen('#9a6238');
  return [
    shape(envelope, pale),
    shape(gores, cloth),
    sheet.clip(
      envelope,
      shape(
        'M-40 -62Q0 -48 40 -62V-54Q0 -40 -40 -54Z',
        palette.accent === cloth ? palette.near : mix(palette.accent, palette.near, 0.25),
        0.9,
      ),
    ),
    shape(
      envelope,
      sheet.across(
        [0, palette.sun, 0.35],
        [0.35, palette.sun, 0],
        [0.6, palette.near, 0.05],
        [1, palette.near, 0.5],
      ),
    ),
    stroke('M-7.500 -20L-5.500 -10M7.500 -20L5.500 -10M0 -20V-10', mix(INK, wicker, 0.3), 0.7),
    aura(
      disc(
        0,
        -19,
        9,
        sheet.round([
          [0, palette.lamp, 0.9],
          [1, palette.lamp, 0],
        ]),
      ),
    ),
    box(-6.5, -11, 13, 11, wicker, 2.4),
    box(-7.2, -11.6, 14.4, 2.6, shade(wicker, -0.1), 1.3),
    stroke('M-5.500 -5.500H5.500M-2 -9V-1M2 -9V-1', shade(wicker, -0.1), 0.7),
  ].join('');
}

/** A small round car seen from the side, about 60 units tall and 130 wide. */
export function car(pen: Pen): string {
  const { sheet, palette } = pen;
  const paint = pen.main(pen.random.pick(['#e0553f', '#2f8f94', '#f0b23f', '#7fb8c4']));
  const glass = sheet.down(
    [0, mix('#bfe6ee', palette.sky[3], 0.4)],
    [1, mix('#6fa4b8', palette.sky[2], 0.4)],
  );
  const wheel = (x: number): string =>
    disc(x, -10, 12.5, INK) + disc(x, -10, 7, pen.seen('#e9e2d6')) + disc(x, -10, 3.2, shade(paint, -0.1));
  return [
    aura(oval(0, 2, 72, 5, INK, 0.32)),
    aura(shape('M62 -25L150 -34V-4L62 -19Z', sheet.across([0, palette.lamp, 0.55], [1, palette.lamp, 0]))),
    shape(
      'M-64 -10C-68 -24 -64 -34 -48 -36C-40 -52 -26 -60 -4 -60C18 -60 30 -52 40 -38C56 -36 66 -30 66 -18C66 -12 64 -9 60 -9H-60Z',
      sheet.down([0, mix(paint, palette.sun, 0.25)], [0.5, paint], [1, shade(paint, -0.1)]),
    ),
    shape('M-40 -37C-34 -49 -24 -55 -8 -55V-37ZM-3 -55C14 -55 24 -49 32 -37H-3Z', glass),
    stroke('M-5.500 -37V-12M-40 -37V-20', shade(paint, -0.12), 1.1),
    stroke('M-66 -23H66', pen.seen(PAPER), 2, 0.85),
    box(1, -31, 8, 2.2, pen.seen(PAPER), 1.1),
    shape('M-54 -9A16 16 0 0 1 -22 -9ZM22 -9A16 16 0 0 1 54 -9Z', shade(paint, -0.2)),
    wheel(-38),
    wheel(38),
    box(-70, -14, 14, 4, pen.seen('#d8d4cc'), 2),
    box(57, -14, 14, 4, pen.seen('#d8d4cc'), 2),
    oval(60, -23, 4.4, 5, mix(palette.lamp, '#ffffff', 0.5)),
    box(-66, -27, 4, 7, pen.palette.accent, 2),
  ].join('');
}

/** A bicycle with a basket, seen from the side, about 80 units tall and 130 wide. */
export function bicycle(pen: Pen): string {
  const frame = pen.main('#2f9a94');
  const steel = mix(INK, pen.palette.near, 0.5);
  const spokes = (x: number): string =>
    Array.from(
      { length: 6 },
      (_, i) =>
        `M${(x - 25 * Math.cos((i * Math.PI) / 6)).toFixed(1)} ${(-28 - 25 * Math.sin((i * Math.PI) / 6)).toFixed(1)}L${(x + 25 * Math.cos((i * Math.PI) / 6)).toFixed(1)} ${(-28 + 25 * Math.sin((i * Math.PI) / 6)).toFixed(1)}`,
    ).join('');
  const ring = (x: number): string => `M${x - 26} -28a26 26 0 1 1 52 0a26 26 0 1 1 -52 0Z`;
  return [
    aura(oval(0, 0, 66, 3.5, INK, 0.25)),
    stroke(spokes(-38) + spokes(38), pen.seen('#d9d4ca'), 0.7, 0.9),
    stroke(ring(-38) + ring(38), steel, 4),
    stroke('M-38 -28L-6 -28L-16 -64L-38 -28M-14 -56L26 -62L-6 -28M38 -28L26 -62L23 -76', frame, 4),
    stroke('M-16 -64L-18 -72M23 -76Q30 -82 37 -78M-6 -28L2 -18', steel, 3),
    shape('M-30 -76Q-18 -80 -6 -75Q-8 -70 -18 -70Q-28 -70 -30 -76Z', pen.seen('#7a4a30')),
    disc(-6, -28, 6, steel),
    disc(-6, -28, 2.4, frame),
    shape('M30 -74H54L50 -54H34Z', pen.seen('#c98f52')),
    stroke('M31 -68H53M32 -61H51', pen.seen('#8f5f36'), 1.2),
    disc(36, -78, 5, pen.palette.accent),
    disc(44, -80, 5.6, pen.seen('#f6c945')),
    disc(50, -77, 4.6, pen.palette.accent),
  ].join('');
}
