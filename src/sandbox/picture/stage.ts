import type { Colour } from './colour.ts';
import { mix, shade, tint } from './colour.ts';
import type { Palette } from './palette.ts';
import { grade } from './palette.ts';
import type { PromptReading } from './prompt-reading.ts';
import type { Random } from './random.ts';
import type { Sheet } from './sheet.ts';

/** Everything that the parts of one picture share. The shorter side is always 1000 units long. */
export interface Stage {
  width: number;
  height: number;
  /** Where land or sea meets the sky. */
  horizon: number;
  /** A length that suits things in this picture, whatever its proportions. */
  unit: number;
  /** Where the sun or the moon stands. */
  sun: { x: number; y: number; r: number };
  palette: Palette;
  reading: PromptReading;
  random: Random;
  sheet: Sheet;
}

/** What a drawn subject needs to know. */
export interface Pen {
  sheet: Sheet;
  random: Random;
  palette: Palette;
  /** The subject's main colour: the one the prompt asks for, or a natural one. */
  main: (natural: Colour) => Colour;
  /** Any other colour, seen in the light of this picture. */
  seen: (colour: Colour) => Colour;
}

/** The pen with which a subject is drawn on a stage. */
export function penFor(stage: Stage, subject: string): Pen {
  const { palette, random, sheet } = stage;
  const { colourOf } = stage.reading;
  // A cherry blossom tree is as pink as its blossom.
  const asked = colourOf.get(subject) ?? (subject === 'tree' ? colourOf.get('flower') : undefined);
  return {
    sheet,
    random,
    palette,
    main: (natural) => grade(asked ?? natural, palette),
    seen: (colour) => grade(colour, palette),
  };
}

/** The land's colour at a distance: 0 is the horizon, 1 is right in front of the viewer. */
export function landAt(stage: Stage, nearness: number, natural?: Colour, strength = 0.55): Colour {
  const asked = stage.reading.colourOf.get('land');
  const base = mix(stage.palette.far, stage.palette.near, nearness);
  const local = asked ?? natural;
  if (local === undefined) return base;
  const lit = grade(shade(local, (0.4 - nearness) * 0.25), stage.palette);
  return mix(tint(base, lit, strength), lit, strength * 0.6);
}

/** The paint of a layer of land: its colour above, dissolving into the air below. */
export function airy(stage: Stage, colour: Colour, haze = 0.45) {
  return stage.sheet.down([0, colour], [1, mix(colour, stage.palette.sky[3], haze)]);
}
