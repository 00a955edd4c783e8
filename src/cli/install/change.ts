import type { Host } from '../hosts/host.ts';
import { SERVER } from '../hosts/host.ts';
import { applyEdits, type Edit, type Format, Refusal } from './edit.ts';
import { json } from './json.ts';
import { toml } from './toml.ts';

const FORMATS = { json, toml };
const BOM = '\ufeff';

/** A change of a configuration: what it does, and the text that comes of it. */
export interface Change {
  edits: readonly Edit[];
  /** What the edits are of: the text without a byte order mark. */
  before: string;
  after: string;
}

type Place = Pick<Host, 'format' | 'section'>;

/** The entry that a configuration has for this server. Throws Refusal for one that is broken. */
export function entryIn(text: string, { format, section }: Place): unknown {
  return entryOf(parsed(FORMATS[format], withoutBom(text)), section);
}

/** Adds the entry to a configuration, replaces it, or takes it out if it is undefined. Throws Refusal. */
export function changed(text: string, { format, section }: Place, entry: object | undefined): Change {
  const form = FORMATS[format];
  const before = withoutBom(text);
  const value = parsed(form, before);
  const edits = entry ? form.put(before, section, SERVER, entry) : form.take(before, section, SERVER);
  const after = applyEdits(before, edits);
  const { [section]: old, ...rest } = tableOf(value);
  const { [SERVER]: _, ...others } = tableOf(old);
  const result = canonicalOrBroken(form, after);
  const expected = canonical({ ...rest, [section]: entry ? { ...others, [SERVER]: entry } : others });
  // A section that has no entry any more does not exist in TOML.
  const isGone = !entry && Object.keys(others).length === 0 && result === canonical(rest);
  // What is written in a form that the edit did not expect, such as an inline table in TOML, shows here.
  if (result !== expected && !isGone)
    throw new Refusal(`has a form of "${section}" that only you can change`);
  return { edits, before, after: text.slice(0, text.length - before.length) + after };
}

/** Whether two entries are the same, whatever the order of their properties. */
export const isSame = (one: unknown, other: unknown): boolean => canonical(one) === canonical(other);

const withoutBom = (text: string): string => (text.startsWith(BOM) ? text.slice(1) : text);

function parsed(form: Format, text: string): unknown {
  try {
    return form.parse(text);
  } catch (error) {
    if (error instanceof RangeError) throw new Refusal('is nested too deep');
    throw error;
  }
}

function entryOf(value: unknown, section: string): unknown {
  const servers = tableOf(value)[section];
  if (servers === undefined) return undefined;
  if (typeof servers !== 'object' || servers === null || Array.isArray(servers))
    throw new Refusal(
      `has "${section}" as ${Array.isArray(servers) ? 'an array' : `a ${typeof servers}`}, not as an object`,
    );
  return tableOf(servers)[SERVER];
}

const canonicalOrBroken = (form: Format, text: string): string | undefined => {
  try {
    return canonical(form.parse(text));
  } catch {
    return undefined;
  }
};

const tableOf = (value: unknown): Record<string, unknown> =>
  value && typeof value === 'object' ? { ...value } : {};

/** A text that tells apart all values that JSON and TOML can hold, and nothing else. */
const canonical = (value: unknown): string =>
  JSON.stringify(value, (_, each) => {
    if (typeof each === 'bigint') return `${each}n`;
    if (typeof each === 'number' && !Number.isFinite(each)) return String(each);
    if (!each || typeof each !== 'object' || Array.isArray(each)) return each;
    return Object.entries(each).sort(([one], [other]) => (one < other ? -1 : 1));
  });
