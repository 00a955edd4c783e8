import type { Colour } from './colour.ts';
import { mix, shade } from './colour.ts';
import { INK } from './palette.ts';
import { aura, disc, oval, shape, stroke } from './sheet.ts';
import type { Pen } from './stage.ts';

const shadow = (wide: number): string => aura(oval(0, 1, wide, 4.5, INK, 0.26));

/** An eye with a glint. */
const eye = (x: number, y: number, r: number, dark: Colour): string =>
  disc(x, y, r, dark) + disc(x - r * 0.3, y - r * 0.35, r * 0.32, '#ffffff');

/** A sitting cat with a striped coat, 100 units tall. */
export function cat(pen: Pen): string {
  const coat = pen.main(pen.random.pick(['#e8944a', '#54516b', '#c9b39a', '#f0e0cc']));
  const dark = shade(coat, -0.13);
  const pale = mix(coat, pen.seen('#fff1de'), 0.72);
  const ink = mix(INK, coat, 0.08);
  const body = 'M-24 1C-33 -8 -30 -34 -16 -50C-8 -56 8 -56 16 -50C30 -34 33 -8 24 1Z';
  return [
    shadow(42),
    shape('M18 -1C40 2 52 -10 50 -28C49 -38 41 -44 37 -40C33 -36 41 -33 41 -25C41 -15 32 -10 16 -12Z', coat),
    shape('M50 -28C49 -38 41 -44 37 -40C34 -37 39 -35 40.500 -30Z', dark),
    shape(body, pen.sheet.across([0, mix(coat, pen.palette.sun, 0.25)], [0.5, coat], [1, dark])),
    shape('M-10 -47C-14 -34 -8 -22 0 -20C8 -22 14 -34 10 -47Z', pale),
    stroke('M-26 -19L-18 -21M-25 -28L-17 -29M26 -19L18 -21M25 -28L17 -29', dark, 3),
    stroke('M-7 -19V-3M7 -19V-3', dark, 1.3, 0.8),
    oval(-8, -1.5, 8, 4.6, pale),
    oval(8, -1.5, 8, 4.6, pale),
    stroke('M-10 0V-2.500M-6.500 0V-2.500M6.500 0V-2.500M10 0V-2.500', dark, 0.9),
    shape('M-22 -70L-21 -98Q-19 -100 -17 -98L-3 -84ZM22 -70L21 -98Q19 -100 17 -98L3 -84Z', coat),
    shape('M-18.500 -78L-18 -92L-9 -83ZM18.500 -78L18 -92L9 -83Z', pen.seen('#f0a09a')),
    shape(
      'M0 -88C15 -88 25 -79 25 -68C25 -56 14 -49 0 -49C-14 -49 -25 -56 -25 -68C-25 -79 -15 -88 0 -88Z',
      pen.sheet.across([0, mix(coat, pen.palette.sun, 0.25)], [0.6, coat], [1, shade(coat, -0.06)]),
    ),
    stroke('M0 -87V-78M-6 -86L-5 -79M6 -86L5 -79M-24 -66L-17 -65M24 -66L17 -65', dark, 2.6),
    oval(-4.6, -57.5, 6.2, 5.2, pale),
    oval(4.6, -57.5, 6.2, 5.2, pale),
    eye(-10.5, -69, 4.4, ink),
    eye(10.5, -69, 4.4, ink),
    shape('M-3 -62.500H3L0 -59Z', pen.seen('#e8766f')),
    stroke('M0 -59V-57M0 -57Q-3 -53.500 -6 -56M0 -57Q3 -53.500 6 -56', ink, 1.1),
    aura(
      stroke('M-14 -58L-31 -61M-14 -56L-30 -54M14 -58L31 -61M14 -56L30 -54', pen.seen('#fff6ea'), 0.8, 0.9),
    ),
  ].join('');
}

