import MiniSearch from 'minisearch';
import type { MediaKind } from '../runcomfy/outputs.ts';
import type { CleanEntry } from './clean-entry.ts';
import { callPrice } from './price.ts';
import { isForTask, mediaKindOf, synonymsOf, type Task } from './tasks.ts';

/** What a model has to be for, make and cost, and the order. */
export interface SearchOptions {
  task?: Task | undefined;
  makes?: MediaKind | undefined;
  /** In USD, for a call with default settings. */
  max_price?: number | undefined;
  sort?: 'price' | undefined;
}

export type SearchResult = Awaited<ReturnType<typeof search>>;

const STOP_WORDS = new Set(
  `a an the of with and or to for in on at by from into as is are be it its i me my you your we our this that these
  some any one can do does should want need please make makes create generate model models`.split(/\s+/),
);
// How much of a query is read, in characters and words.
const MAX_QUERY = 400;
const MAX_WORDS = 20;
const MAX_NEAREST = 3;
// Entries that are indexed before jobs and calls get their turn again, some 10 ms.
const CHUNK = 50;
// Relative to the best score: below it, a match is no more than a common word.
const MIN_SCORE = 0.2;
// This server is for images first.
const OTHER_MEDIA_BOOST = 0.8;

/** The entries that match, best first; all of them if the query has only stop words. Words may be misspelt or incomplete. */
export async function search(
  entries: readonly CleanEntry[],
  query: string,
  { task, makes, max_price, sort }: SearchOptions = {},
) {
  const index = await indexOf(entries);
  const { words, unmatched, readAs } = readQuery(query, index);
  const results = index.search(words.length === 0 ? MiniSearch.wildcard : words.join(' '), {
    fuzzy: (word) => readAs.has(word) && maxTypos(word),
    filter: ({ entry }) => (!task || isForTask(entry, task)) && (!makes || mediaKindOf(entry) === makes),
  });
  const matches = results
    .filter(({ score }) => score >= MIN_SCORE * (results[0]?.score ?? 0))
    .map(({ entry }) => ({ entry: entry as CleanEntry, price: callPrice(entry) }));
  const isAffordable = (price = Number.POSITIVE_INFINITY) => max_price === undefined || price <= max_price;
  const affordable = matches.filter(({ price }) => isAffordable(price));
  if (sort === 'price')
    affordable.sort((a, b) => (a.price ?? Number.MAX_VALUE) - (b.price ?? Number.MAX_VALUE));
  return {
    entries: affordable.map(({ entry }) => entry),
    searched: entries.length,
    // More that match, but publish no price to compare with `max_price`.
    unpriced: max_price === undefined ? 0 : matches.filter(({ price }) => price === undefined).length,
    unmatched,
    readAs,
  };
}

/** The model ids that are most like a wrong one. */
export async function nearestIds(modelId: string, entries: readonly CleanEntry[]): Promise<string[]> {
  const index = await indexOf(entries);
  const results = index.search(idWords(modelId.slice(0, MAX_QUERY)), { fields: ['id'], fuzzy: maxTypos });
  return results.slice(0, MAX_NEAREST).map(({ entry }) => entry.model_id);
}

/** The keywords of a query, those that match nothing, and what misspelt ones were read as. */
function readQuery(query: string, index: MiniSearch) {
  const words = [...new Set(wordsOf(query.slice(0, MAX_QUERY)))].filter(isKeyword).slice(0, MAX_WORDS);
  const unmatched: string[] = [];
  const readAs = new Map<string, string>();
  for (const word of words) {
    if (index.search(word).length > 0) continue;
    const guess = index.search(word, { fuzzy: maxTypos })[0]?.terms[0];
    if (guess === undefined) unmatched.push(word);
    else readAs.set(word, guess);
  }
  return { words, unmatched, readAs };
}

const indexes = new WeakMap<readonly CleanEntry[], Promise<MiniSearch>>();

/** The index of a catalogue, which is made once: some 70 ms for 400 models. */
function indexOf(entries: readonly CleanEntry[]): Promise<MiniSearch> {
  const index = indexes.get(entries) ?? createIndex(entries);
  indexes.set(entries, index);
  return index;
}

async function createIndex(entries: readonly CleanEntry[]): Promise<MiniSearch> {
  const index = new MiniSearch({
    idField: 'at',
    fields: ['id', 'name', 'categories', 'description', 'synonyms'],
    storeFields: ['entry'],
    tokenize: wordsOf,
    processTerm: (word) => isKeyword(word) && word,
    searchOptions: {
      prefix: (word) => word.length > 2,
      boostDocument: (_, __, stored) =>
        mediaKindOf(stored?.entry as CleanEntry) === 'image' ? 1 : OTHER_MEDIA_BOOST,
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
      synonyms: synonymsOf(entry),
    })),
    { chunkSize: CHUNK },
  );
  return index;
}

const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];

const isKeyword = (word: string): boolean => !STOP_WORDS.has(word);

/** An id, and its segments without hyphens: people write nanobanana and flux2. */
const idWords = (id: string): string => `${id} ${id.replace(/[^\p{L}\p{N}/]/gu, '')}`;

/** How many letters of a word may be wrong. */
const maxTypos = (word: string): number | false => (word.length > 7 ? 2 : word.length > 4 && 1);
