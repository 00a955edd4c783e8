import { WARES } from './casting.ts';
import { city } from './city.ts';
import { composition } from './composition.ts';
import { cosmos, moonscape } from './cosmos.ts';
import { beach, desert } from './desert.ts';
import { headland } from './headland.ts';
import { distantShore, mountains } from './highland.ts';
import { grounded, hills, smooth } from './landforms.ts';
import { plinth, room } from './room.ts';
import type { Lead } from './scene.ts';
import { placed, shape } from './sheet.ts';
import { clouds, flock, moon, sky, stars, sun } from './sky.ts';
import type { Stage } from './stage.ts';
import { airy, landAt, penFor } from './stage.ts';
import type { Place } from './vocabulary.ts';
import { swell, water } from './water.ts';
import { weatherBehind, weatherBetween, weatherInFront } from './weather.ts';
import { blooms, forest, meadow } from './woodland.ts';

const WATERY: ReadonlySet<Place> = new Set(['sea', 'beach', 'lake']);

/** Sky, light and weather behind a landscape. */
function heavens(stage: Stage, flightLine: number): string {
  const { reading, width, horizon, unit, random } = stage;
  const { weather, hour, subjects } = reading;
  const dark = hour === 'night' || subjects.includes('moon');
  const covered = weather.has('rain') || weather.has('storm');
  const light = dark
    ? stars(stage, horizon) + moon(stage, subjects.includes('moon') && random.chance(0.4))
    : covered
      ? ''
      : (hour === 'sunset' ? stars(stage, horizon * 0.34) : '') + sun(stage);
  const count = Math.max(
    2,
    Math.round((width / unit) * (weather.has('clouds') ? 4.5 : 2)) + (stage.height > width * 1.4 ? 2 : 0),
  );
  const birds =
    dark || covered
      ? ''
      : flock(
          stage,
          width * random.between(0.44, 0.6),
          horizon * flightLine,
          unit * 0.11,
          random.whole(3, 6),
        );
  return (
    sky(stage) +
    light +
    (covered ? '' : clouds(stage, count, hour !== 'day' && !weather.has('clouds'))) +
    weatherBehind(stage) +
    birds
  );
}

/** The land or water of a place, from the horizon to the viewer. */
function ground(stage: Stage, place: Place, lead: Lead | undefined): string {
  const { reading, height, horizon } = stage;
  const also = (other: Place): boolean => reading.places.includes(other);
  switch (place) {
    case 'sea':
      return (
        (also('mountains') ? mountains(stage, 3) : also('city') ? city(stage, true) : distantShore(stage)) +
        water(stage)
      );
    case 'beach':
      return distantShore(stage) + water(stage) + beach(stage);
    case 'lake':
      return (also('city') ? city(stage, true) : mountains(stage)) + water(stage);
    case 'mountains':
      return (
        mountains(stage) +
        (also('meadow') || lead?.role.seat === 'ground'
          ? meadow(stage, also('meadow'))
          : also('forest')
            ? forest(stage)
            : also('city')
              ? city(stage, false)
              : water(stage))
      );
    case 'forest':
      return (also('mountains') ? mountains(stage, 3) : '') + forest(stage);
    case 'desert':
      return desert(stage);
    case 'city':
      return [...WATERY].some(also)
        ? city(stage, true) + water(stage) + swell(stage, horizon + (height - horizon) * 0.8, 2)
        : city(stage, false);
    default:
      return (also('mountains') ? mountains(stage, 3) : '') + meadow(stage, true);
  }
}

/** The hill in front on which a subject stands. */
function rise(stage: Stage, y: number): string {
  const { random, width, height, unit } = stage;
  const line = hills(random, width, y + unit * 0.03, unit * 0.05, unit * 0.9);
  return shape(
    grounded(smooth(line), line, height + 20),
    airy(stage, landAt(stage, 0.72, '#5f8f4a', 0.6), -0.12),
  );
}

