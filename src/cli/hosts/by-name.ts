import { didYouMean, plain } from '../../did-you-mean.ts';

/** Those whose names contain one of the words, in their order; or what is wrong with the words. */
export function byName<One>(
  words: readonly string[],
  all: readonly One[],
  nameOf: (one: One) => string,
): { chosen: One[] } | { problem: string } {
  const isNamed = (one: One, word: string) => plain(nameOf(one)).includes(plain(word));
  const unknown = words.find((word) => plain(word) === '' || !all.some((one) => isNamed(one, word)));
  if (unknown === undefined) return { chosen: all.filter((one) => words.some((word) => isNamed(one, word))) };
  const names = all.map(nameOf);
  return { problem: `unknown host "${unknown}"${didYouMean(unknown, names)}; hosts are ${names.join(', ')}` };
}
