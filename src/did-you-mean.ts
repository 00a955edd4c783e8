import { closestMatch } from 'leven';

// Longer texts and more names are not compared, as that would take time.
const MAX_LENGTH = 48;
const MAX_NAMES = 200;
// Shorter texts are part of too many names.
const MIN_PART = 3;

/** ` (did you mean NAME?)`, by spelling, slips, swapped letters and parts such as `size` for image_size; else empty. */
export function didYouMean(given: string, names: readonly string[]): string {
  const known = names.slice(0, MAX_NAMES).filter(({ length }) => length <= MAX_LENGTH);
  const name = given.length > MAX_LENGTH ? undefined : nearest(plain(given), known);
  return name === undefined ? '' : ` (did you mean ${name}?)`;
}

function nearest(target: string, names: readonly string[]): string | undefined {
  const all = names.map(plain);
  const close = closestMatch(target, all, { maxDistance: Math.floor(target.length / 3) });
  if (close !== undefined) return names[all.indexOf(close)];
  const swapped = all.flatMap((name, at) => (letters(name) === letters(target) ? at : []));
  const longer = all.flatMap((name, at) =>
    target.length >= MIN_PART && (name.startsWith(target) || name.endsWith(target)) ? at : [],
  );
  const [only, ...more] = swapped.length > 0 ? swapped : longer;
  return only === undefined || more.length > 0 ? undefined : names[only];
}

/** A name without what people spell in several ways: case, blanks, dashes. */
export const plain = (name: string) => name.toLowerCase().replace(/[^a-z0-9]/g, '');
const letters = (name: string) => [...name].sort().join('');
