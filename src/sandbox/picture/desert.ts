import type { Colour } from './colour.ts';
import { mix, shade } from './colour.ts';
import type { Point } from './landforms.ts';
import { grounded, jagged } from './landforms.ts';
import { cactus, palm } from './plants.ts';
import { n, placed, shape } from './sheet.ts';
import type { Stage } from './stage.ts';
import { airy, landAt, penFor } from './stage.ts';

const SAND: Colour = '#e9b06c';

/** Table mountains on the horizon. */
function mesas(stage: Stage): string {
  const { random, width, horizon, unit } = stage;
  const line: Point[] = [[-20, horizon + 10]];
  for (let x = random.between(0, 0.1) * width; x < width; ) {
    const wide = unit * random.between(0.12, 0.3);
    const tall = unit * random.between(0.06, 0.17);
    line.push(
      [x, horizon + 6],
      [x + wide * 0.14, horizon - tall * 0.45],
      [x + wide * 0.17, horizon - tall],
      [x + wide * 0.8, horizon - tall * 1.03],
      [x + wide * 0.84, horizon - tall * 0.45],
      [x + wide, horizon + 6],
    );
    x += wide + unit * random.between(0.1, 0.5);
  }
  return shape(
    grounded(jagged(line), line, horizon + 40),
    airy(stage, landAt(stage, 0.14, '#c9694a', 0.5), 0.4),
  );
}

/** One row of dunes as a single line of crests and hollows, and the shaded side of each crest. */
function dunes(
  stage: Stage,
  base: number,
  tall: number,
  peaks: number,
  lit: Colour,
  colour: Colour,
  dim: Colour,
): string {
  const { random, width, height, sheet, sun } = stage;
  const span = width / peaks;
  const crests = Array.from(
    { length: peaks },
    (_, i): Point => [span * (i + random.between(0.25, 0.75)), base - tall * random.between(0.7, 1.15)],
  );
  const hollows = Array.from({ length: peaks + 1 }, (_, i): Point => {
    const [left, right] = [crests[i - 1]?.[0] ?? -span * 0.6, crests[i]?.[0] ?? width + span * 0.6];
    // The first and the last hollow lie outside, so that the row reaches both edges.
    const x =
      i === 0
        ? Math.min(-20, (left + right) / 2)
        : i === peaks
          ? Math.max(width + 20, (left + right) / 2)
          : (left + right) / 2;
    return [x, base + tall * random.between(-0.05, 0.2)];
  });
  const flank = ([x, y]: Point, [hx, hy]: Point): string =>
    `C${n(x + (hx - x) * 0.3)} ${n(y + (hy - y) * 0.5)} ${n(x + (hx - x) * 0.55)} ${n(hy)} ${n(hx)} ${n(hy)}`;
  const climb = ([hx, hy]: Point, [x, y]: Point): string =>
    `C${n(hx + (x - hx) * 0.45)} ${n(hy)} ${n(hx + (x - hx) * 0.7)} ${n(y + (hy - y) * 0.5)} ${n(x)} ${n(y)}`;
  const start = hollows[0] ?? [0, base];
  const line = crests
    .map((crest, i) => climb(hollows[i] ?? start, crest) + flank(crest, hollows[i + 1] ?? crest))
    .join('');
  const shadows = crests.map((crest, i) => {
    const side = sun.x < crest[0] ? 1 : -1;
    const hollow = hollows[side > 0 ? i + 1 : i] ?? crest;
    const [x, y] = crest;
    const foot = base + tall * 0.95;
    return shape(
      `M${n(x)} ${n(y)}${flank(crest, hollow)}C${n(hollow[0] - (hollow[0] - x) * 0.4)} ${n(hollow[1] + tall * 0.1)} ${n(x + (hollow[0] - x) * 0.3)} ${n(foot - tall * 0.3)} ${n(x - side * tall * 0.25)} ${n(foot)}C${n(x + side * tall * 0.5)} ${n(base)} ${n(x - side * tall * 0.28)} ${n(base - tall * 0.3)} ${n(x)} ${n(y)}Z`,
      sheet.down([0, dim], [0.55, mix(dim, colour, 0.35)], [1, colour, 0.1]),
    );
  });
  return (
    shape(
      `M-20 ${n(height + 20)}L${n(start[0])} ${n(start[1])}${line}L${n(width + 20)} ${n(height + 20)}Z`,
      sheet.down([0, lit], [0.5, colour], [1, colour]),
    ) + shadows.join('')
  );
}

/** Dunes: each has a crest that divides a lit side from a shaded one. */
export function desert(stage: Stage): string {
  const { width, height, horizon, unit, palette } = stage;
  const rows = 5;
  const parts = [mesas(stage)];
  for (let i = 0; i < rows; i++) {
    const t = i / (rows - 1);
    const base = horizon + (height - horizon) * (0.7 * t ** 1.15) + unit * 0.02;
    const colour = landAt(stage, 0.06 + t * 0.36, SAND, 0.85);
    const lit = mix(colour, palette.sun, 0.32);
    const dim = mix(shade(colour, -0.1), palette.near, 0.18 + t * 0.1);
    parts.push(
      dunes(
        stage,
        base,
        unit * (0.08 + 0.12 * t),
        Math.max(1, Math.round((width / unit) * (1.8 - t * 0.9))),
        lit,
        colour,
        dim,
      ),
    );
  }
  const pen = penFor(stage, 'cactus');
  const spots = [
    [0.12, 0.3],
    [0.9, 0.21],
  ] as const;
  return (
    parts.join('') +
    spots
      .map(([x, tall], i) =>
        placed(
          cactus(pen),
          width * x,
          horizon + (height - horizon) * (0.52 - i * 0.16),
          (tall * unit) / 100,
          i === 1,
        ),
      )
      .join('')
  );
}

/** The strip of sand where the sea ends, with wet sand, foam and a palm. */
export function beach(stage: Stage): string {
  const { width, height, horizon, unit, palette, sheet } = stage;
  const sand = landAt(stage, 0.12, '#f0cf98', 0.9);
  const curve = (y: number, bend: number): string =>
    `M-20 ${n(y + bend)}C${n(width * 0.3)} ${n(y + bend)} ${n(width * 0.45)} ${n(y - bend * 0.6)} ${n(width * 0.7)} ${n(y - bend)}S${n(width + 10)} ${n(y - bend * 2.1)} ${n(width + 20)} ${n(y - bend * 2.2)}V${n(height + 20)}H-20Z`;
  const y = horizon + (height - horizon) * 0.56;
  const bend = unit * 0.07;
  return (
    shape(curve(y - unit * 0.022, bend), '#ffffff', 0.35) +
    shape(curve(y, bend), mix('#ffffff', palette.sky[3], 0.2), 0.85) +
    shape(curve(y + unit * 0.014, bend), mix(sand, palette.near, 0.22)) +
    shape(
      curve(y + unit * 0.055, bend * 1.1),
      sheet.down([0, mix(sand, palette.sun, 0.25)], [1, shade(sand, -0.05)]),
    ) +
    placed(
      palm(penFor(stage, 'palm')),
      width * 0.88,
      horizon + (height - horizon) * 0.62,
      unit * 0.0058,
      true,
    )
  );
}
