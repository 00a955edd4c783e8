import type { Colour } from './colour.ts';
import { mix, shade } from './colour.ts';
import type { Point } from './landforms.ts';
import { dots } from './landforms.ts';
import { INK, PAPER } from './palette.ts';
import { box, disc, n, shape, stroke } from './sheet.ts';
import type { Stage } from './stage.ts';

/** One tile of the pattern, with its top left corner at x y. */
function tile(
  stage: Stage,
  x: number,
  y: number,
  s: number,
  back: Colour,
  front: Colour,
  third: Colour,
): string {
  const { random } = stage;
  const [r, b] = [x + s, y + s];
  const ground = box(x, y, s + 0.6, s + 0.6, back);
  const quarter = (radius: number, colour: Colour): string =>
    shape(
      `M${n(x)} ${n(b)}V${n(b - radius)}A${n(radius)} ${n(radius)} 0 0 1 ${n(x + radius)} ${n(b)}Z`,
      colour,
    );
  const turn = random.whole(0, 3) * 90;
  const turned = (content: string): string =>
    `<g transform="rotate(${turn} ${n(x + s / 2)} ${n(y + s / 2)})">${content}</g>`;
  switch (random.whole(0, 7)) {
    case 0:
      return ground + turned(quarter(s, front) + quarter(s * 0.5, third));
    case 1:
      return (
        ground +
        turned([1, 0.8, 0.6, 0.4, 0.2].map((share, i) => quarter(s * share, i % 2 ? back : front)).join(''))
      );
    case 2:
      return (
        ground +
        turned(
          shape(
            `M${n(x)} ${n(y)}A${n(s / 2)} ${n(s / 2)} 0 0 0 ${n(r)} ${n(y)}ZM${n(x)} ${n(y + s / 2)}A${n(s / 2)} ${n(s / 2)} 0 0 0 ${n(r)} ${n(y + s / 2)}Z`,
            front,
          ),
        )
      );
    case 3:
      return (
        ground + disc(x + s / 2, y + s / 2, s * 0.42, front) + disc(x + s / 2, y + s / 2, s * 0.2, third)
      );
    case 4:
      return ground + turned(shape(`M${n(x)} ${n(y)}L${n(r)} ${n(b)}H${n(x)}Z`, front));
    case 5:
      return (
        ground +
        turned(
          shape(
            [0, 1, 2, 3]
              .map((i) => `M${n(x)} ${n(y + (i + 0.25) * (s / 4))}h${n(s)}v${n(s / 8)}h${n(-s)}Z`)
              .join(''),
            front,
          ),
        )
      );
    case 6:
      return (
        ground +
        turned(
          shape(
            `M${n(x)} ${n(y)}A${n(s)} ${n(s)} 0 0 1 ${n(r)} ${n(b)}A${n(s)} ${n(s)} 0 0 1 ${n(x)} ${n(y)}Z`,
            front,
          ),
        )
      );
    default: {
      const grid: Point[] = Array.from({ length: 16 }, (_, i) => [
        x + ((i % 4) + 0.5) * (s / 4),
        y + (Math.floor(i / 4) + 0.5) * (s / 4),
      ]);
      return ground + stroke(dots(grid), front, s * 0.1);
    }
  }
}

/** A pattern of quarter circles, discs and stripes, with one big circle laid over it. */
export function composition(stage: Stage): string {
  const { random, width, height, palette, reading } = stage;
  const asked = reading.colours;
  const inks = [
    palette.near,
    palette.accent,
    palette.far,
    palette.lamp,
    shade(PAPER, -0.02),
    palette.sky[1],
    palette.water[1],
    ...asked.flatMap((colour) => [colour, shade(colour, 0.12), shade(colour, -0.12)]),
  ] as const;
  const across = width > height ? Math.round((width / height) * 5) : 5;
  const s = width / across;
  const down = Math.ceil(height / s);
  const tiles: string[] = [];
  for (let row = 0; row < down; row++) {
    for (let column = 0; column < across; column++) {
      const back = random.pick(inks);
      let front = random.pick(inks);
      for (let attempt = 0; attempt < 4 && front === back; attempt++) front = random.pick(inks);
      tiles.push(
        tile(stage, column * s, row * s, s, back, front === back ? PAPER : front, random.pick(inks)),
      );
    }
  }
  const [cx, cy] = [s * Math.round(across * random.between(0.4, 0.7)), s * Math.round(down * 0.4)];
  return (
    tiles.join('') +
    disc(cx, cy, s, mix(palette.accent, PAPER, 0.1)) +
    shape(`M${n(cx - s)} ${n(cy)}A${n(s)} ${n(s)} 0 0 0 ${n(cx + s)} ${n(cy)}Z`, palette.near) +
    disc(cx, cy, s * 0.34, palette.lamp) +
    disc(cx, cy, s * 0.12, INK)
  );
}
