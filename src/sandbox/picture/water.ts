import type { Colour } from './colour.ts';
import { mix, shade, tint } from './colour.ts';
import { grounded, ripple, smooth } from './landforms.ts';
import { grade } from './palette.ts';
import { box, n, oval, shape, stroke } from './sheet.ts';
import type { Stage } from './stage.ts';

/** The water's colours at the horizon and in front, after what the prompt asks for. */
export function waterColours(stage: Stage): readonly [Colour, Colour] {
  const { palette, reading } = stage;
  const [distant, close] = palette.water;
  const asked = reading.colourOf.get('water');
  if (asked === undefined) return [distant, close];
  // Only half graded: a teal sea has to stay teal in the orange light of a sunset.
  const lit = mix(asked, grade(asked, palette), 0.4);
  return [mix(tint(distant, lit, 0.85), lit, 0.62), mix(tint(close, lit, 0.95), shade(lit, -0.13), 0.7)];
}

/** Open water from the horizon down, with a path of light under the sun. */
export function water(stage: Stage, top = stage.horizon): string {
  const { sheet, palette, width, height } = stage;
  const [distant, close] = waterColours(stage);
  const body = box(
    -10,
    top,
    width + 20,
    height - top + 10,
    sheet.down(
      [0, mix(distant, palette.sky[3], 0.35)],
      [0.12, distant],
      [0.75, close],
      [1, shade(close, -0.05)],
    ),
  );
  return body + streaks(stage, top, distant) + glitter(stage, top);
}

/** Long thin lines that make the surface lie flat. */
function streaks(stage: Stage, top: number, colour: Colour): string {
  const { random, width, height } = stage;
  const deep = height - top;
  const path = Array.from({ length: Math.round(26 * Math.max(1, width / 1200)) }, () => {
    const t = random.next() ** 1.3;
    const length = random.between(0.04, 0.12) * 1000 * (0.4 + t);
    const x = random.between(-0.05, 1) * width;
    return `M${n(x)} ${n(top + 8 + t * deep * 0.9)}h${n(length)}`;
  }).join('');
  return stroke(path, shade(colour, 0.08), 2.6, 0.4);
}

/** The sun's light on the water: dashes that grow wider towards the viewer. */
function glitter(stage: Stage, top: number): string {
  const { random, palette, sun, height, unit } = stage;
  const deep = Math.min(height - top, unit * 0.75);
  const rows = 22;
  const dashes: string[] = [];
  for (let i = 0; i < rows; i++) {
    const t = i / rows;
    const y = top + 5 + t ** 1.35 * deep;
    const half = sun.r * (0.85 - 0.35 * Math.sin(t * 3.1) + t * 0.75);
    const thick = 2.2 + t * 7;
    for (let piece = 0; piece < (i < 3 ? 1 : 2); piece++) {
      const length = half * (i < 3 ? 2 : random.between(0.4, 1.25));
      const x = sun.x + random.between(-0.5, 0.5) * (i < 3 ? 8 : half * 1.3) - length / 2;
      dashes.push(
        box(x, y + random.between(0, thick), length, thick, palette.sun, thick / 2, 0.85 - t * 0.62),
      );
    }
  }
  return (
    oval(
      sun.x,
      top + deep * 0.35,
      sun.r * 2.6,
      deep * 0.5,
      stage.sheet.round([
        [0, palette.sky[3], 0.5],
        [1, palette.sky[3], 0],
      ]),
    ) + dashes.join('')
  );
}

/** Waves in front, cut from paper one behind the other. */
export function swell(stage: Stage, top: number, layers = 3): string {
  const { random, sheet, palette, width, height, unit } = stage;
  const [distant, close] = waterColours(stage);
  return Array.from({ length: layers }, (_, i) => {
    const t = (i + 1) / layers;
    const y = top + (height - top) * (i / layers) ** 0.9;
    const length = unit * (0.15 + 0.13 * t);
    const line = ripple(width, y, length, unit * (0.006 + 0.012 * t), -random.between(0, length));
    const path = smooth(line);
    const colour = mix(distant, shade(close, -0.07), 0.5 + t * 0.5);
    return (
      shape(
        grounded(path, line, height + 20),
        sheet.down([0, mix(colour, distant, 0.25)], [0.6, colour], [1, shade(colour, -0.04)]),
      ) + stroke(path, mix(distant, palette.sun, 0.55), 2 + 2.4 * t, 0.5)
    );
  }).join('');
}
