import { mix } from './colour.ts';
import type { Point } from './landforms.ts';
import { dots } from './landforms.ts';
import { aura, box, disc, n, shape, stroke } from './sheet.ts';
import type { Stage } from './stage.ts';

/** The sky's gradient, from above the picture's top down to the horizon. */
export function sky(stage: Stage): string {
  const { sheet, palette, width, horizon } = stage;
  const [zenith, high, low, rim] = palette.sky;
  // The last strip lies behind hills whose hollows dip below the horizon.
  return (
    box(-10, -10, width + 20, horizon + 30, sheet.down([0, zenith], [0.4, high], [0.76, low], [1, rim])) +
    box(-10, horizon + 19, width + 20, stage.unit * 0.2, rim)
  );
}

/** The sun: a plain disc inside three paper rings of light. */
export function sun(stage: Stage): string {
  const {
    sheet,
    palette,
    sun: { x, y, r },
  } = stage;
  const glow = sheet.round([
    [0, palette.sun, 0.75],
    [0.35, palette.sky[3], 0.35],
    [1, palette.sky[3], 0],
  ]);
  const rings = [2.9, 2.15, 1.5].map((size, i) => disc(x, y, r * size, palette.sun, 0.09 + i * 0.05));
  return (
    aura(disc(x, y, r * 5.2, glow, 0.8) + rings.join('')) +
    disc(x, y, r, sheet.down([0, palette.sun], [1, mix(palette.sun, palette.sky[3], 0.45)]))
  );
}

/** The moon, full with its seas or as a crescent. */
export function moon(stage: Stage, crescent: boolean): string {
  const {
    sheet,
    palette,
    sun: { x, y, r },
  } = stage;
  const glow = sheet.round([
    [0, palette.sun, 0.5],
    [0.3, palette.sky[3], 0.22],
    [1, palette.sky[3], 0],
  ]);
  const halo = aura(
    disc(x, y, r * 4.6, glow, 0.8) +
      disc(x, y, r * 1.9, palette.sun, 0.07) +
      disc(x, y, r * 1.4, palette.sun, 0.09),
  );
  if (crescent)
    return (
      halo +
      shape(
        `M${n(x + r * 0.35)} ${n(y - r)}A${n(r)} ${n(r)} 0 1 0 ${n(x + r)} ${n(y + r * 0.45)}A${n(r * 0.86)} ${n(r * 0.86)} 0 0 1 ${n(x + r * 0.35)} ${n(y - r)}Z`,
        palette.sun,
      )
    );
  const seaColour = mix(palette.sun, palette.sky[2], 0.28);
  const seas = [
    [-0.3, -0.25, 0.26],
    [0.22, 0.1, 0.2],
    [-0.15, 0.38, 0.15],
    [0.38, -0.38, 0.12],
    [-0.58, 0.2, 0.1],
  ] as const;
  return (
    halo +
    disc(x, y, r, palette.sun) +
    seas.map(([dx, dy, size]) => disc(x + dx * r, y + dy * r, size * r, seaColour, 0.55)).join('')
  );
}

/** Stars: dust, points, and a few with four rays. */
export function stars(stage: Stage, bottom: number): string {
  const { random, palette, width, unit } = stage;
  const area = (width * bottom) / 1e6;
  const anywhere = (): Point => [random.between(0, width), bottom * random.next() ** 1.35];
  const layer = (count: number): Point[] => Array.from({ length: Math.round(count * area) }, anywhere);
  const rays = layer(7).map(([x, y]) => {
    const r = random.between(5, 11) * (unit / 1000);
    const w = r * 0.14;
    return `M${n(x)} ${n(y - r)}L${n(x + w)} ${n(y - w)}L${n(x + r)} ${n(y)}L${n(x + w)} ${n(y + w)}L${n(x)} ${n(y + r)}L${n(x - w)} ${n(y + w)}L${n(x - r)} ${n(y)}L${n(x - w)} ${n(y - w)}Z`;
  });
  return (
    stroke(dots(layer(220)), palette.sun, 1.7, 0.5) +
    stroke(dots(layer(60)), palette.sun, 3, 0.85) +
    shape(rays.join(''), palette.sun, 0.95)
  );
}