/** A sitting fox with its tail around it, 100 units tall. */
export function fox(pen: Pen): string {
  const coat = pen.main('#e5702f');
  const dark = shade(coat, -0.11);
  const white = pen.seen('#fff3e4');
  const sock = mix(INK, coat, 0.18);
  return [
    shadow(48),
    shape(
      'M10 0C44 8 66 -8 62 -36C60 -48 50 -56 46 -54C50 -40 40 -24 14 -20Z',
      pen.sheet.down([0, coat], [1, dark]),
    ),
    shape('M62 -36C60 -48 50 -56 46 -54C48 -48 47 -42 44 -37C50 -40 56 -38 62 -36Z', white),
    shape(
      'M-22 1C-26 -20 -22 -44 -10 -54H12C26 -40 28 -12 20 1Z',
      pen.sheet.across([0, mix(coat, pen.palette.sun, 0.2)], [1, dark]),
    ),
    shape('M-12 -52C-14 -36 -8 -26 -1 -18C7 -26 12 -38 10 -52Z', white),
    shape('M-16 1L-14 -22C-12 -26 -6 -26 -5 -22L-4 1ZM14 1L12 -22C10 -26 4 -26 3 -22L2 1Z', coat),
    shape('M-16 1L-15 -11H-4.500L-4 1ZM14 1L13 -11H2.500L2 1Z', sock),
    shape('M-25 -72L-24 -101Q-22 -103 -20 -101L-5 -84ZM25 -72L24 -101Q22 -103 20 -101L5 -84Z', coat),
    shape(
      'M-24.300 -93L-24 -101Q-22 -103 -20 -101L-15 -95ZM24.300 -93L24 -101Q22 -103 20 -101L15 -95Z',
      sock,
    ),
    shape('M-20 -78L-19.500 -91L-11 -83ZM20 -78L19.500 -91L11 -83Z', white, 0.85),
    shape(
      'M0 -87C14 -87 24 -80 30 -62L12 -54L3 -44Q0 -42 -3 -44L-12 -54L-30 -62C-24 -80 -14 -87 0 -87Z',
      coat,
    ),
    shape(
      'M-30 -62C-20 -70 -9 -68 -4 -58L-2 -44Q-2.500 -43.500 -3 -44L-12 -54ZM30 -62C20 -70 9 -68 4 -58L2 -44Q2.500 -43.500 3 -44L12 -54Z',
      white,
    ),
    oval(0, -44.8, 4, 3.2, INK),
    eye(-10.5, -69, 3.5, INK),
    eye(10.5, -69, 3.5, INK),
  ].join('');
}

