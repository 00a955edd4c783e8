import type { CatalogueEntry } from '../runcomfy/wire.ts';

/** What a user wants a model for, and the words of categories and ids that tell it. */
const TASKS = {
  'text-to-image': /text-to-image|\bt2i\b/,
  'image-to-image': /image-to-image|\bi2i\b|\bedit|inpaint|reference/,
  edit: /\bedit|inpaint|kontext|image-to-image/,
} as const;
export type Task = keyof typeof TASKS;
export const TASK_NAMES = Object.keys(TASKS) as [Task, ...Task[]];

// Words that say nothing about a model.
const EMPTY = new Set(
  'a an the of with and or to for in on that my this it make makes model models image images picture pictures'.split(
    ' ',
  ),
);

// What is read of a query, in characters: each of its words is compared with every word of the catalogue.
const MAX_QUERY = 200;

/** What a word counts where it stands. */
const WEIGHTS = { id: 4, name: 4, categories: 3, description: 2 };

/** The entries that fit, best first; every entry in its order where there are no words. */
export function search(
  entries: readonly CatalogueEntry[],
  query: string,
  task: Task | undefined,
): CatalogueEntry[] {
  const words = wordsOf(query.slice(0, MAX_QUERY)).filter((word) => !EMPTY.has(word));
  return entries
    .filter((entry) => task === undefined || TASKS[task].test(`${entry.categories} ${entry.model_id}`))
    .map((entry) => ({ entry, score: score(entry, words) + (isForImages(entry) ? 0.5 : 0) }))
    .filter(({ score }) => words.length === 0 || score >= 1)
    .sort((a, b) => b.score - a.score)
    .map(({ entry }) => entry);
}

/** What a model makes, by its categories and id. */
export function makes({ categories, model_id }: CatalogueEntry): 'image' | 'video' | 'audio' {
  const about = `${categories} ${model_id}`.toLowerCase();
  if (/to-image|image-edit/.test(about)) return 'image';
  if (/to-video|video-/.test(about)) return 'video';
  return /audio|music|speech|sound/.test(about) ? 'audio' : 'image';
}

const isForImages = (entry: CatalogueEntry) => makes(entry) === 'image';

function score(entry: CatalogueEntry, words: readonly string[]): number {
  const fields = {
    id: wordsOf(entry.model_id),
    name: wordsOf(entry.display_name ?? ''),
    categories: wordsOf(entry.categories.join(' ')),
    description: wordsOf(entry.description),
  };
  let sum = 0;
  let found = 0;
  for (const word of words) {
    const best = Math.max(
      ...Object.entries(fields).map(([field, theirs]) => {
        const likeness = Math.max(0, ...theirs.map((their) => alike(word, their)));
        return likeness * WEIGHTS[field as keyof typeof WEIGHTS];
      }),
    );
    sum += best;
    if (best > 0) found += 1;
  }
  return words.length === 0 ? 0 : (sum * found) / words.length;
}

/** 1 for the same word, less where one begins with the other. */
function alike(a: string, b: string): number {
  if (a === b) return 1;
  const [short, long] = a.length < b.length ? [a, b] : [b, a];
  return short.length >= 3 && long.startsWith(short) ? 0.7 : 0;
}

/** Words in lower case, without the endings that only grammar gives them. */
function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
  return words.map((word) => (word.length > 4 ? word.replace(/(?:ing|es|s|ed)$/, '') : word));
}

const NEAREST = 3;

/** The entries whose ids are most like a wrong one. */
export function nearest(modelId: string, entries: readonly CatalogueEntry[]): CatalogueEntry[] {
  const wanted = pairsOf(modelId.slice(0, MAX_QUERY));
  return entries
    .map((entry) => {
      const pairs = pairsOf(entry.model_id);
      const shared = [...wanted].filter((pair) => pairs.has(pair)).length;
      return { entry, likeness: (2 * shared) / (wanted.size + pairs.size) };
    })
    .filter(({ likeness }) => likeness > 0.3)
    .sort((a, b) => b.likeness - a.likeness)
    .slice(0, NEAREST)
    .map(({ entry }) => entry);
}

/** Every two letters that stand side by side. */
function pairsOf(text: string): Set<string> {
  const plain = text.toLowerCase();
  return new Set(Array.from({ length: Math.max(0, plain.length - 1) }, (_, at) => plain.slice(at, at + 2)));
}
