import type { Colour } from './colour.ts';
import { mix, shade } from './colour.ts';
import { INK } from './palette.ts';
import { aura, disc, n, oval, shape, stroke } from './sheet.ts';
import type { Pen } from './stage.ts';

/** The outline of a fir, standing at x y. */
export function firOutline(x: number, y: number, tall: number, tiers = 4): string {
  const half = tall * 0.23;
  const left: string[] = [];
  const right: string[] = [];
  for (let i = 0; i < tiers; i++) {
    const low = y - tall * 0.1 - (i / tiers) * tall * 0.72;
    const reach = half * (1 - i / (tiers + 0.6));
    left.push(`${n(x - reach)} ${n(low)}L${n(x - reach * 0.5)} ${n(low - tall * 0.05)}`);
    right.unshift(`${n(x + reach * 0.5)} ${n(low - tall * 0.05)}L${n(x + reach)} ${n(low)}`);
  }
  const trunk = tall * 0.025;
  return `M${n(x - trunk)} ${n(y)}V${n(y - tall * 0.1)}L${left.join('L')}L${n(x)} ${n(y - tall)}L${right.join('L')}L${n(x + trunk)} ${n(y - tall * 0.1)}V${n(y)}Z`;
}

/** A broad tree with a crown of overlapping leaf clouds, 100 units tall. */
export function tree(pen: Pen): string {
  const { sheet, palette, random } = pen;
  const leaf = pen.main(random.pick(['#4f8f4e', '#d9803a', '#3f8a6a', '#e2a33f']));
  const bark = mix(pen.seen('#6b4433'), palette.near, 0.3);
  const clumps = [
    [-22, -52, 19],
    [22, -50, 20],
    [-10, -70, 21],
    [14, -76, 19],
    [0, -54, 24],
    [-32, -40, 12],
    [34, -38, 12],
  ] as const;
  return [
    aura(oval(4, 1, 46, 5, INK, 0.22)),
    shape(
      'M-5 2C-3 -14 -4 -26 -5 -36L-22 -50L-19 -52L-3 -42L-1 -60H2L3 -42L18 -54L21 -51L5 -36C4 -24 4 -12 7 2Z',
      bark,
    ),
    ...clumps.map(([x, y, r]) => disc(x, y, r, shade(leaf, -0.09))),
    ...clumps.map(([x, y, r]) =>
      disc(x - r * 0.14, y - r * 0.16, r * 0.84, sheet.down([0, mix(leaf, palette.sun, 0.3)], [1, leaf])),
    ),
    stroke(
      'M-16 -60h0M-24 -46h0M4 -84h0M12 -66h0M22 -54h0M-4 -50h0M30 -42h0M-12 -78h0',
      mix(leaf, palette.sun, 0.6),
      2.4,
      0.8,
    ),
  ].join('');
}

/** One flower head of a kind, centred on the origin, 20 units wide. */
function blossom(pen: Pen, kind: number, petal: Colour): string {
  const heart = pen.seen('#f6c945');
  if (kind === 0) {
    return (
      shape('M-9 -8C-7 -3 -7 9 0 10C7 9 7 -3 9 -8L4 -3L0 -11L-4 -3Z', petal) +
      shape('M0 -11C4 -4 4 6 0 10C-4 6 -4 -4 0 -11Z', shade(petal, 0.07))
    );
  }
  const count = kind === 1 ? 8 : 5;
  const petals = Array.from({ length: count }, (_, i) => {
    const turn = (360 / count) * i;
    return `<g transform="rotate(${n(turn)})">${oval(0, -7, kind === 1 ? 2.9 : 4.6, kind === 1 ? 5.8 : 5, i % 2 ? petal : shade(petal, 0.05))}</g>`;
  });
  return petals.join('') + disc(0, 0, 3.4, heart) + disc(-0.8, -0.8, 1.5, shade(heart, 0.08));
}

/** A bunch of three large flowers with leaves, 100 units tall. */
export function flower(pen: Pen): string {
  const { random } = pen;
  const petal = pen.main(random.pick(['#ef5b5b', '#f2789f', '#f4a53a', '#8f6ad0']));
  const kind = random.whole(0, 2);
  const stem = pen.seen('#3f7f52');
  const leaf = shade(stem, 0.06);
  const heads = [
    [0, -82, 2.3, 0],
    [-22, -58, 1.75, -14],
    [21, -64, 1.85, 12],
  ] as const;
  return [
    aura(oval(0, 1, 26, 3.5, INK, 0.25)),
    stroke('M0 2C2 -24 -2 -52 0 -78M0 2C-3 -22 -12 -36 -21 -54M1 2C4 -24 14 -44 20 -60', stem, 2),
    shape('M0 0C-16 -2 -26 -14 -27 -29C-13 -26 -4 -16 0 0Z', leaf),
    shape('M1 0C13 -4 27 -15 30 -33C14 -29 3 -16 1 0Z', shade(leaf, -0.06)),
    shape('M0 -30C6 -36 13 -40 15 -48C6 -47 0 -40 0 -30Z', shade(leaf, 0.05)),
    ...heads.map(
      ([x, y, size, turn], i) =>
        `<g transform="translate(${x} ${y}) rotate(${turn}) scale(${size})">${blossom(pen, kind, shade(petal, i * -0.04))}</g>`,
    ),
  ].join('');
}

/** A tall cactus with two arms, 100 units tall. */
export function cactus(pen: Pen): string {
  const green = pen.seen('#3f7d5c');
  const lit = mix(green, pen.palette.sun, 0.35);
  return (
    aura(oval(14, 1, 38, 4, INK, 0.25)) +
    stroke('M0 0V-88M0 -34H-24V-58M0 -46H22V-74', green, 15) +
    stroke('M-4 -4V-88M-27 -38V-58M19 -50V-74', lit, 2.4, 0.8) +
    stroke('M1 -6V-86', shade(green, -0.08), 1.6, 0.7)
  );
}

/** A palm leaning over a beach, 100 units tall. */
export function palm(pen: Pen): string {
  const green = mix(pen.seen('#2f7d5c'), pen.palette.near, 0.35);
  const bark = mix(pen.seen('#8a5a3c'), pen.palette.near, 0.35);
  const frond = (x: number, y: number, bend: number): string =>
    `M22 -86Q${n(22 + x * 0.5)} ${n(-86 + y - bend)} ${n(22 + x)} ${n(-86 + y)}Q${n(22 + x * 0.42)} ${n(-84 + y - bend * 0.35)} 22 -86Z`;
  return (
    aura(oval(0, 1, 24, 3, INK, 0.22)) +
    shape('M-4 2C-2 -30 8 -60 20 -88L24 -86C14 -58 5 -30 5 2Z', bark) +
    shape(
      [
        frond(-40, 12, 30),
        frond(-32, 32, 34),
        frond(42, 10, 28),
        frond(34, 32, 34),
        frond(-14, -18, 6),
        frond(22, -14, 12),
      ].join(''),
      green,
    ) +
    shape([frond(-44, -2, 24), frond(46, -4, 22)].join(''), shade(green, 0.06)) +
    disc(20, -83, 2.6, bark) +
    disc(25, -82, 2.6, shade(bark, 0.05))
  );
}
