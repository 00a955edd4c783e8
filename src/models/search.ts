import MiniSearch from 'minisearch';
import type { CatalogueEntry } from '../runcomfy/catalogue-entry.ts';
import { callPrice } from './price.ts';
import { isFor, type Medium, makes, saidOf, type Task } from './tasks.ts';

/** What a model has to be for, make and cost, and the order. */
export interface Wish {
  task?: Task | undefined;
  makes?: Medium | undefined;
  /** The most for a call that leaves its settings out, in USD. */
  max_price?: number | undefined;
  sort?: 'price' | undefined;
}

export interface Found {
  entries: CatalogueEntry[];
  /** How many were searched. */
  of: number;
  /** How many more would fit, but publish no price to hold against `max_price`. */
  unpriced: number;
  /** Words that nothing fits. */
  unmatched: string[];
  /** What words that stand nowhere were read as. */
  readAs: Map<string, string>;
}

// Words that say nothing about a model.
const EMPTY = new Set(
  `a an the of with and or to for in on at by from into as is are be it its i me my you your we our this that these
  some any one can do does should want need please make makes create generate model models`.split(/\s+/),
);
// What is read of a query, in characters and words.
const MAX_QUERY = 400;
const MAX_WORDS = 20;
const MAX_NEAREST = 3;
// Entries that are indexed before jobs and calls get their turn again, some 10 ms.
const CHUNK = 50;
// Of the best score: what has less shares but a common word.
const MIN_SCORE = 0.2;
// This server is for images first.
const OTHER_MEDIUM = 0.8;

/** The entries that fit, best first; all of them where no word says anything. Words may be misspelt or cut short. */
export async function search(
  entries: readonly CatalogueEntry[],
  query: string,
  wish: Wish = {},
): Promise<Found> {
  const { task, makes: medium, max_price, sort } = wish;
  const index = await indexOf(entries);
  const { words, unmatched, readAs } = readQuery(query, index);
  const results = index.search(words.length === 0 ? MiniSearch.wildcard : words.join(' '), {
    fuzzy: (word) => readAs.has(word) && maxTypos(word),
    filter: ({ entry }) => (!task || isFor(entry, task)) && (!medium || makes(entry) === medium),
  });
  const fitting = results
    .filter(({ score }) => score >= MIN_SCORE * (results[0]?.score ?? 0))
    .map(({ entry }) => ({ entry: entry as CatalogueEntry, price: callPrice(entry) }));
  const affordable = fitting.filter(
    ({ price }) => max_price === undefined || (price !== undefined && price <= max_price),
  );
  if (sort === 'price')
    affordable.sort((a, b) => (a.price ?? Number.MAX_VALUE) - (b.price ?? Number.MAX_VALUE));
  return {
    entries: affordable.map(({ entry }) => entry),
    of: entries.length,
    unpriced: max_price === undefined ? 0 : fitting.filter(({ price }) => price === undefined).length,
    unmatched,
    readAs,
  };
}

/** The entries whose ids are most like a wrong one. */
export async function nearest(
  modelId: string,
  entries: readonly CatalogueEntry[],
): Promise<CatalogueEntry[]> {
  const index = await indexOf(entries);
  const results = index.search(idWords(modelId.slice(0, MAX_QUERY)), {
    fields: ['id'],
    fuzzy: maxTypos,
  });
  return results.slice(0, MAX_NEAREST).map(({ entry }) => entry);
}

/** The words of a query that say something, those that nothing fits, and what misspelt ones were read as. */
function readQuery(
  query: string,
  index: MiniSearch,
): Pick<Found, 'unmatched' | 'readAs'> & { words: string[] } {
  const words = [...new Set(wordsOf(query.slice(0, MAX_QUERY)))].filter(isTelling).slice(0, MAX_WORDS);
  const strange = words.filter((word) => index.search(word).length === 0);
  const guesses = strange.map(
    (word) => [word, index.search(word, { fuzzy: maxTypos })[0]?.terms[0]] as const,
  );
  const readAs = new Map(guesses.flatMap(([word, guess]) => (guess === undefined ? [] : [[word, guess]])));
  return { words, unmatched: strange.filter((word) => !readAs.has(word)), readAs };
}

const indexes = new WeakMap<readonly CatalogueEntry[], Promise<MiniSearch>>();

/** The index of a catalogue, which is made once: some 70 ms for 400 models. */
function indexOf(entries: readonly CatalogueEntry[]): Promise<MiniSearch> {
  const made = indexes.get(entries) ?? makeIndex(entries);
  indexes.set(entries, made);
  return made;
}

async function makeIndex(entries: readonly CatalogueEntry[]): Promise<MiniSearch> {
  const index = new MiniSearch({
    idField: 'at',
    fields: ['id', 'name', 'categories', 'description', 'said'],
    storeFields: ['entry'],
    tokenize: wordsOf,
    processTerm: (word) => isTelling(word) && word,
    searchOptions: {
      prefix: (word) => word.length > 2,
      boostDocument: (_, __, stored) =>
        makes(stored?.entry as CatalogueEntry) === 'image' ? 1 : OTHER_MEDIUM,
    },
  });
  await index.addAllAsync(
    entries.map((entry, at) => ({
      at,
      entry,
      id: idWords(entry.model_id),
      name: entry.display_name,
      categories: entry.categories.join(' '),
      description: entry.description,
      said: saidOf(entry),
    })),
    { chunkSize: CHUNK },
  );
  return index;
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

const isTelling = (word: string): boolean => !EMPTY.has(word);

/** An id, and its segments without hyphens: people write nanobanana and flux2. */
const idWords = (id: string): string => `${id} ${id.replace(/[^\p{L}\p{N}/]/gu, '')}`;

/** How many letters of a word may be wrong. */
const maxTypos = (word: string): number | false => (word.length > 7 ? 2 : word.length > 4 && 1);
