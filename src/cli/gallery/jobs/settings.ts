import { basename } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseHandle } from '../../../jobs/handle.ts';
import { shorten } from '../../../runcomfy/sanitize.ts';
import type { GalleryReference } from '../../../view/gallery-api.ts';

// What people read of an input. In characters, values of a list or an object, levels, and values in all.
const [MAX_TEXT, MAX_VALUES, MAX_DEPTH, MAX_IN_ALL] = [2_000, 50, 5, 500];
const MAX_REFERENCES = 50;
// In characters: as long as what may be a reference at all.
const MAX_REFERENCE = 8_192;

/** An input in two: what it was made from, and all its other fields, cut to what people read. */
export function partsOf(input: Record<string, unknown>): {
  settings: Record<string, unknown>;
  references: GalleryReference[];
} {
  const references: GalleryReference[] = [];
  let values = 0;

  /** A value without the references in it; undefined if it has nothing else. */
  function take(value: unknown, field: string, depth: number): unknown {
    values += 1;
    if (typeof value === 'string') {
      const reference = referenceIn(value);
      if (!reference || references.length === MAX_REFERENCES) return shorten(value, MAX_TEXT);
      references.push({ field, ...reference });
      return undefined;
    }
    if (typeof value !== 'object' || value === null) return value;
    if (depth === MAX_DEPTH || values > MAX_IN_ALL) return '…';
    const isArray = Array.isArray(value);
    const items = Object.entries(isArray ? value.slice(0, MAX_VALUES) : value).slice(0, MAX_VALUES);
    const rest = items.flatMap(([name, item]) => {
      const taken = take(item, isArray ? field : `${field}.${shorten(name, MAX_TEXT)}`, depth + 1);
      return taken === undefined ? [] : [[shorten(name, MAX_TEXT), taken] as const];
    });
    if (items.length > 0 && rest.length === 0) return undefined;
    return isArray ? rest.map(([, item]) => item) : Object.fromEntries(rest);
  }

  const settings = Object.entries(input)
    .slice(0, MAX_VALUES)
    .flatMap(([name, value]) => {
      const field = shorten(name, MAX_TEXT);
      const taken = take(value, field, 0);
      return taken === undefined ? [] : [[field, taken] as const];
    });
  return { settings: Object.fromEntries(settings), references };
}

/** What a text of an input names, if it is a picture: a handle, a URL or a file as it is recorded. */
function referenceIn(text: string): Pick<GalleryReference, 'text' | 'name'> | undefined {
  if (text.length > MAX_REFERENCE) return undefined;
  if (/^file:/i.test(text)) {
    const path = pathIn(text);
    return path === undefined ? undefined : { text: path, name: basename(path) };
  }
  return parseHandle(text) || (/^https?:\/\/\S+$/i.test(text) && URL.canParse(text)) ? { text } : undefined;
}

/** The path in a recorded file, behind which its hash stands; undefined if it has none. */
export function pathIn(url: string): string | undefined {
  try {
    return fileURLToPath(url);
  } catch {
    return undefined;
  }
}
