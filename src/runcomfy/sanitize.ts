/**
 * Makes a function that takes the given keys, and anything that looks like a bearer token, out of a text. A key is
 * also found as it stands in a URL and inside of JSON.
 */
export function createRedactor(secrets: () => readonly string[]): (text: string) => string {
  return (text) => {
    let clean = text;
    for (const secret of secrets())
      if (secret.length >= 4) for (const form of formsOf(secret)) clean = clean.replaceAll(form, '[key]');
    return clean.replace(/\bBearer\s+(?!\[key\])[A-Za-z0-9._~+/=-]{8,}/gi, 'Bearer [key]');
  };
}

const formsOf = (secret: string): Set<string> =>
  new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]);

// In characters. What is read is cut first: error pages, prompts and descriptions come in megabytes, one for each
// row of a list.
const MAX_READ = 16_384;
const MAX_QUOTE = 240;
// Longer keys are not known; tokens of RunComfy's command line are the longest.
const MAX_SECRET = 4_096;

interface QuoteOptions {
  redact?: (text: string) => string;
  /** In characters. */
  most?: number;
}

const same = (text: string): string => text;

/**
 * A text from outside as one short line of data: no markup, no control characters, no line breaks, no quotes, and no
 * key where `redact` is given. Its work is bounded, whatever the text.
 */
export function quoteUntrusted(text: string, { redact = same, most = MAX_QUOTE }: QuoteOptions = {}): string {
  const head = redact(text.slice(0, MAX_READ));
  // A key that the cut went through is not known any more.
  const read = text.length > MAX_READ && redact !== same ? head.slice(0, -MAX_SECRET) : head;
  const plain = /<(!doctype|html|head|body|title)\b/i.test(read) ? read.replace(MARKUP, ' ') : read;
  const line = plain
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, ' ')
    .replace(/"/g, "'")
    .replace(/\s+/g, ' ')
    .trim();
  return shorten(line, most);
}

// Every alternative takes what it has read, to the end if need be: one that gave up there would be tried again at each
// of a hundred thousand `<`.
const MARKUP = /<(?:(script|style)\b[\s\S]*?(?:<\/\1>|$)|[^<>]*(?:>|$)?)/gi;

/** A text of at most `most` characters, with an ellipsis where it was longer; never half of a character. */
export function shorten(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
}

/** What a text of RunComfy's is cut to before it is kept, in characters. */
export const MAX_TEXT = 2_000;
// Deeper than anything that tells people something, and far from where recursion ends.
const MAX_DEPTH = 8;

/**
 * The JSON of a value from outside; of a large or deep one, its beginning: no more values are visited than fill
 * MAX_TEXT characters. Each text stands whole, so that a key in it is found and taken out before anything is cut.
 */
export function excerpt(value: unknown): string {
  let text = '';
  function write(part: unknown, depth: number): void {
    if (typeof part !== 'object' || part === null) {
      text += JSON.stringify(part);
      return;
    }
    if (depth === MAX_DEPTH) {
      text += '…';
      return;
    }
    const isArray = Array.isArray(part);
    text += isArray ? '[' : '{';
    let separator = '';
    for (const name of isArray ? part.keys() : Object.keys(part)) {
      text += separator;
      separator = ',';
      if (text.length > MAX_TEXT) {
        text += '…';
        break;
      }
      if (!isArray) text += `${JSON.stringify(name)}:`;
      write((part as Record<string | number, unknown>)[name], depth + 1);
    }
    text += isArray ? ']' : '}';
  }
  write(value, 0);
  return text;
}
