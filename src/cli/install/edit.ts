/** A change of a text: so many characters go from a place, others come there. */
export interface Edit {
  at: number;
  remove: number;
  insert: string;
}

/** How the entries of servers are changed in a configuration. All throw Refusal. */
export interface Format {
  parse(text: string): unknown;
  /** Adds an entry to a section, or replaces it. */
  put(text: string, section: string, name: string, entry: object): Edit[];
  /** Takes an entry out of a section that has it. */
  take(text: string, section: string, name: string): Edit[];
}

/** Why a configuration is not changed, as a clause about the file. */
export class Refusal extends Error {}

/** The text after all edits, which are in order and do not overlap. */
export function applyEdits(text: string, edits: readonly Edit[]): string {
  let from = 0;
  const parts: string[] = [];
  for (const { at, remove, insert } of edits) {
    parts.push(text.slice(from, at), insert);
    from = at + remove;
  }
  return parts.join('') + text.slice(from);
}

/** How lines end in a text. */
export const lineEnd = (text: string): string => (/\r?\n/.exec(text) ?? ['\n'])[0];

/** Such as "line 3, column 14". */
export function placeIn(text: string, offset: number): string {
  const before = text.slice(0, offset).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}