/** A cloud made of stacked strips with round ends, as if cut from paper. */
function strips(stage: Stage, x: number, y: number, size: number, opacity: number): string {
  const { random, palette, sheet } = stage;
  const paint = sheet.down([0, mix(palette.cloud, palette.sun, 0.35)], [1, palette.cloud]);
  const thick = size * 0.075;
  const layers = [0.5, 0.85, 1, 0.6].map((share, i) => {
    const length = size * share * random.between(0.8, 1.1);
    const shift = random.between(-0.22, 0.22) * size;
    return box(x - length / 2 + shift, y + i * thick * 0.86, length, thick, paint, thick / 2);
  });
  // One opacity for the whole cloud, or its strips would show where they overlap.
  return `<g opacity="${n(opacity)}">${layers.join('')}</g>`;
}

/** A cloud with a flat bottom and a row of domes. */
function puff(stage: Stage, x: number, y: number, size: number, opacity: number): string {
  const { random, palette, sheet } = stage;
  const count = random.whole(3, 5);
  const radii = Array.from(
    { length: count },
    (_, i) =>
      size * (0.12 + 0.16 * Math.sin(((i + 0.7) / (count + 0.4)) * Math.PI)) * random.between(0.85, 1.15),
  );
  const steps = radii.map((r) => r * 1.35);
  let at = x - steps.reduce((sum, step) => sum + step, 0) / 2;
  const start = at;
  const arcs = steps.map((step, i) => {
    const r = radii[i] ?? step;
    at += step;
    return `A${n(r * 0.82)} ${n(r)} 0 0 1 ${n(at)} ${n(y - (i === count - 1 ? 0 : Math.min(r, radii[i + 1] ?? r) * 0.55))}`;
  });
  const paint = sheet.down([0, palette.cloud], [1, mix(palette.cloud, palette.sky[2], 0.55)]);
  const tail = size * 0.05;
  return shape(
    `M${n(start)} ${n(y)}${arcs.join('')}a${n(tail)} ${n(tail)} 0 0 1 0 ${n(tail * 2)}H${n(start)}a${n(tail)} ${n(tail)} 0 0 1 0 ${n(-tail * 2)}Z`,
    paint,
    opacity,
  );
}

/** Clouds across the sky: domes by day, long strips in low light. */
export function clouds(stage: Stage, count: number, low: boolean): string {
  const { random, width, horizon, unit } = stage;
  const span = width / count;
  return Array.from({ length: count }, (_, i) => {
    const x = span * (i + random.between(0.15, 0.85));
    const y = horizon * random.between(0.14, low ? 0.82 : 0.6);
    const size = unit * random.between(0.2, 0.42);
    return low
      ? strips(stage, x, y, size * 1.15, random.between(0.45, 0.75))
      : puff(stage, x, y, size, random.between(0.8, 0.96));
  }).join('');
}

/** Gulls or other birds, far away. */
export function flock(stage: Stage, x: number, y: number, spread: number, count: number): string {
  const { random, palette } = stage;
  const path = Array.from({ length: count }, (_, i) => {
    const s = spread * random.between(0.07, 0.15);
    const [px, py] = [
      x + ((i + random.between(0.2, 0.8)) / count - 0.5) * 2.2 * spread,
      y + random.between(-0.5, 0.5) * spread,
    ];
    return `M${n(px - s)} ${n(py - s * 0.3)}Q${n(px - s * 0.45)} ${n(py - s * 0.62)} ${n(px)} ${n(py)}Q${n(px + s * 0.5)} ${n(py - s * 0.7)} ${n(px + s)} ${n(py - s * 0.45)}`;
  }).join('');
  return stroke(path, palette.near, spread * 0.018, 0.85);
}
