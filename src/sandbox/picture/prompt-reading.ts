import type { Colour } from './colour.ts';
import type { Hour, Place, Subject, Weather } from './vocabulary.ts';
import { COLOURS, CROPS, HOURS, PARTS, PLACES, SUBJECTS, WEATHERS } from './vocabulary.ts';

/** What a prompt asks for, as far as this sandbox understands it. */
export interface PromptReading {
  hour: Hour | undefined;
  weather: ReadonlySet<Weather>;
  /** Places and subjects in the order in which the prompt names them. */
  places: readonly Place[];
  subjects: readonly Subject[];
  /** Colours asked for the picture as a whole. */
  colours: readonly Colour[];
  /** Colours asked for one thing: a subject's name, or `water`, `sky`, `land`, `light`. */
  colourOf: ReadonlyMap<string, Colour>;
  /** How many subjects: "three boats", or a few when the prompt has a plural. */
  count: number;
}

/** Reading stops here: what a prompt is about stands at its beginning. */
const READ = 3000;
const DENIALS = new Set(['no', 'without', 'not']);
const NUMBERS: Record<string, number> = {
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  several: 4,
  many: 6,
  few: 3,
};

function lookup<Meaning extends string>(table: Record<Meaning, string>): Map<string, Meaning> {
  const found = new Map<string, Meaning>();
  for (const meaning of Object.keys(table) as Meaning[]) {
    for (const word of table[meaning].split(' ')) if (!found.has(word)) found.set(word, meaning);
  }
  return found;
}

const hours = lookup(HOURS);
const weathers = lookup(WEATHERS);
const places = lookup(PLACES);
const subjects = lookup(SUBJECTS);

function wordsOf(prompt: string): string[] {
  const text = prompt.slice(0, READ).normalize('NFKD').toLowerCase();
  const words =
    text
      .replace(/still[ -]?life/g, 'still-life')
      .replace(/golden[ -]hour/g, 'golden-hour')
      .match(/[a-z]+(?:-(?:life|hour))?/g) ?? [];
  return words.filter((word, i) => !DENIALS.has(words[i - 1] ?? '') || DENIALS.has(word));
}

const known = (word: string): boolean =>
  [hours, weathers, places, subjects].some((table) => table.has(word)) || Object.hasOwn(PARTS, word);

/** Turns a plural into its singular when that makes it a word of the vocabulary. */
function singular(word: string): string {
  if (known(word)) return word;
  return [word.replace(/s$/, ''), word.replace(/es$/, '')].find(known) ?? word;
}

/** Finds out what the prompt asks for. */
export function readPrompt(prompt: string): PromptReading {
  const written = wordsOf(prompt);
  const words = written.map(singular);
  const plural = words.some((word, i) => subjects.has(word) && word !== written[i]);
  const all = <Meaning>(table: ReadonlyMap<string, Meaning>): Meaning[] =>
    [...new Set(words.map((word) => table.get(word)))].filter((meaning) => meaning !== undefined);

  const colours: Colour[] = [];
  const colourOf = new Map<string, Colour>();
  for (const [i, word] of words.entries()) {
    const crop = Object.hasOwn(CROPS, word) ? CROPS[word] : undefined;
    if (crop !== undefined) {
      if (word !== 'cherry') colourOf.set('land', crop);
      colourOf.set('tree', crop);
      continue;
    }
    const colour = Object.hasOwn(COLOURS, word) ? COLOURS[word] : undefined;
    if (colour === undefined) continue;
    const thing = words
      .slice(i + 1, i + 4)
      .map((next) => subjects.get(next) ?? (Object.hasOwn(PARTS, next) ? PARTS[next] : undefined))
      .find((name) => name !== undefined);
    if (thing === undefined) colours.push(colour);
    else if (!colourOf.has(thing)) colourOf.set(thing, colour);
  }

  return {
    hour: all(hours)[0],
    weather: new Set(all(weathers)),
    places: all(places),
    subjects: all(subjects),
    colours,
    colourOf,
    count:
      words
        .map((word) => (Object.hasOwn(NUMBERS, word) ? NUMBERS[word] : undefined))
        .find((count) => count !== undefined) ?? (plural ? 3 : 1),
  };
}
