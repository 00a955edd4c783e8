import { house, lighthouse } from './buildings.ts';
import { mix, shade } from './colour.ts';
import { boat } from './craft.ts';
import type { Point } from './landforms.ts';
import { dots } from './landforms.ts';
import { grade } from './palette.ts';
import { aura, n, oval, placed, shape, stroke } from './sheet.ts';
import type { Stage } from './stage.ts';
import { penFor } from './stage.ts';

const path = (points: readonly Point[]): string => `M${points.map(([x, y]) => `${n(x)} ${n(y)}`).join('L')}`;

/**
 * A cliff that enters from the right and falls into the sea, with a lighthouse and its keeper's
 * cottage on it. The cliff is built around the lighthouse, so that it suits any proportions.
 */
export function headland(stage: Stage, withLighthouse = true): string {
  const { palette, random, width, height, horizon, unit, sheet } = stage;
  const u = unit / 1000;
  const x0 = width < height ? width * 0.66 : width - Math.min(width * 0.34, 560 * u);
  const y0 = horizon - 42 * u;
  const foot = horizon + (height - horizon) * 0.62;
  const drop = foot - y0;
  const at = (x: number, y: number): Point => [x0 + x * u, y0 + y * u];
  const down = (x: number, share: number): Point => [x0 + x * u, y0 + share * drop];
  const right = width + 30;
  const open = x0 - 216 * u - stage.sun.x;

  const rock = mix(grade('#9a5f5a', palette), palette.near, 0.42);
  const bright = mix(rock, palette.sun, 0.36);
  const dark = mix(rock, palette.near, 0.7);
  const grass = mix(grade('#6f8f4a', palette), palette.near, 0.32);

  const face: Point[] = [
    at(-216, 34),
    down(-232, 0.24),
    down(-196, 0.33),
    down(-214, 0.5),
    down(-250, 0.58),
    down(-236, 0.76),
    down(-292, 0.86),
    down(-318, 1.04),
  ];
  const top: Point[] = [
    at(-216, 34),
    at(-168, 16),
    at(-96, 4),
    at(0, 0),
    at(120, -2),
    at(240, -16),
    at(380, -44),
    [right, y0 - 64 * u],
  ];
  const cliff = `${path([...face].reverse())}L${path(top).slice(1)}L${n(right)} ${n(height + 20)}H${n(x0 - 318 * u)}Z`;

  // Slabs of light on the side that looks at the sun, and of shadow between them.
  const slabs: [Point[], typeof rock, number][] = [
    [[at(-216, 34), at(-150, 30), down(-164, 0.36), down(-196, 0.33), down(-232, 0.24)], bright, 0.95],
    [[at(-150, 30), at(-72, 26), down(-98, 0.52), down(-128, 0.62), down(-164, 0.36)], bright, 0.5],
    [
      [
        down(-196, 0.33),
        down(-164, 0.36),
        down(-128, 0.62),
        down(-172, 0.8),
        down(-236, 0.76),
        down(-250, 0.58),
        down(-214, 0.5),
      ],
      bright,
      0.68,
    ],
    [[at(-72, 26), at(24, 20), down(0, 0.46), down(-40, 0.78), down(-98, 0.52)], dark, 0.5],
    [[down(-98, 0.52), down(-40, 0.78), down(-54, 1.1), down(-172, 0.8), down(-128, 0.62)], bright, 0.3],
    [
      [down(-236, 0.76), down(-172, 0.8), down(-54, 1.1), down(-40, 1.4), down(-318, 1.4), down(-292, 0.86)],
      bright,
      0.42,
    ],
    [[at(24, 20), at(150, 16), down(120, 0.6), down(40, 0.74), down(0, 0.46)], bright, 0.2],
    [[at(150, 16), at(300, -4), down(290, 0.55), down(200, 0.9), down(120, 0.6)], dark, 0.55],
    [[down(40, 0.74), down(120, 0.6), down(200, 0.9), down(170, 1.2), down(10, 1.15)], dark, 0.6],
    [[at(300, -4), [right, y0 - 20 * u], [right, y0 + 0.7 * drop], down(290, 0.55)], bright, 0.16],
  ];
  const seams: Point[] = Array.from({ length: 150 }, () =>
    down(random.between(-200, 420), random.between(0.2, 1.05) ** 0.8),
  );

  const ledges = Array.from({ length: 9 }, () => {
    const [x, y] = down(random.between(-150, 420), random.between(0.3, 0.92));
    return `M${n(x)} ${n(y)}l${n(random.between(14, 34) * u)} ${n(random.between(-5, 3) * u)}l${n(random.between(8, 22) * u)} ${n(random.between(-3, 6) * u)}`;
  });

  const turf = `${path(top)}L${n(right)} ${n(y0 - 12 * u)}L${path([at(300, 8), at(236, 34), at(170, 22), at(96, 44), at(20, 24), at(-44, 44), at(-98, 26), at(-150, 46), at(-190, 34), at(-226, 52)]).slice(1)}Z`;
  const blades: string[] = [];
  for (let x = -205; x0 + x * u < width + 10; x += random.between(12, 34)) {
    const y = x < 0 ? ((x * x) / (216 * 216)) * 34 : x < 120 ? 0 : -(((x - 120) / 260) ** 1.4) * 42;
    const rise = random.between(6, 17);
    const [foot0, lean] = [`M${n(x0 + x * u)} ${n(y0 + (y + 4) * u)}`, random.between(-3, 3)];
    for (const spread of [-5, 0, 5])
      blades.push(
        `${foot0}q${n(lean * 0.2 * u)} ${n(-rise * 0.6 * u)} ${n((lean + spread) * u)} ${n((Math.abs(spread) * 0.5 - rise) * u)}`,
      );
  }
  const trail = `M${path([at(8, 3), at(30, 16)]).slice(1)}C${n(x0 + 80 * u)} ${n(y0 + 28 * u)} ${n(x0 + 150 * u)} ${n(y0 - 4 * u)} ${n(x0 + 214 * u)} ${n(y0 - 6 * u)}`;

  const boulders = (
    [
      [-352, 0.98, 46],
      [-292, 1.04, 64],
      [-402, 1.06, 26],
      [-214, 1.1, 80],
      [-448, 1.1, 14],
    ] as const
  ).map(([x, share, size]) => {
    const [bx, by] = down(x, share);
    const s = size * u;
    const stone = [
      [-1, 0.3],
      [-0.8, -0.35],
      [-0.2, -0.72],
      [0.45, -0.5],
      [0.95, 0.3],
    ].map(([px = 0, py = 0]): Point => [bx + px * s, by + py * s]);
    const lit = [
      [-1, 0.3],
      [-0.8, -0.35],
      [-0.2, -0.72],
      [-0.25, -0.1],
      [-0.5, 0.3],
    ].map(([px = 0, py = 0]): Point => [bx + px * s, by + py * s]);
    return (
      oval(bx, by + s * 0.3, s * 1.35, s * 0.15, palette.sun, 0.62) +
      shape(`${path(stone)}Z`, dark) +
      shape(`${path(lit)}Z`, bright, 0.7)
    );
  });

  const pen = penFor(stage, 'lighthouse');
  const cottage = penFor(stage, 'house');
  return [
    // A small boat on its way home: it gives the sea its size.
    placed(
      boat(penFor(stage, 'boat')),
      open > 330 * u ? stage.sun.x + open / 2 + 46 * u : width * 0.12,
      horizon + 30 * u,
      0.8 * u,
      true,
    ),
    aura(oval(x0 - 120 * u, foot + 14 * u, 330 * u, 20 * u, palette.sun, 0.16)),
    withLighthouse
      ? placed(house(cottage), x0 + 152 * u, y0 + 1 * u, 1.12 * u)
      : placed(house(cottage), x0 + 20 * u, y0 + 3 * u, 1.9 * u),
    withLighthouse ? placed(lighthouse(pen), x0, y0 + 3 * u, 4.3 * u) : '',
    shape(cliff, sheet.down([0, rock], [0.55, mix(rock, dark, 0.6)], [1, shade(dark, -0.03)])),
    ...slabs.map(([points, colour, opacity]) => shape(`${path(points)}Z`, colour, opacity)),
    stroke(dots(seams), dark, 2.6 * u, 0.45),
    stroke(ledges.join(''), bright, 2.4 * u, 0.32),
    shape(
      turf,
      sheet.across([0, mix(grass, palette.sun, 0.35)], [0.4, grass], [1, mix(grass, palette.near, 0.35)]),
    ),
    stroke(trail, mix(grass, palette.sun, 0.6), 8 * u, 0.8),
    stroke(blades.join(''), mix(grass, palette.sun, 0.2), 2.4 * u, 0.9),
    ...boulders,
  ].join('');
}
