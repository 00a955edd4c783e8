import type { Colour } from './colour.ts';
import { mix } from './colour.ts';
import type { Point } from './landforms.ts';
import { dots, grounded, heightAt, hills, smooth } from './landforms.ts';
import { grade } from './palette.ts';
import { firOutline, tree } from './plants.ts';
import { box, n, placed, shape, stroke } from './sheet.ts';
import type { Stage } from './stage.ts';
import { airy, landAt, penFor } from './stage.ts';

const FIR: Colour = '#2f6b57';
const GRASS: Colour = '#6fa04a';

/** Rows of firs with mist between them; the nearest stand at the sides and leave a clearing. */
export function forest(stage: Stage): string {
  const { random, width, height, horizon, unit, palette, sheet } = stage;
  const rows = 5;
  return Array.from({ length: rows }, (_, i) => {
    const t = i / (rows - 1);
    const base = horizon + (height - horizon) * (0.02 + 0.52 * t ** 1.3);
    const line = hills(random, width, base, unit * 0.05, unit * 0.5);
    const colour = landAt(stage, 0.12 + t * 0.74, FIR, 0.5);
    const tall = unit * (0.2 + 0.36 * t ** 1.5);
    const firs: string[] = [];
    for (let x = -tall * 0.2; x < width + tall * 0.2; x += tall * random.between(0.17, 0.3)) {
      const fromMiddle = Math.abs(x / width - 0.5) * 2;
      if (t > 0.4 && fromMiddle < 0.3 + t * 0.32) continue;
      firs.push(
        firOutline(
          x,
          heightAt(line, x) + tall * 0.04,
          tall * random.between(0.68, 1.15) * (t > 0.4 ? 0.75 + fromMiddle * 0.4 : 1),
          t > 0.5 ? 6 : 4,
        ),
      );
    }
    const mist =
      i < rows - 1
        ? box(
            -10,
            base - unit * 0.12,
            width + 20,
            unit * 0.24,
            sheet.down([0, palette.sky[3], 0], [0.7, palette.sky[3], 0.34], [1, palette.sky[3], 0]),
          )
        : '';
    return (
      shape(firs.join(''), colour) +
      shape(grounded(smooth(line), line, height + 20), airy(stage, colour, i < rows - 1 ? 0.4 : 0.08)) +
      mist
    );
  }).join('');
}

/** Rolling fields, one hill behind the other, some with furrows. */
export function meadow(stage: Stage, flowers = true, natural: Colour = GRASS): string {
  const { random, width, height, horizon, unit, palette } = stage;
  const rows = 5;
  const parts: string[] = [];
  for (let i = 0; i < rows; i++) {
    const t = i / (rows - 1);
    const base = horizon + (height - horizon) * (0.75 * t ** 1.2) - unit * 0.02;
    const line = hills(random, width, base, unit * 0.09 * (1 - t * 0.4), unit * (0.5 + t * 0.4));
    const colour = landAt(stage, 0.1 + t * 0.6, natural, 0.75);
    const outline = grounded(smooth(line), line, height + 20);
    parts.push(shape(outline, airy(stage, mix(colour, palette.sun, 0.14), -0.12 + (1 - t) * 0.35)));
    if (i === 1 || i === 3) parts.push(furrows(stage, line, outline, colour));
    if (i < 3) parts.push(copses(stage, line, t));
  }
  if (flowers) parts.push(blooms(stage));
  return parts.join('');
}

/** The parallel lines of a tilled field. */
function furrows(stage: Stage, line: readonly Point[], outline: string, colour: Colour): string {
  const { width, height, unit, palette, sheet } = stage;
  const gap = unit * 0.028;
  const path = Array.from({ length: 9 }, (_, i) =>
    smooth(line.map(([x, y]): Point => [x + i * gap * 1.5, y + (i + 0.7) * gap * (1 + i * 0.09)])),
  ).join('');
  const fade = sheet.across([0, mix(colour, palette.sun, 0.4)], [1, mix(colour, palette.near, 0.2)]);
  return sheet.clip(outline, stroke(path, fade, unit * 0.004 * Math.max(1, height / width), 0.5));
}

/** Small round trees scattered along a hill. */
function copses(stage: Stage, line: readonly Point[], t: number): string {
  const { random, width, unit } = stage;
  const colour = landAt(stage, 0.32 + t * 0.5, FIR);
  const crowns = Array.from({ length: Math.round((width / unit) * 5) }, () => {
    const x = random.between(0, width);
    const r = unit * (0.012 + t * 0.02) * random.between(0.8, 1.5);
    const y = heightAt(line, x) + r * 0.2;
    return `M${n(x - r * 0.7)} ${n(y)}C${n(x - r)} ${n(y - r * 1.6)} ${n(x - r * 0.5)} ${n(y - r * 2.8)} ${n(x)} ${n(y - r * 2.8)}C${n(x + r * 0.5)} ${n(y - r * 2.8)} ${n(x + r)} ${n(y - r * 1.6)} ${n(x + r * 0.7)} ${n(y)}Z`;
  });
  return shape(crowns.join(''), colour);
}

/** Grass and flower heads at the viewer's feet. */
export function blooms(stage: Stage): string {
  const { random, width, height, unit, palette, reading } = stage;
  const asked = reading.colourOf.get('flower');
  const heads = [
    asked ?? grade('#ef5b5b', palette),
    grade('#fff4e2', palette),
    mix(asked ?? palette.accent, palette.sun, 0.35),
  ] as const;
  const ground = height - unit * 0.01;
  const place = (): Point => [random.between(0, width), ground - unit * 0.19 * random.next() ** 1.6];
  const count = Math.round((width / unit) * 90);
  const blades = Array.from({ length: count }, () => {
    const x = random.between(0, width);
    const rise = unit * random.between(0.05, 0.15);
    return `M${n(x)} ${n(height + 10)}q${n(random.between(-8, 8))} ${n(-rise * 0.6)} ${n(random.between(-22, 22))} ${n(-rise)}`;
  }).join('');
  const dark = landAt(stage, 0.85, GRASS);
  return (
    stroke(blades, dark, unit * 0.006, 0.9) +
    heads
      .map((colour, i) =>
        stroke(
          dots(Array.from({ length: Math.round(count * (0.5 - i * 0.12)) }, place)),
          colour,
          unit * (0.016 - i * 0.003),
          0.95,
        ),
      )
      .join('')
  );
}

/** One broad tree on its hill, as the picture's subject. */
export function loneTree(stage: Stage, x: number, y: number, tall: number): string {
  return placed(tree(penFor(stage, 'tree')), x, y, tall / 100);
}
