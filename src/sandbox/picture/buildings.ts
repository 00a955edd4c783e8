import { mix, shade } from './colour.ts';
import { INK, PAPER } from './palette.ts';
import { aura, box, disc, oval, shape, stroke } from './sheet.ts';
import type { Pen } from './stage.ts';

/** A window with lamplight in it, and the light's bloom. */
function litWindow(pen: Pen, x: number, y: number, width: number, height: number, arched = false): string {
  const { sheet, palette } = pen;
  const bloom = sheet.round([
    [0, palette.lamp, 0.85],
    [0.4, palette.lamp, 0.35],
    [1, palette.lamp, 0],
  ]);
  const glass = sheet.down([0, mix(palette.lamp, '#ffffff', 0.35)], [1, palette.lamp]);
  const bars = `M${x + width / 2} ${y - (arched ? width * 0.3 : 0)}V${y + height}M${x} ${y + height * 0.48}H${x + width}`;
  const pane = arched
    ? shape(
        `M${x} ${y + height}V${y + width * 0.3}A${width / 2} ${width / 2} 0 0 1 ${x + width} ${y + width * 0.3}V${y + height}Z`,
        glass,
      )
    : box(x, y, width, height, glass, 0.5);
  return (
    aura(oval(x + width / 2, y + height / 2, width * 2, height * 1.45, bloom)) +
    pane +
    stroke(bars, shade(pen.seen('#8a4a34'), -0.1), width * 0.09)
  );
}

/** A lamplit window in a tower's wall, with a pale surround. */
function towerWindow(pen: Pen, y: number, width: number): string {
  const half = width / 2 + 0.9;
  return (
    shape(
      `M${-half} ${y + 7.3}V${y + 1}A${half} ${half} 0 0 1 ${half} ${y + 1}V${y + 7.3}Z`,
      pen.seen('#7d2430'),
    ) + litWindow(pen, -width / 2, y, width, 6.4, true)
  );
}

/** A lighthouse, 100 units tall, standing on the origin. */
export function lighthouse(pen: Pen): string {
  const { sheet, palette } = pen;
  const wall = pen.seen(PAPER);
  const band = pen.main('#dd3f38');
  const iron = mix(pen.seen('#2b3050'), palette.near, 0.4);
  const edge = (y: number): number => 12.5 + (y / 66) * 4.3;
  const hoop = (top: number, bottom: number): string =>
    `M${-edge(top)} ${top}Q0 ${top + 3.2} ${edge(top)} ${top}L${edge(bottom)} ${bottom}Q0 ${bottom + 3.6} ${-edge(bottom)} ${bottom}Z`;
  const tower = `M-12.5 0Q0 4 12.5 0L8.2 -66Q0 -63.5 -8.2 -66Z`;
  const beam = (to: number, spread: number): string =>
    shape(
      `M0 -76L${to} ${-76 - spread}L${to} ${-76 + spread * 0.55}Z`,
      to < 0
        ? sheet.across([0, palette.lamp, 0], [1, palette.lamp, 0.75])
        : sheet.across([0, palette.lamp, 0.75], [1, palette.lamp, 0]),
    );
  const rails = Array.from({ length: 9 }, (_, i) => `M${-11 + i * 2.75} -68.5V-72.6`).join('');
  return [
    aura(beam(-150, 19) + beam(120, 15)),
    shape(tower, wall),
    ...[
      [-60, -48],
      [-38, -26],
      [-16, -3.5],
    ].map(([top, bottom]) => shape(hoop(top ?? 0, bottom ?? 0), band)),
    shape(
      tower,
      sheet.across([0, palette.sun, 0.35], [0.28, palette.sun, 0.05], [0.55, INK, 0.06], [1, INK, 0.5]),
    ),
    towerWindow(pen, -56, 4),
    towerWindow(pen, -34.5, 4.5),
    shape('M-3.4 1.2V-7A3.4 3.4 0 0 1 3.4 -7V1.2Z', iron),
    disc(1.8, -3.2, 0.55, palette.lamp),
    shape('M-8.6 -66.5L-11.6 -69.4H11.6L8.6 -66.5Z', iron),
    stroke(`${rails}M-11.6 -72.8H11.6`, iron, 0.7),
    box(-5.6, -82.5, 11.2, 13.4, sheet.down([0, mix(palette.lamp, '#ffffff', 0.55)], [1, palette.lamp])),
    aura(
      disc(
        0,
        -76,
        21,
        sheet.round([
          [0, palette.lamp, 0.85],
          [0.3, palette.lamp, 0.3],
          [1, palette.lamp, 0],
        ]),
      ),
    ),
    disc(0, -76, 2.9, '#fffdf0'),
    stroke('M-5.6 -82.5V-69.5M-1.9 -82.5V-69.5M1.9 -82.5V-69.5M5.6 -82.5V-69.5', iron, 0.7),
    shape('M-7.6 -82C-7 -89 -2.5 -91.5 0 -92.5C2.5 -91.5 7 -89 7.6 -82Z', band),
    shape('M0 -92.5C2.5 -91.5 7 -89 7.6 -82H1C2.4 -86 1.6 -90 0 -92.5Z', INK, 0.25),
    stroke('M0 -92.5V-98', iron, 0.9),
    disc(0, -94, 1.5, iron),
  ].join('');
}

/** A house or cabin, about 80 units tall and 120 wide, standing on the origin. */
export function house(pen: Pen, chimneySmoke = true): string {
  const { sheet, palette } = pen;
  const wall = pen.main('#f0dcc0');
  const side = shade(wall, -0.13);
  const roof = mix(pen.seen('#b5483c'), palette.near, 0.15);
  const trim = pen.seen('#5b3a38');
  const smoke = chimneySmoke
    ? stroke('M34 -80C30 -90 42 -96 36 -106C31 -115 44 -121 41 -132', mix(palette.cloud, PAPER, 0.4), 5, 0.4)
    : '';
  const planks = [-10, -20, -30].map((y) => `M-58 ${y}H-6`).join('');
  return [
    aura(oval(2, 2, 78, 7, INK, 0.22)),
    aura(smoke),
    box(28, -80, 12, 26, shade(roof, -0.12)),
    box(26.5, -82, 15, 4.5, shade(roof, -0.05), 1),
    box(-6, -40, 64, 42, side),
    shape('M-60 2V-38L-32 -72L-6 -40V2Z', wall),
    stroke(planks, shade(wall, -0.09), 1, 0.8),
    shape('M-32 -74L42 -74L66 -37H-4Z', sheet.down([0, shade(roof, 0.05)], [1, shade(roof, -0.06)])),
    shape('M-32 -74L-27 -74L0 -37H-6L-33 -67L-61 -33L-67 -35Z', shade(roof, -0.15)),
    stroke('M-22 -66H48M-16 -57H53M-10 -48H58', shade(roof, -0.1), 1.1, 0.7),
    litWindow(pen, -52, -31, 13, 15),
    litWindow(pen, 8, -29, 13, 15),
    litWindow(pen, 36, -29, 13, 15),
    disc(-32, -52, 4.6, palette.lamp),
    stroke('M-32 -56.5V-47.5M-36.5 -52H-27.5', trim, 0.9),
    box(-30, -26, 15, 28, trim, 1),
    box(-27.5, -23.5, 10, 9, palette.lamp, 0.5, 0.9),
    disc(-18, -11, 1, palette.lamp),
    box(-64, 0, 126, 4, shade(trim, -0.05), 1),
  ].join('');
}
