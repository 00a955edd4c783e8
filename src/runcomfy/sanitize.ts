/** Removes keys from a text. */
export type Redact = (text: string) => string;

/**
 * Makes a function that removes the given keys, and anything that looks like a bearer token, from a text. A key is also
 * found in the form that it has in a URL or in JSON.
 */
export function createRedactor(secrets: () => readonly string[]): Redact {
  return (text) => {
    let clean = text;
    for (const secret of secrets())
      if (secret.length >= 4) for (const form of formsOf(secret)) clean = clean.replaceAll(form, '[key]');
    return clean.replace(/\bBearer\s+(?!\[key\])[A-Za-z0-9._~+/=-]{8,}/gi, 'Bearer [key]');
  };
}

const formsOf = (secret: string): Set<string> =>
  new Set([secret, encodeURIComponent(secret), JSON.stringify(secret).slice(1, -1)]);

// In characters. What is read is cut first: error pages, prompts and descriptions come in megabytes, one in each row of
// a list.
const MAX_READ = 16_384;
const MAX_QUOTE = 240;
// The longest keys are the tokens of RunComfy's command line.
const MAX_KEY = 4_096;

interface QuoteOptions {
  redact?: Redact;
  /** In characters. */
  max?: number | undefined;
}

/**
 * A text from outside as one short line of data: no markup, no control characters, no line breaks, no quotes, and no
 * key if `redact` is given. The work is bounded, whatever the text.
 */
export function quoteUntrusted(text: string, { redact, max = MAX_QUOTE }: QuoteOptions = {}): string {
  const head = text.slice(0, MAX_READ);
  // A key that the cut went through is not found any more.
  const read = redact ? redact(head).slice(0, text.length > MAX_READ ? -MAX_KEY : undefined) : head;
  const plain = /<(!doctype|html|head|body|title)\b/i.test(read) ? read.replace(MARKUP, ' ') : read;
  const line = plain
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\u2028\u2029]+/gu, ' ')
    .replace(/"/g, "'")
    .replace(/\s+/g, ' ')
    .trim();
  return shorten(line, max);
}

// Every alternative consumes what it has read, to the end if need be: one that failed there would be tried again at each
// of a hundred thousand `<`.
const MARKUP = /<(?:(script|style)\b[\s\S]*?(?:<\/\1>|$)|[^<>]*(?:>|$)?)/gi;

/** A text of at most `max` characters, with an ellipsis if it was longer; never half a character. */
export function shorten(text: string, max: number): string {
  return text.length > max ? `${text.slice(0, max - 1).replace(/[\uD800-\uDBFF]$/, '')}…` : text;
}

/** To how many characters a text of RunComfy's is cut before it is kept. */
export const MAX_TEXT = 2_000;
// Deeper than anything that is of use to people, and far from where recursion ends.
const MAX_DEPTH = 8;

/**
 * The JSON of a value from outside; of a large or deep one, its beginning: no more values are visited than fill
 * MAX_TEXT characters. Texts stay whole, so that a key in one can be redacted before anything is cut.
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
