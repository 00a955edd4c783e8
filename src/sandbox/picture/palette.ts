import type { Colour } from './colour.ts';
import { mix, tint, under } from './colour.ts';
import type { Random } from './random.ts';

/** The hours and moods a picture can have. */
export type Mood = 'sunset' | 'night' | 'dawn' | 'day' | 'grey' | 'space' | 'studio' | 'poster';

/** The colours one picture is made of. */
export interface Palette {
  /** Sky from the zenith to the horizon. */
  sky: readonly [Colour, Colour, Colour, Colour];
  /** The disc of the sun or the moon. */
  sun: Colour;
  /** The most distant and the nearest land. */
  far: Colour;
  near: Colour;
  /** Water at the horizon and at the viewer's feet. */
  water: readonly [Colour, Colour];
  cloud: Colour;
  /** Lamps and windows. */
  lamp: Colour;
  accent: Colour;
  /** The colour of the light that falls on everything. */
  light: Colour;
}

/** Paper white and printing ink, shared by all pictures. */
export const PAPER: Colour = '#fff4e2';
export const INK: Colour = '#1b1830';

const row = (
  sky: Palette['sky'],
  sun: Colour,
  far: Colour,
  near: Colour,
  water: Palette['water'],
  cloud: Colour,
  lamp: Colour,
  accent: Colour,
  light: Colour,
): Palette => ({ sky, sun, far, near, water, cloud, lamp, accent, light });

