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
