/** A value that counts as not set: an unexpanded reference such as `${…}`, a missing value in words, or a placeholder. */
export interface Ignored {
  from: string;
  why: 'unexpanded' | 'missing' | 'placeholder';
}

/** What is wrong with ignored values, one clause per reason. Quotes no value: a default inside a `${…}` may be a secret. */
export function ignoredTexts(ignored: readonly Ignored[]): string[] {
  const named = (why: Ignored['why'], what: string) => {
    const names = ignored.filter((each) => each.why === why).map(({ from }) => from);
    const hold = names.length > 1 ? 'hold' : 'holds';
    return names.length > 0 ? [`${names.join(', ')} ${hold} ${what}`] : [];
  };
  return [
    ...named('unexpanded', 'a literal ${…} that the client did not expand'),
    ...named('missing', '"null" or "undefined" instead of a value'),
    ...named('placeholder', 'a placeholder instead of a key'),
  ];
}

/** Clients pass on what they cannot expand, even in the middle of a value. */
export const isUnexpanded = (value: string): boolean => value.includes('${');

/** Claude Desktop's own code makes these of an option that was cleared (measured with mcpb 2.1.2). */
export const isMissing = (value: string): boolean => value === 'null' || value === 'undefined';

// How shells, Windows, opencode and templates write a reference to a variable. None of these is a key.
const REFERENCES = [/^\$\w+$/, /^\$env:\w+$/i, /^%\w+%$/, /^\{env:.*\}$/, /^\{\{.*\}\}$/, /^\$\(.*\)$/];

// What documentation writes in place of a key, and what programs make of a missing value.
const PLACEHOLDERS = [
  /^(your|my|the|insert|paste|enter|put|add|replace|change)[-_ ].*(key|token|secret|here|this|it|me)\b/i,
  /^your([-_ ]|\w*(key|token))/i,
  /^[<[{(].*[>\]})]$/,
  /\.{3}|…/,
  /^([a-z]{2,10}[-_])*[x*•_-]{3,}$/i,
  /^(runcomfy[-_])?(api[-_]?)?(key|token)$/i,
  /^(change[-_]?me|placeholder|todo|none|null|undefined)$/i,
];

// Longer texts are neither, and some of these patterns are slow on them.
const MAX_LENGTH = 200;

/** The key in a text, or why it is none. Keys are printable ASCII without blanks. */
export function readKey(text: string): { key: string } | { why: Ignored['why'] | 'malformed' } {
  // People copy the whole header value out of the documentation.
  const key = text.trim().replace(/^Bearer\s+/i, '');
  const has = (forms: readonly RegExp[]) => key.length <= MAX_LENGTH && forms.some((form) => form.test(key));
  if (isUnexpanded(key) || has(REFERENCES)) return { why: 'unexpanded' };
  if (has(PLACEHOLDERS)) return { why: 'placeholder' };
  return /^[\x21-\x7e]+$/.test(key) ? { key } : { why: 'malformed' };
}