const MOODS: Record<Mood, readonly [Palette, ...Palette[]]> = {
  sunset: [
    row(
      ['#3b2f6b', '#a84a7e', '#f4845a', '#ffd08a'],
      '#fff0c4',
      '#b4628a',
      '#251b40',
      ['#e8976f', '#2a3f6b'],
      '#ffb38a',
      '#ffd463',
      '#e4473c',
      '#ffe2c8',
    ),
    row(
      ['#2a3a72', '#7d5a9b', '#f0806f', '#ffc58f'],
      '#fff3d0',
      '#9a6a9c',
      '#1f1d45',
      ['#d98b86', '#263a6e'],
      '#ffa998',
      '#ffcf6b',
      '#f05d4e',
      '#ffdfcc',
    ),
    row(
      ['#5a2a5c', '#c2466a', '#f9914c', '#ffdf8e'],
      '#fff5cf',
      '#c0627a',
      '#321a3c',
      ['#f0a070', '#4a2f63'],
      '#ffbf86',
      '#ffdb70',
      '#2c9c94',
      '#ffe3c0',
    ),
  ],
  night: [
    row(
      ['#0a1030', '#17265c', '#33488a', '#6d7fb8'],
      '#fdf2cf',
      '#44579a',
      '#080c26',
      ['#5468a8', '#0d1a45'],
      '#5a6cae',
      '#ffce63',
      '#f2975a',
      '#bcc6f2',
    ),
    row(
      ['#0c1a33', '#12385a', '#22667c', '#6fa8a0'],
      '#fbf3d6',
      '#2f7186',
      '#071526',
      ['#4c8c96', '#0b2740'],
      '#3f7f90',
      '#ffd06e',
      '#f08a6a',
      '#b8d6e8',
    ),
    row(
      ['#160f33', '#33225f', '#65408a', '#b57aa8'],
      '#ffeed6',
      '#6a4a94',
      '#0f0a26',
      ['#8a60a0', '#1e1547'],
      '#7d55a0',
      '#ffc870',
      '#ff7f87',
      '#ccbcee',
    ),
  ],
  dawn: [
    row(
      ['#6f9ac4', '#b7b4d4', '#f6bdb4', '#ffe4c2'],
      '#fff7e4',
      '#b8a3c4',
      '#3a3a63',
      ['#f0c4b8', '#5d86a8'],
      '#fde0d8',
      '#ffd98a',
      '#ee7a68',
      '#fff0ea',
    ),
    row(
      ['#7fb0b8', '#bfd2c8', '#f7d3b0', '#fff0cf'],
      '#fffbea',
      '#a5b8b4',
      '#2f4a52',
      ['#efd4b8', '#5f9aa0'],
      '#fff0dc',
      '#ffdc86',
      '#ef7f5a',
      '#fff4e6',
    ),
  ],
  day: [
    row(
      ['#2f8fcb', '#63b8df', '#a9dde6', '#eaf6e4'],
      '#fff8d4',
      '#86bccb',
      '#1d5a58',
      ['#7fd0d0', '#13698a'],
      '#ffffff',
      '#ffe08a',
      '#f0643f',
      '#fffdf4',
    ),
    row(
      ['#4aa3c7', '#8accd6', '#c7e6d8', '#fdf3d4'],
      '#fffbe0',
      '#93c1b8',
      '#2a5a4a',
      ['#a0dccb', '#1f7f8f'],
      '#fffdf2',
      '#ffe08a',
      '#ee5a4a',
      '#fffaf0',
    ),
  ],
  grey: [
    row(
      ['#4d6077', '#7489a0', '#a3b4bf', '#d6dcd6'],
      '#f4efe0',
      '#8d9fae',
      '#26323f',
      ['#a5b7bf', '#3f586c'],
      '#c3ced3',
      '#ffd27a',
      '#e8694f',
      '#dfe6ee',
    ),
    row(
      ['#51586f', '#7b7f98', '#aeaebc', '#e0d8d2'],
      '#f6ecdc',
      '#95949f',
      '#2b2a3a',
      ['#b0b0bb', '#4b5268'],
      '#cfccd2',
      '#ffcc7e',
      '#e2725e',
      '#e8e4ec',
    ),
  ],
  space: [
    row(
      ['#0b0a24', '#1c1548', '#46237a', '#b0488f'],
      '#ffe9c2',
      '#6a3d96',
      '#120c2e',
      ['#7b4aa6', '#1a1240'],
      '#a24f9c',
      '#ffd36b',
      '#ff8a5c',
      '#cdb8f2',
    ),
    row(
      ['#050d24', '#0c2450', '#145a7d', '#3fb0a6'],
      '#fff1cc',
      '#236f8c',
      '#071330',
      ['#3f97a0', '#0a2148'],
      '#2d8d99',
      '#ffd77a',
      '#ff7a6b',
      '#b4d8ee',
    ),
  ],
  studio: [
    row(
      ['#f3d9c4', '#efc9ae', '#e6b394', '#d99a7c'],
      '#fff3df',
      '#e0a283',
      '#7c3f3a',
      ['#e3b095', '#a8624f'],
      '#fbe6d4',
      '#fff0cf',
      '#2f7f7a',
      '#fff6ea',
    ),
    row(
      ['#dfe6da', '#c9d6c8', '#b0c4b3', '#93ad9b'],
      '#fffbe8',
      '#9db9a5',
      '#2d4a45',
      ['#b5c9b6', '#5d8073'],
      '#f2f4e8',
      '#fff2cf',
      '#e2694a',
      '#fffdf2',
    ),
    row(
      ['#dcdcec', '#c7c6e2', '#b0aed6', '#938fc2'],
      '#fff6ea',
      '#a29ed0',
      '#35306a',
      ['#b9b6dc', '#625ca0'],
      '#f1f0fa',
      '#fff0d2',
      '#f0834f',
      '#fbf8ff',
    ),
    row(
      ['#f8e2b8', '#f4d08f', '#ecb866', '#dd9a45'],
      '#fff6dc',
      '#e5ac5c',
      '#6b3a2c',
      ['#edc37d', '#b36b34'],
      '#fdefcf',
      '#fff3d0',
      '#28708a',
      '#fff8ea',
    ),
  ],
  poster: [
    row(
      ['#1f6f78', '#5aa79a', '#f3d9a4', '#ffe9c4'],
      '#f2603f',
      '#7fae9f',
      '#12343f',
      ['#d9d2a6', '#1c6470'],
      '#fff2d6',
      '#ffd36b',
      '#f2603f',
      '#fff5e2',
    ),
    row(
      ['#f7c8a0', '#f9d9b4', '#fde8cc', '#fff3de'],
      '#ee6352',
      '#e3a98c',
      '#3a3159',
      ['#f3cdb0', '#5a6a96'],
      '#fff8ea',
      '#ffd36b',
      '#2d8f94',
      '#fff6ea',
    ),
    row(
      ['#34407f', '#7b6fb0', '#f2a6a0', '#ffdcb8'],
      '#fff1d2',
      '#9d83b4',
      '#201c4c',
      ['#e0a9ab', '#38468a'],
      '#ffd0c0',
      '#ffd36b',
      '#ffb03f',
      '#ffeade',
    ),
    row(
      ['#12464f', '#2d8a80', '#96c99a', '#f2eec0'],
      '#fff7d6',
      '#6cae94',
      '#0c2b33',
      ['#b5d6a8', '#155f66'],
      '#eef4d4',
      '#ffe07a',
      '#f5734a',
      '#f6fae6',
    ),
  ],
};

/** Picks the palette of a mood, leaning towards a colour the prompt asks for. */
export function paletteFor(mood: Mood, asked: readonly Colour[], random: Random): Palette {
  const base = random.pick(MOODS[mood]);
  const [first, second = first] = asked;
  if (first === undefined || second === undefined) return base;
  const lean = (colour: Colour, strength = 0.5): Colour => tint(colour, first, strength);
  const [zenith, high, low, horizon] = base.sky;
  return {
    ...base,
    sky: [lean(zenith, 0.6), lean(high, 0.55), lean(low, 0.4), lean(horizon, 0.25)],
    far: lean(base.far, 0.6),
    near: lean(base.near, 0.45),
    water: [lean(base.water[0], 0.4), lean(base.water[1])],
    cloud: lean(base.cloud, 0.25),
    accent: mix(base.accent, second, 0.8),
  };
}

/** A thing's own colour, seen in this picture's light and air. */
export function grade(colour: Colour, palette: Palette): Colour {
  return mix(under(colour, palette.light), palette.sky[2], 0.06);
}