/** The subject, as often as the prompt asks for it, at its place in the picture. */
function cast(stage: Stage, lead: Lead, place: Place): string {
  const { width, height, horizon, unit, reading, random } = stage;
  const { role, name } = lead;
  const tall = height > width * 1.2;
  const x = width * (place === 'space' ? 0.36 : tall ? 0.56 : random.between(0.58, 0.66));
  const spot = {
    ground: [x, height * (place === 'beach' ? 0.91 : place === 'city' ? 0.85 : 0.83)],
    plinth: [x, height * 0.7],
    air: [x, horizon * (tall ? 0.66 : 0.78)],
    water: [x, horizon + (height - horizon) * 0.34],
    bust: [x, name === 'portrait' ? height * 1.0 : height * 0.68],
  }[role.seat];
  const [sx = x, sy = height * 0.8] = spot;
  const narrow = Math.min(1, (width * 1.25) / unit);
  const count = lead.beside === undefined ? reading.count : Math.max(2, reading.count);
  const copies = Array.from({ length: count }, (_, i) => {
    const one = i % 2 === 1 && lead.beside !== undefined ? lead.beside : lead;
    const size =
      ((one.role.size * unit * narrow) / 100) *
      (i === 0 ? 1 : (one === lead ? 0.62 : 0.84) - i * 0.05) *
      (role.seat === 'ground' && count > 1 ? 0.8 : 1);
    const side = i % 2 === 1 ? -1 : 1;
    const shift = i === 0 ? 0 : side * unit * ((one === lead ? 0.2 : 0.27) + 0.13 * i) * narrow;
    const lift =
      i === 0
        ? 0
        : role.seat === 'air'
          ? -unit * 0.11 * (i % 3)
          : role.seat === 'water'
            ? -(height - horizon) * 0.16
            : -unit * 0.02;
    return placed(
      one.role.draw(penFor(stage, one.name)),
      sx + shift,
      sy + lift,
      size,
      i % 2 === 1,
      one.name === 'rocket' ? 18 : 0,
    );
  }).reverse();
  const base =
    role.seat === 'ground' && place !== 'city' && place !== 'desert' && place !== 'space' && place !== 'beach'
      ? rise(stage, sy)
      : '';
  return base + copies.join('');
}

/** A table or plinth with something on it, or a pet in front of a window. */
function interior(stage: Stage, lead: Lead | undefined): string {
  const { width, height, unit, random } = stage;
  const tall = height > width * 1.2;
  const x = width * (tall ? 0.5 : random.between(0.54, 0.6));
  const floor = height * 0.7;
  const narrow = Math.min(1, (width * 1.25) / unit);
  const scale = ((lead?.role.size ?? 0.44) * unit * narrow) / 100;
  const draw = lead?.role.draw ?? random.pick(WARES);
  const bust = lead?.role.seat === 'bust';
  const top = floor + unit * 0.02;
  return (
    room(stage, x, floor, lead?.name === 'cat') +
    (bust ? '' : plinth(stage, x, top, unit * 0.24 * narrow, unit * 0.11)) +
    placed(draw(penFor(stage, lead?.name ?? 'box')), x, bust ? height : top + unit * 0.006, scale)
  );
}

/** The whole picture, back to front. */
export function scenery(stage: Stage, place: Place, lead: Lead | undefined): string {
  const { height, horizon } = stage;
  if (place === 'abstract') return composition(stage);
  if (place === 'room') return interior(stage, lead);
  if (place === 'space')
    return (
      cosmos(stage) +
      (lead?.role.seat === 'air' ? '' : moonscape(stage)) +
      (lead === undefined ? '' : cast(stage, lead, place))
    );
  const cliff = lead?.name === 'lighthouse' || (lead?.name === 'house' && place === 'sea');
  const front =
    WATERY.has(place) && place !== 'beach' ? swell(stage, horizon + (height - horizon) * 0.68, 3) : '';
  const actor =
    lead === undefined ? '' : cliff ? headland(stage, lead.name === 'lighthouse') : cast(stage, lead, place);
  const flowers = place === 'meadow' && lead?.role.seat === 'ground' ? blooms(stage) : '';
  return (
    heavens(stage, cliff ? 0.58 : 0.34) +
    ground(stage, place, lead) +
    weatherBetween(stage) +
    ((lead?.role.seat === 'ground' || lead?.role.seat === 'bust') && !cliff ? front + actor : actor + front) +
    flowers +
    weatherInFront(stage)
  );
}
