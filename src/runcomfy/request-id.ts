// RunComfy's own replies to a submit have some 500 characters.
const MAX_SCANNED = 1 << 20;

/**
 * The text of `request_id` at the top level of a JSON object that breaks off or has something behind it; undefined
 * where no closing quote follows it. Reads every character once, the first MAX_SCANNED at most.
 */
export function findRequestId(text: string): string | undefined {
  const end = Math.min(text.length, MAX_SCANNED);
  let depth = 0;
  let key: string | undefined;
  let isValue = false;
  for (let at = text.search(/\S/); at >= 0 && at < end; at++) {
    const char = text[at] as string;
    if (depth === 0 && char !== '{') return undefined;
    if (char === '{' || char === '[') depth += 1;
    else if (char === '}' || char === ']') depth -= 1;
    else if (char === ',' && depth === 1) isValue = false;
    else if (char === ':' && depth === 1) isValue = true;
    else if (char === '"') {
      const close = closingQuote(text, at, end);
      if (close === undefined) return undefined;
      if (depth === 1) {
        const content = unquoted(text.slice(at, close + 1));
        if (isValue && key === 'request_id') return content;
        if (!isValue) key = content;
      }
      at = close;
    }
  }
  return undefined;
}

function closingQuote(text: string, open: number, end: number): number | undefined {
  for (let at = open + 1; at < end; at++) {
    if (text[at] === '"') return at;
    if (text[at] === '\\') at += 1;
  }
  return undefined;
}

/** What a JSON text in its quotes says; undefined where it is none. */
function unquoted(text: string): string | undefined {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
