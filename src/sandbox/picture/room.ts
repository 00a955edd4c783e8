import { mix, shade } from './colour.ts';
import { grounded, hills, smooth } from './landforms.ts';
import { paletteFor } from './palette.ts';
import { aura, box, disc, n, oval, shape, stroke } from './sheet.ts';
import type { Stage } from './stage.ts';

/** An arched opening, standing on y. */
const arch = (x: number, y: number, wide: number, tall: number): string =>
  `M${n(x - wide / 2)} ${n(y)}V${n(y - tall + wide / 2)}A${n(wide / 2)} ${n(wide / 2)} 0 0 1 ${n(x + wide / 2)} ${n(y - tall + wide / 2)}V${n(y)}Z`;

/** A window onto the hour that the prompt names: sky, sun or moon, and two hills. */
function outlook(stage: Stage, x: number, y: number, wide: number, tall: number): string {
  const { random, sheet, reading, palette } = stage;
  const outside = paletteFor(reading.hour ?? 'sunset', [], random);
  const [zenith, high, low, rim] = outside.sky;
  const opening = arch(x, y, wide, tall);
  const land = [0.3, 0.75].map((nearness, i) => {
    const line = hills(random, wide * 1.2, y - tall * (0.27 - i * 0.12), tall * 0.1, wide * 0.5).map(
      ([px, py]) => [px + x - wide * 0.6, py] as const,
    );
    return shape(grounded(smooth(line), line, y + 10), mix(outside.far, outside.near, nearness));
  });
  const frame = mix(palette.cloud, '#ffffff', 0.3);
  return (
    sheet.clip(
      opening,
      box(
        x - wide / 2,
        y - tall,
        wide,
        tall,
        sheet.down([0, zenith], [0.35, high], [0.65, low], [0.85, rim]),
      ) +
        disc(x - wide * 0.14, y - tall * 0.42, wide * 0.26, outside.sun, 0.25) +
        disc(x - wide * 0.14, y - tall * 0.42, wide * 0.17, outside.sun) +
        land.join(''),
    ) +
    stroke(
      `M${n(x)} ${n(y)}V${n(y - tall)}M${n(x - wide / 2)} ${n(y - tall * 0.4)}H${n(x + wide / 2)}`,
      frame,
      wide * 0.022,
    ) +
    stroke(opening, frame, wide * 0.045) +
    box(x - wide * 0.6, y - wide * 0.02, wide * 1.2, wide * 0.07, frame, wide * 0.02) +
    box(x - wide * 0.57, y + wide * 0.05, wide * 1.14, wide * 0.03, palette.near, 0, 0.16)
  );
}

/** Light from a window outside the picture, falling aslant on the wall. */
function lightfall(stage: Stage, floor: number): string {
  const { width, unit, sheet, palette } = stage;
  const [x, y] = [width * 0.08, floor - unit * 0.62];
  const wide = unit * 0.2;
  const lean = unit * 0.12;
  const paint = sheet.down([0, palette.sun, 0.75], [1, palette.sun, 0.15]);
  return aura(
    [0, 1]
      .flatMap((column) =>
        [0, 1].map((line) => {
          const px = x + column * (wide + unit * 0.018);
          const py = y + line * (unit * 0.235) + column * unit * 0.05;
          return shape(
            `M${n(px)} ${n(py)}l${n(wide)} ${n(lean * 0.42)}v${n(unit * 0.215)}l${n(-wide)} ${n(-lean * 0.42)}Z`,
            paint,
            0.6,
          );
        }),
      )
      .join(''),
  );
}

/** A drum-shaped plinth whose top is at y. */
export function plinth(stage: Stage, x: number, y: number, radius: number, tall: number): string {
  const { sheet, palette } = stage;
  const stone = mix(palette.sky[0], '#ffffff', 0.3);
  const flat = radius * 0.17;
  return (
    aura(
      oval(
        x + radius * 0.75,
        y + tall,
        radius * 1.7,
        flat * 1.5,
        sheet.across([0, palette.near, 0.42], [1, palette.near, 0]),
      ),
    ) +
    shape(
      `M${n(x - radius)} ${n(y)}V${n(y + tall)}A${n(radius)} ${n(flat)} 0 0 0 ${n(x + radius)} ${n(y + tall)}V${n(y)}Z`,
      sheet.across([0, mix(stone, palette.sun, 0.7)], [0.35, stone], [1, mix(stone, palette.near, 0.42)]),
    ) +
    oval(x, y, radius, flat, mix(stone, '#ffffff', 0.55)) +
    oval(x, y, radius * 0.94, flat * 0.9, mix(stone, '#ffffff', 0.35))
  );
}

/** A quiet interior: a wall with light on it, an alcove or a window, and a table top or floor. */
export function room(stage: Stage, x: number, floor: number, withWindow: boolean): string {
  const { random, width, height, unit, palette, sheet, reading } = stage;
  const [bright, wall, deep, deeper] = palette.sky;
  const asked = reading.colourOf.get('sky');
  const tone = (colour: typeof wall): typeof wall => (asked === undefined ? colour : mix(colour, asked, 0.6));
  const parts = [
    box(
      -10,
      -10,
      width + 20,
      height + 20,
      sheet.across([0, tone(bright)], [0.55, tone(wall)], [1, tone(deep)]),
    ),
    lightfall(stage, floor),
  ];
  if (withWindow)
    parts.push(
      outlook(
        stage,
        x - unit * 0.02,
        floor - unit * 0.2,
        unit * 0.52,
        Math.min(unit * 0.66, floor - unit * 0.26),
      ),
    );
  else if (random.chance(0.5))
    parts.push(
      shape(
        arch(x, floor, unit * 0.66, Math.min(unit * 0.78, floor * 0.94)),
        sheet.down([0, shade(tone(deeper), -0.02)], [1, tone(deep)]),
      ),
      shape(
        arch(x + unit * 0.035, floor, unit * 0.59, Math.min(unit * 0.74, floor * 0.9)),
        sheet.down([0, tone(wall)], [1, tone(bright)]),
        0.75,
      ),
    );
  else
    parts.push(
      disc(
        x + unit * 0.05,
        floor - unit * 0.36,
        unit * 0.34,
        sheet.down([0, mix(palette.accent, tone(deep), 0.35)], [1, mix(palette.accent, tone(wall), 0.75)]),
      ),
      disc(x - unit * 0.2, floor - unit * 0.6, unit * 0.07, mix(palette.sun, tone(wall), 0.2)),
    );
  parts.push(
    box(
      -10,
      floor,
      width + 20,
      height - floor + 20,
      sheet.down(
        [0, mix(tone(deeper), palette.near, 0.08)],
        [0.25, tone(deeper)],
        [1, mix(tone(deeper), palette.near, 0.32)],
      ),
    ),
    box(-10, floor, width + 20, unit * 0.008, '#ffffff', 0, 0.28),
  );
  return parts.join('');
}
