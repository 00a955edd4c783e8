import type { Role } from './casting.ts';
import { ROLES } from './casting.ts';
import { mix } from './colour.ts';
import type { Mood, Palette } from './palette.ts';
import { paletteFor } from './palette.ts';
import type { PromptReading } from './prompt-reading.ts';
import { readPrompt } from './prompt-reading.ts';
import type { Random } from './random.ts';
import { scenery } from './scenery.ts';
import { Sheet } from './sheet.ts';
import type { Stage } from './stage.ts';
import { cutOut, vignette } from './sticker.ts';
import type { Place, Subject } from './vocabulary.ts';

/** A drawn scene, ready to be put into an SVG. */
export interface Scene {
  defs: string;
  content: string;
  palette: Palette;
}

/** The subject of a picture: its name, how to draw it, and what else of its kind stands beside it. */
export interface Lead {
  name: Subject;
  role: Role;
  beside?: Lead;
}

/** Where a prompt leads that names nothing known. */
const ANYWHERE: readonly [Place, ...Place[]] = [
  'mountains',
  'mountains',
  'lake',
  'sea',
  'desert',
  'meadow',
  'abstract',
];

function leadOf(reading: PromptReading): Lead | undefined {
  const named = reading.subjects.filter((name) => name !== 'sun' && name !== 'moon');
  // "Portrait of a man" is a portrait; "product photo of a bottle" a bottle; "cherry blossom tree" a tree.
  const minor: readonly Subject[] = named.includes('portrait')
    ? ['box', 'flower', 'person']
    : ['box', 'flower'];
  const name = named.find((candidate) => !minor.includes(candidate)) ?? named[0];
  if (name === undefined) return undefined;
  const role = ROLES[name];
  const other = named.find(
    (candidate) => candidate !== name && !minor.includes(candidate) && ROLES[candidate].seat === role.seat,
  );
  return other === undefined ? { name, role } : { name, role, beside: { name: other, role: ROLES[other] } };
}

function placeOf(reading: PromptReading, lead: Lead | undefined, random: Random): Place {
  const { places } = reading;
  const home = random.pick(lead?.role.homes ?? ANYWHERE);
  const indoors =
    lead === undefined ||
    lead.role.seat === 'plinth' ||
    lead.name === 'cat' ||
    lead.name === 'flower' ||
    lead.name === 'portrait';
  if (places.includes('room') && indoors) return 'room';
  const outdoors = places.filter((place) => place !== 'room' && (lead === undefined || place !== 'abstract'));
  if (lead?.role.seat === 'water' || lead?.name === 'lighthouse')
    return outdoors.find((place) => place === 'lake' || place === 'sea' || place === 'beach') ?? home;
  return outdoors[0] ?? home;
}

function moodOf(reading: PromptReading, place: Place, random: Random): Mood {
  if (place === 'space') return 'space';
  if (place === 'room') return 'studio';
  if (reading.hour !== undefined) return reading.hour;
  const { weather } = reading;
  if (weather.has('rain') || weather.has('storm')) return 'grey';
  if (weather.has('fog')) return random.pick(['grey', 'dawn']);
  if (weather.has('snow')) return random.pick(['dawn', 'day', 'night']);
  if (place === 'abstract') return random.pick(['poster', 'sunset', 'day']);
  return random.pick(['poster', 'poster', 'sunset', 'dawn', 'day']);
}

/** Snow lies on the land unless the prompt gives the land another colour. */
function snowedIn(reading: PromptReading): PromptReading {
  if (!reading.weather.has('snow') || reading.colourOf.has('land')) return reading;
  return { ...reading, colourOf: new Map([...reading.colourOf, ['land', '#eef3fb']]) };
}

function skyLeaning(palette: Palette, reading: PromptReading): Palette {
  const asked = reading.colourOf.get('sky');
  if (asked === undefined) return palette;
  const [zenith, high, low, rim] = palette.sky;
  return {
    ...palette,
    sky: [mix(zenith, asked, 0.45), mix(high, asked, 0.6), mix(low, asked, 0.45), mix(rim, asked, 0.2)],
  };
}

/** Decides what the prompt's picture shows, and draws it. */
export function compose(
  prompt: string,
  width: number,
  height: number,
  random: Random,
  transparent: boolean,
): Scene {
  const reading = snowedIn(readPrompt(prompt));
  const lead = leadOf(reading);
  const place = placeOf(reading, lead, random);
  const palette = skyLeaning(paletteFor(moodOf(reading, place, random), reading.colours, random), reading);
  const unit = Math.min(height, width * 1.5);
  const tall = height > width * 1.2;
  const horizon = height * (tall ? 0.6 : 0.62);
  const early = reading.hour === 'day' || reading.hour === 'night' || reading.subjects.includes('moon');
  const stage: Stage = {
    width,
    height,
    unit,
    horizon,
    palette,
    reading,
    random,
    sheet: new Sheet(),
    sun: {
      x: width * random.between(0.26, 0.34),
      y: early ? horizon * (tall ? 0.45 : 0.36) : horizon - unit * random.between(0.12, 0.17),
      r: unit * (early ? 0.068 : 0.09) * Math.min(1, (width / unit) * 1.3),
    },
  };
  const content = transparent
    ? lead === undefined
      ? vignette(stage, place)
      : cutOut(stage, lead)
    : scenery(stage, place, lead);
  return { defs: stage.sheet.defs, content, palette };
}
