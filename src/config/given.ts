/** A value as the user gave it, and the flag or variable that it came from. */
export type Given = { value: string; from: string } | undefined;

/** A value that counts as not set: the client left a reference such as `${…}` in it, or nobody replaced a placeholder. */
export interface Ignored {
  from: string;
  why: 'unexpanded' | 'placeholder';
}

/** What is wrong with ignored values, a clause a reason. None holds a value: a default inside a `${…}` may be a secret. */
export function ignoredTexts(ignored: readonly Ignored[]): string[] {
  const named = (why: Ignored['why'], what: string) => {
    const names = ignored.filter((each) => each.why === why).map(({ from }) => from);
    const hold = names.length > 1 ? 'hold' : 'holds';
    return names.length > 0 ? [`${names.join(', ')} ${hold} ${what}`] : [];
  };
  return [
    ...named('unexpanded', 'a literal ${…} that the client did not expand'),
    ...named('placeholder', 'a placeholder instead of a key'),
  ];
}

/** Clients hand on what they do not expand, also in the middle of a value. */
export const isUnexpanded = (value: string): boolean => value.includes('${');

// How shells, Windows, opencode and templates write a reference to a variable. None of these is a key.
const REFERENCES = [/^\$\w+$/, /^\$env:\w+$/i, /^%\w+%$/, /^\{env:.*\}$/, /^\{\{.*\}\}$/, /^\$\(.*\)$/];

// What documentation writes where the reader's key belongs, and what programs make of a value that is not there.
const PLACEHOLDERS = [
  /^(your|my|the|insert|paste|enter|put|add|replace|change)[-_ ].*(key|token|secret|here|this|it|me)\b/i,
  /^your([-_ ]|\w*(key|token))/i,
  /^[<[{(].*[>\]})]$/,
  /\.{3}|…/,
  /^([a-z]{2,10}[-_])*[x*•_-]{3,}$/i,
  /^(runcomfy[-_])?(api[-_]?)?(key|token)$/i,
  /^(change[-_]?me|placeholder|todo|none|null|undefined)$/i,
];

// Longer texts are neither, and some of these patterns take time for them.
const MAX_LENGTH = 200;

/** A key, or why a text that stands where a key should is none. Keys are printable ASCII without blanks. */
export function readKey(text: string): { key: string } | { why: Ignored['why'] | 'malformed' } {
  // People paste the key with the word that stands before it in the documentation's header.
  const key = text.trim().replace(/^Bearer\s+/i, '');
  const has = (forms: readonly RegExp[]) => key.length <= MAX_LENGTH && forms.some((form) => form.test(key));
  if (isUnexpanded(key) || has(REFERENCES)) return { why: 'unexpanded' };
  if (has(PLACEHOLDERS)) return { why: 'placeholder' };
  return /^[\x21-\x7e]+$/.test(key) ? { key } : { why: 'malformed' };
}
