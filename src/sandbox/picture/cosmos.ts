import type { Colour } from './colour.ts';
import { mix, shade } from './colour.ts';
import { grounded, hills, smooth } from './landforms.ts';
import { box, disc, n, oval, shape } from './sheet.ts';
import { stars } from './sky.ts';
import type { Stage } from './stage.ts';

/** A ball with bands of weather and a night side. */
function planet(stage: Stage, x: number, y: number, r: number, colour: Colour, ringed: boolean): string {
  const { sheet, random, palette } = stage;
  const ball = `M${n(x - r)} ${n(y)}A${n(r)} ${n(r)} 0 1 1 ${n(x + r)} ${n(y)}A${n(r)} ${n(r)} 0 1 1 ${n(x - r)} ${n(y)}Z`;
  const bands: string[] = [];
  for (let at = -1; at < 1; ) {
    const thick = random.between(0.08, 0.26);
    const bow = r * 0.16;
    bands.push(
      shape(
        `M${n(x - r)} ${n(y + at * r)}Q${n(x)} ${n(y + at * r + bow)} ${n(x + r)} ${n(y + at * r)}V${n(y + (at + thick) * r)}Q${n(x)} ${n(y + (at + thick) * r + bow)} ${n(x - r)} ${n(y + (at + thick) * r)}Z`,
        random.chance(0.5) ? shade(colour, 0.08) : mix(colour, palette.accent, 0.3),
        random.between(0.3, 0.75),
      ),
    );
    at += thick + random.between(0.06, 0.22);
  }
  const night = sheet.round(
    [
      [0, palette.near, 0],
      [0.55, palette.near, 0.08],
      [0.8, palette.near, 0.5],
      [1, palette.near, 0.9],
    ],
    0.34,
    0.32,
  );
  const air = disc(
    x,
    y,
    r * 1.5,
    sheet.round([
      [0.6, colour, 0.38],
      [1, colour, 0],
    ]),
  );
  const body = air + sheet.clip(ball, disc(x, y, r, colour) + bands.join('') + disc(x, y, r * 1.38, night));
  if (!ringed) return body;
  const ring = (front: boolean): string => {
    const half = [
      [1.95, 0.5, 0.5],
      [1.7, 0.42, 0.85],
      [1.52, 0.36, 0.5],
    ] as const;
    return half
      .map(([rx, ry, opacity], i) => {
        const sweep = front ? 0 : 1;
        const inner = rx - (i === 1 ? 0.15 : 0.07);
        const innerY = ry * (inner / rx);
        return shape(
          `M${n(x - rx * r)} ${n(y)}A${n(rx * r)} ${n(ry * r)} 0 0 ${sweep} ${n(x + rx * r)} ${n(y)}L${n(x + inner * r)} ${n(y)}A${n(inner * r)} ${n(innerY * r)} 0 0 ${1 - sweep} ${n(x - inner * r)} ${n(y)}Z`,
          mix(palette.sun, colour, 0.25 * i),
          opacity,
        );
      })
      .join('');
  };
  return `<g transform="rotate(-16 ${n(x)} ${n(y)})">${ring(false)}${body}${ring(true)}</g>`;
}

/** Deep space: drifting veils of gas, stars, a great planet with rings and its small moons. */
export function cosmos(stage: Stage): string {
  const { random, width, height, unit, palette, sheet, reading } = stage;
  const [zenith, high, low, rim] = palette.sky;
  const veils = Array.from({ length: 5 }, () => {
    const size = unit * random.between(0.4, 0.85);
    return `<g transform="rotate(-28 ${n(width / 2)} ${n(height / 2)})">${oval(
      random.between(0, 1) * width,
      height * random.between(0.25, 0.75),
      size * 1.5,
      size * 0.5,
      sheet.round([
        [0, random.chance(0.5) ? rim : low, 0.42],
        [0.5, low, 0.16],
        [1, low, 0],
      ]),
    )}</g>`;
  }).join('');
  const r = unit * random.between(0.19, 0.24);
  const x = width * (width > height ? random.between(0.62, 0.7) : 0.6);
  const y = height * 0.36;
  const main =
    reading.colourOf.get('land') ??
    random.pick([palette.accent, mix(palette.far, palette.accent, 0.35), '#e0a15c', '#4fa3a8'] as const);
  return (
    box(
      -10,
      -10,
      width + 20,
      height + 20,
      sheet.down([0, zenith], [0.5, high], [0.85, low], [1, mix(low, rim, 0.5)]),
    ) +
    veils +
    stars(stage, height) +
    planet(stage, width * 0.14, height * 0.2, r * 0.24, mix(palette.far, palette.sun, 0.35), false) +
    planet(stage, x, y, r, main, true) +
    planet(stage, x - r * 2.05, y + r * 1.05, r * 0.17, mix(palette.sun, palette.far, 0.25), false)
  );
}

/** The cratered ground of a moon, in front. */
export function moonscape(stage: Stage): string {
  const { random, width, height, unit, palette, sheet } = stage;
  return [0, 1, 2]
    .map((i) => {
      const base = height * (0.74 + i * 0.075);
      const line = hills(random, width, base, unit * 0.07, unit * 0.55);
      const colour = mix(palette.far, palette.near, 0.25 + i * 0.28);
      const craters = Array.from({ length: Math.round((width / unit) * 5) }, () => {
        const s = unit * random.between(0.012, 0.04) * (0.6 + i * 0.4);
        const [cx, cy] = [random.between(0, width), base + unit * random.between(0.06, 0.13)];
        return (
          oval(cx, cy, s, s * 0.3, shade(colour, -0.07)) +
          oval(cx, cy + s * 0.1, s * 0.84, s * 0.2, shade(colour, 0.03))
        );
      }).join('');
      return (
        shape(
          grounded(smooth(line), line, height + 20),
          sheet.down([0, mix(colour, palette.sky[3], 0.3)], [0.35, colour], [1, shade(colour, -0.05)]),
        ) + craters
      );
    })
    .join('');
}
