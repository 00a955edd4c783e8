import { bird, cat, dog, fox } from './animals.ts';
import { house, lighthouse } from './buildings.ts';
import { balloon, bicycle, boat, car, rocket } from './craft.ts';
import { astronaut, person, portrait, robot } from './figures.ts';
import { flower, tree } from './plants.ts';
import type { Pen } from './stage.ts';
import type { Place, Subject } from './vocabulary.ts';
import { bottle, cup, parcel, vase } from './wares.ts';

/** Where a subject belongs in a picture. */
export type Seat = 'ground' | 'plinth' | 'air' | 'water' | 'bust';

/** How a subject is drawn and where it likes to be. */
export interface Role {
  draw: (pen: Pen) => string;
  /** Its height as a share of the picture's unit; drawings are 100 tall, or less where they are wide. */
  size: number;
  seat: Seat;
  /** What of the drawing lies below its foot, and how wide it is, where that is unusual. */
  below?: number;
  wide?: number;
  /** Where it is found when the prompt names no place. */
  homes: readonly [Place, ...Place[]];
}

/** Everything that can be drawn as a subject. The sun and the moon belong to the sky instead. */
export const ROLES: Record<Exclude<Subject, 'sun' | 'moon'>, Role> = {
  cat: { draw: cat, size: 0.5, seat: 'ground', homes: ['room', 'meadow'] },
  dog: { draw: dog, size: 0.5, seat: 'ground', homes: ['meadow', 'beach'] },
  fox: { draw: fox, size: 0.5, seat: 'ground', homes: ['forest'] },
  bird: { draw: bird, size: 0.42, seat: 'bust', below: 24, wide: 215, homes: ['forest', 'mountains'] },
  boat: { draw: boat, size: 0.4, seat: 'water', below: 4, homes: ['sea', 'lake'] },
  lighthouse: { draw: lighthouse, size: 0.5, seat: 'ground', homes: ['sea'] },
  house: { draw: house, size: 0.4, seat: 'ground', wide: 140, homes: ['mountains', 'meadow', 'forest'] },
  flower: { draw: flower, size: 0.56, seat: 'ground', wide: 134, homes: ['meadow'] },
  tree: { draw: tree, size: 0.54, seat: 'ground', homes: ['meadow'] },
  rocket: { draw: rocket, size: 0.46, seat: 'air', below: 58, homes: ['space'] },
  balloon: { draw: balloon, size: 0.42, seat: 'air', homes: ['mountains', 'meadow'] },
  cup: { draw: cup, size: 0.42, seat: 'plinth', homes: ['room'] },
  bottle: { draw: bottle, size: 0.44, seat: 'plinth', homes: ['room'] },
  vase: { draw: vase, size: 0.46, seat: 'plinth', homes: ['room'] },
  box: { draw: parcel, size: 0.4, seat: 'plinth', homes: ['room'] },
  robot: { draw: robot, size: 0.5, seat: 'ground', homes: ['city', 'desert'] },
  portrait: { draw: portrait, size: 0.72, seat: 'bust', homes: ['mountains', 'meadow'] },
  person: { draw: person, size: 0.4, seat: 'ground', homes: ['mountains', 'meadow'] },
  astronaut: { draw: astronaut, size: 0.5, seat: 'ground', homes: ['space'] },
  car: { draw: car, size: 0.46, seat: 'ground', wide: 150, homes: ['desert', 'city'] },
  bicycle: { draw: bicycle, size: 0.44, seat: 'ground', wide: 145, homes: ['city', 'meadow'] },
};

/** What stands on the plinth when a still life names nothing that can be drawn. */
export const WARES: readonly [Role['draw'], ...Role['draw'][]] = [vase, vase, cup, bottle];
