import { parseJson } from '../json.ts';

// RunComfy's own replies to a submit have some 500 characters.
const MAX_SCANNED = 1 << 20;

// A text takes all up to its closing quote, or to the end: what gave up there would be tried again at each quote.
const TOKENS = /"[^"\\]*(?:\\.[^"\\]*)*(?:"|\\?$)|[{}[\]:,]|[^\s"{}[\]:,]+/gs;

/** Whether a text that is not JSON begins as an object does. */
export const isCutObject = (text: string): boolean => /^\s*\{/.test(text);

/**
 * The text of `request_id` at the top level of a JSON object that is cut short or followed by something; undefined if
 * its closing quote is missing.
 */
export function findRequestId(text: string): string | undefined {
  if (!isCutObject(text)) return undefined;
  let depth = 0;
  let key: unknown;
  let isValue = false;
  for (const [token] of text.slice(0, MAX_SCANNED).matchAll(TOKENS)) {
    if (token === '{' || token === '[') depth += 1;
    else if (token === '}' || token === ']') depth -= 1;
    if (depth === 0) return undefined;
    if (depth > 1) continue;
    if (token === ',') isValue = false;
    else if (token === ':') isValue = true;
    else if (token.startsWith('"')) {
      const content = parseJson(token);
      if (isValue && key === 'request_id') return content as string | undefined;
      if (!isValue) key = content;
    }
  }
  return undefined;
}
