import type { Colour } from './colour.ts';
import { mix, shade } from './colour.ts';
import type { Point } from './landforms.ts';
import { grounded, heightAt, jagged, ridge } from './landforms.ts';
import { n, shape } from './sheet.ts';
import type { Stage } from './stage.ts';
import { airy, landAt } from './stage.ts';

/** The lit faces of a ridge: from each summit a jagged slab down the side that faces the sun. */
function slopes(stage: Stage, line: readonly Point[], depth: number, colour: Colour, snow: boolean): string {
  const { random, sun } = stage;
  const reach = Math.round(line.length / 24) + 2;
  const summits = line.filter(
    ([, y], i) => i > 0 && line.every(([, other], j) => Math.abs(j - i) > reach || j === i || other >= y),
  );
  return summits
    .map(([x, y]) => {
      const side = sun.x < x ? -1 : 1;
      const low = Math.max(...line.map(([, other]) => other));
      const fall = Math.min(depth, (low - y) * 0.92 + 12);
      const outer: Point[] = [];
      for (let step = 1; step <= 6; step++) {
        const px = x + side * fall * 0.14 * step;
        outer.push([px, Math.max(heightAt(line, px), y + fall * 0.04 * step)]);
      }
      const inner: Point[] = [];
      const end = outer[outer.length - 1] ?? [x, y];
      for (let step = 1; step <= 7; step++) {
        const t = step / 8;
        inner.push([
          end[0] + (x - end[0]) * t + (step % 2 ? side : -side) * fall * random.between(0.03, 0.08),
          Math.max(end[1], y + fall * 0.95) + (y - Math.max(end[1], y + fall * 0.95)) * t,
        ]);
      }
      const slab = shape(
        `M${[[x, y] as Point, ...outer, ...inner].map(([px, py]) => `${n(px)} ${n(py)}`).join('L')}Z`,
        colour,
        0.5,
      );
      if (!snow) return slab;
      const cap = fall * random.between(0.26, 0.36);
      const rim: Point[] = [];
      for (let step = -4; step <= 4; step++) {
        const px = x + (step / 4) * cap * 0.75;
        rim.push([px, Math.max(heightAt(line, px), y)]);
      }
      const teeth: Point[] = rim
        .map(
          ([px, py], i): Point => [
            px * 0.9 + x * 0.1,
            Math.max(py, y + cap * (i % 2 ? 1.05 : 0.62) * random.between(0.85, 1.15)),
          ],
        )
        .reverse();
      const white = mix(mix('#ffffff', stage.palette.sky[3], 0.25), colour, 0.22);
      return (
        slab + shape(`M${[...rim, ...teeth].map(([px, py]) => `${n(px)} ${n(py)}`).join('L')}Z`, white, 0.9)
      );
    })
    .join('');
}

/** Mountain ranges one behind the other, each paler than the one in front of it. */
export function mountains(stage: Stage, layers = 4): string {
  const { random, width, height, horizon, unit, palette } = stage;
  const snow = stage.reading.weather.has('snow') || random.chance(0.65);
  return Array.from({ length: layers }, (_, i) => {
    const t = i / (layers - 1);
    const relief = unit * (0.4 - 0.26 * t) * random.between(0.85, 1.1);
    const base = horizon + unit * 0.015 - unit * 0.05 * (1 - t);
    const peaks = Math.max(2, Math.round((width / unit) * (1.6 + t * 1.5)));
    const line = ridge(random, width, base, relief, 0.7, peaks);
    const colour = landAt(stage, 0.04 + t * 0.62);
    const light = mix(colour, palette.sky[3], 0.46 - t * 0.3);
    return (
      shape(
        grounded(jagged(line), line, Math.min(height + 20, horizon + 40)),
        airy(stage, colour, 0.6 - t * 0.3),
      ) + (i < 3 ? slopes(stage, line, relief * 0.85, light, snow && i < 2) : '')
    );
  }).join('');
}

/** Low, distant land along the horizon of a sea. */
export function distantShore(stage: Stage): string {
  const { random, width, horizon, unit } = stage;
  return [0.08, 0.26]
    .map((nearness, i) => {
      const line = ridge(random, width * 0.62, horizon + 4, unit * (0.1 - i * 0.045), 0.45, 2);
      const moved = line.map(([x, y]): Point => [x - width * (0.12 + i * 0.16), y]);
      const tail = moved.map(
        ([x, y], at): Point => [
          x,
          at > moved.length * 0.66
            ? Math.min(horizon + 6, y + ((at / moved.length - 0.66) / 0.34) * unit * 0.1)
            : y,
        ],
      );
      return shape(
        grounded(jagged(tail), tail, horizon + 6),
        airy(stage, shade(landAt(stage, nearness), 0.02), 0.35),
      );
    })
    .join('');
}
