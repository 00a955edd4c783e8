import { mix, shade } from './colour.ts';
import { box, n, shape, stroke } from './sheet.ts';
import type { Stage } from './stage.ts';
import { airy, landAt } from './stage.ts';

interface Tower {
  x: number;
  wide: number;
  top: number;
  roof: number;
}

function skyline(stage: Stage, base: number, low: number, high: number): Tower[] {
  const { random, width, unit } = stage;
  const towers: Tower[] = [];
  for (let x = -unit * 0.05; x < width; ) {
    const wide = unit * random.between(0.055, 0.125);
    const middle = 1 - Math.abs(x / width - 0.56) * 1.15;
    towers.push({
      x,
      wide,
      top: base - unit * random.between(low, high) * (0.55 + 0.6 * middle),
      roof: random.whole(0, 5),
    });
    x += wide * random.between(0.92, 1.1);
  }
  return towers;
}

function outline({ x, wide, top, roof }: Tower, bottom: number): string {
  const mid = x + wide / 2;
  const roofs = [
    `V${n(top)}H${n(x + wide)}`,
    `V${n(top)}L${n(x + wide)} ${n(top + wide * 0.4)}`,
    `V${n(top)}H${n(x + wide * 0.2)}V${n(top - wide * 0.3)}H${n(x + wide * 0.8)}V${n(top)}H${n(x + wide)}`,
    `V${n(top)}L${n(mid)} ${n(top - wide * 0.75)}L${n(x + wide)} ${n(top)}`,
    `V${n(top)}H${n(x + wide * 0.22)}V${n(top - wide * 0.34)}H${n(mid - 2)}V${n(top - wide * 1.3)}H${n(mid + 2)}V${n(top - wide * 0.34)}H${n(x + wide * 0.78)}V${n(top)}H${n(x + wide)}`,
    `V${n(top + wide / 2)}A${n(wide / 2)} ${n(wide / 2)} 0 0 1 ${n(x + wide)} ${n(top + wide / 2)}`,
  ];
  return `M${n(x)} ${n(bottom)}${roofs[roof] ?? ''}V${n(bottom)}Z`;
}

/** Lit windows on a grid; the later the hour, the more of them. */
function windows(stage: Stage, tower: Tower, bottom: number, lit: number): string {
  const { random, unit } = stage;
  const cell = unit * 0.0215;
  const columns = Math.max(1, Math.floor((tower.wide * 0.82) / cell));
  const left = tower.x + (tower.wide - columns * cell) / 2;
  const panes: string[] = [];
  for (let y = tower.top + tower.wide * 0.6; y < bottom - cell * 1.5; y += cell * 1.35) {
    for (let column = 0; column < columns; column++) {
      if (random.chance(lit))
        panes.push(
          `M${n(left + column * cell + cell * 0.22)} ${n(y)}h${n(cell * 0.54)}v${n(cell * 0.72)}h${n(-cell * 0.54)}Z`,
        );
    }
  }
  return panes.join('');
}

/** Three rows of towers, each darker than the one behind it, and a street or quay in front. */
export function city(stage: Stage, onWater: boolean): string {
  const { palette, width, height, horizon, unit, sheet, reading } = stage;
  const ground = onWater ? horizon + 6 : horizon + (height - horizon) * 0.42;
  const late = reading.hour === 'night' ? 0.5 : reading.hour === 'day' ? 0.22 : 0.36;
  const parts = [0, 1, 2]
    .map((i) => {
      const towers = skyline(stage, ground, [0.24, 0.16, 0.06][i] ?? 0.2, [0.52, 0.37, 0.22][i] ?? 0.4);
      const colour = landAt(stage, [0.1, 0.42, 0.8][i] ?? 0.5);
      const body = shape(
        towers.map((tower) => outline(tower, ground)).join(''),
        airy(stage, colour, [0.45, 0.3, 0.05][i]),
      );
      const sides = shape(
        towers
          .filter((_, at) => at % 2 === 0)
          .map(
            ({ x, wide, top }) =>
              `M${n(x + wide * 0.62)} ${n(top + wide * 0.45)}H${n(x + wide)}V${n(ground)}H${n(x + wide * 0.62)}Z`,
          )
          .join(''),
        shade(colour, -0.06),
        0.4,
      );
      const panes = shape(
        towers.map((tower) => windows(stage, tower, ground, late)).join(''),
        i === 0 ? mix(colour, palette.lamp, 0.5) : palette.lamp,
        [0.55, 0.8, 0.95][i],
      );
      return body + sides + panes;
    })
    .join('');
  return onWater
    ? parts
    : parts +
        street(
          stage,
          ground,
          width,
          height,
          unit,
          sheet.down([0, mix(palette.near, palette.sky[2], 0.22)], [1, palette.near]),
        );
}

function street(
  stage: Stage,
  ground: number,
  width: number,
  height: number,
  unit: number,
  road: ReturnType<Stage['sheet']['down']>,
): string {
  const { palette } = stage;
  const walk = unit * 0.045;
  const lamps = Array.from(
    { length: Math.max(2, Math.ceil(width / unit / 0.36)) },
    (_, i) => (i + 0.35) * unit * 0.36,
  );
  const poles = lamps
    .map(
      (x) =>
        `M${n(x)} ${n(ground + walk)}v${n(-unit * 0.17)}q0 ${n(-unit * 0.03)} ${n(unit * 0.03)} ${n(-unit * 0.03)}`,
    )
    .join('');
  const glow = stage.sheet.round([
    [0, palette.lamp, 0.7],
    [0.3, palette.lamp, 0.22],
    [1, palette.lamp, 0],
  ]);
  const bulbs = lamps
    .map(
      (x) =>
        `<circle cx="${n(x + unit * 0.034)}" cy="${n(ground + walk - unit * 0.196)}" r="${n(unit * 0.075)}" fill="${glow}"/>`,
    )
    .join('');
  const dash = unit * 0.11;
  const marks = Array.from(
    { length: Math.ceil(width / dash / 1.7) + 1 },
    (_, i) => `M${n(i * dash * 1.7)} ${n(ground + (height - ground) * 0.56)}h${n(dash)}`,
  ).join('');
  return (
    box(-10, ground, width + 20, height - ground + 20, road) +
    box(-10, ground, width + 20, walk, mix(palette.near, palette.sky[3], 0.3)) +
    box(-10, ground + walk, width + 20, unit * 0.01, palette.near) +
    stroke(marks, palette.lamp, unit * 0.011, 0.55) +
    stroke(poles, palette.near, unit * 0.009) +
    bulbs
  );
}