/** A sitting dog with hanging ears and a collar, 100 units tall. */
export function dog(pen: Pen): string {
  const coat = pen.main(pen.random.pick(['#d69a5c', '#8f5f42', '#efe2cf', '#4f4a55']));
  const dark = mix(shade(coat, -0.17), pen.seen('#5a3626'), 0.3);
  const pale = mix(coat, pen.seen('#fff4e6'), 0.78);
  return [
    shadow(44),
    shape('M18 -6C34 -8 44 -20 44 -34C44 -39 38 -40 37 -35C35 -24 28 -18 16 -18Z', coat),
    shape(
      'M-24 1C-32 -10 -28 -38 -15 -54H15C28 -38 32 -10 24 1Z',
      pen.sheet.across([0, mix(coat, pen.palette.sun, 0.22)], [0.55, coat], [1, shade(coat, -0.1)]),
    ),
    shape('M-11 -50C-15 -34 -9 -18 0 -15C9 -18 15 -34 11 -50Z', pale),
    stroke('M-7 -16V-3M7 -16V-3', dark, 1.3, 0.7),
    oval(-9, -1.5, 9, 5, pale),
    oval(9, -1.5, 9, 5, pale),
    stroke('M-11 0V-3M-7 0V-3M7 0V-3M11 0V-3', dark, 0.9),
    shape('M-15 -52Q0 -43 15 -52L16 -46Q0 -36 -16 -46Z', pen.palette.accent),
    disc(0, -39, 3.6, pen.palette.lamp),
    shape(
      'M0 -96C15 -96 23 -86 23 -72C23 -56 13 -46 0 -46C-13 -46 -23 -56 -23 -72C-23 -86 -15 -96 0 -96Z',
      coat,
    ),
    shape('M-4 -95.500C-6 -80 -5 -74 0 -72C5 -74 6 -80 4 -95.500Z', pale),
    shape(
      'M-14 -93C-30 -96 -35 -76 -31 -58C-29 -52 -23 -54 -21 -60C-18 -70 -20 -80 -10 -92ZM14 -93C30 -96 35 -76 31 -58C29 -52 23 -54 21 -60C18 -70 20 -80 10 -92Z',
      dark,
    ),
    oval(0, -59, 13.5, 11, pale),
    oval(0, -65, 5.6, 4, INK),
    oval(-1.6, -66.4, 1.7, 0.9, '#ffffff', 0.7),
    shape('M-4 -53H4V-46A4 4 0 0 1 -4 -46Z', pen.seen('#ee7f86')),
    stroke('M0 -61V-56M0 -56Q-4 -51 -9 -54.500M0 -56Q4 -51 9 -54.500', INK, 1.3),
    eye(-10, -76, 3.7, INK),
    eye(10, -76, 3.7, INK),
  ].join('');
}

/** A songbird on a twig, 100 units tall with the twig at the origin. */
export function bird(pen: Pen): string {
  const coat = pen.main(pen.random.pick(['#3f86c4', '#e0644a', '#e8b23f', '#4f9f86']));
  const wing = shade(coat, -0.13);
  const belly = mix(coat, pen.seen('#fff0d8'), 0.8);
  const wood = mix(pen.seen('#5f4036'), pen.palette.near, 0.3);
  const leaf = pen.seen('#5a9a5c');
  return [
    stroke('M-78 9C-46 0 -14 5 10 1C36 -3 58 2 82 -9M40 -1C50 8 58 10 66 18', wood, 5),
    shape(
      'M66 18C72 10 84 12 90 22C80 26 70 25 66 18ZM82 -9C86 -19 97 -21 106 -16C100 -7 90 -4 82 -9ZM-60 4C-66 -8 -78 -10 -86 -5C-80 5 -70 8 -60 4Z',
      leaf,
    ),
    shape('M-22 -26L-66 -6L-62 -16L-70 -14L-26 -44Z', wing),
    stroke('M-4 -14V2M8 -14V1', pen.seen('#c98a3f'), 2.6),
    shape(
      'M-34 -34C-34 -58 -16 -62 -4 -74C2 -92 16 -100 30 -97C46 -94 53 -80 49 -66C48 -36 30 -10 2 -10C-18 -10 -34 -20 -34 -34Z',
      pen.sheet.down([0, mix(coat, pen.palette.sun, 0.15)], [1, coat]),
    ),
    shape(
      'M49 -66C48 -36 30 -10 2 -10C-6 -10 -14 -12 -20 -15C8 -20 22 -44 30 -66C36 -72 44 -72 49 -66Z',
      belly,
    ),
    shape(
      'M-34 -34C-34 -54 -18 -60 -6 -64C8 -58 12 -38 2 -26C-8 -16 -30 -18 -46 -12C-40 -20 -34 -26 -34 -34Z',
      wing,
    ),
    stroke('M-30 -24C-16 -26 -4 -32 0 -44M-28 -33C-18 -35 -9 -41 -6 -50', mix(wing, coat, 0.9), 2),
    shape('M49 -84L66 -78L48 -72Z', pen.seen('#f0a43a')),
    eye(35, -83, 4, INK),
    disc(30, -73, 4.2, mix(coat, pen.palette.accent, 0.6), 0.6),
  ].join('');
}
