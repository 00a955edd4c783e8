import { readArgv } from './argv.ts';
import { type Given, type Ignored, isUnexpanded } from './given.ts';
import { SETTINGS } from './settings.ts';

/** What the command line and the environment give, still unchecked. */
export interface Source {
  /** Everything on the command line that is neither a flag nor its value. */
  words: readonly string[];
  has(flag: string): boolean;
  /** The value of a setting: the last of its flags, else its variable. */
  setting(flag: string): Given;
  /** Every value of a setting that takes several, in order. */
  settings(flag: string): NonNullable<Given>[];
  variable(name: string): string | undefined;
  /** The flags and variables read so far in which the client left a `${…}`: they count as not set. */
  ignored: Ignored[];
}

/** Reads the flags and looks up variables; adds a problem for every flag that is unknown or misused. Pure. */
export function readSource(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Source {
  const ignored: Ignored[] = [];
  function usable(from: string, value: string | undefined): string | undefined {
    const trimmed = value?.trim() ?? '';
    if (!isUnexpanded(trimmed)) return trimmed === '' ? undefined : trimmed;
    if (!ignored.some((other) => other.from === from)) ignored.push({ from, why: 'unexpanded' });
    return undefined;
  }

  const { flags, words } = readArgv(argv, usable, problems);

  function settings(flag: string): NonNullable<Given>[] {
    const given = flags.get(flag) ?? [];
    if (given.length > 0) return given.map((value) => ({ value, from: `--${flag}` }));
    const { variable: name, separator } = SETTINGS.find((candidate) => candidate.flag === flag) ?? {};
    if (name === undefined) return [];
    return partsOf(env[name] ?? '', separator).flatMap((part) => {
      const value = usable(name, part);
      return value === undefined ? [] : { value, from: name };
    });
  }

  return {
    words,
    has: (flag) => flags.has(flag),
    setting: (flag) => settings(flag).at(-1),
    settings,
    variable: (name) => usable(name, env[name]),
    ignored,
  };
}

/** The values of a list. A `${env:NAME}` stays whole, though it may hold the separator. */
const partsOf = (value: string, separator: string | undefined): string[] =>
  separator === undefined ? [value] : value.split(new RegExp(`${separator}(?![^{}]*\\})`));
