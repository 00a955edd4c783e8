import { parseCommandLine } from './command-line.ts';
import { type Ignored, isMissing, isUnexpanded } from './placeholders.ts';
import { SETTINGS } from './settings.ts';

/** A value, and the flag or variable that it came from. */
export interface Given {
  value: string;
  from: string;
}

export type Env = Readonly<Record<string, string | undefined>>;

/** Looks up what the command line and the environment say, unchecked. */
export type Lookup = ReturnType<typeof createLookup>;

/** Takes values that are empty or missing, or that hold an unexpanded `${…}`, for not set. Pure. */
export function createLookup(argv: readonly string[], env: Env, problems: string[]) {
  const ignored: Ignored[] = [];
  function given(from: string, text = ''): Given[] {
    const value = text.trim();
    if (value === '') return [];
    const why = isUnexpanded(value) ? 'unexpanded' : isMissing(value) ? 'missing' : undefined;
    if (!why) return [{ value, from }];
    if (!ignored.some((other) => other.from === from)) ignored.push({ from, why });
    return [];
  }

  const { flags, words } = parseCommandLine(argv, problems);
  const usable = ([flag, values]: [string, string[]]) =>
    [flag, values.flatMap((value) => given(`--${flag}`, value))] as const;
  const givenFlags = new Map([...flags].map(usable));
  return {
    /** What the command line holds besides flags and their values. */
    words: words.flatMap((word) => given('an argument', word).map(({ value }) => value)),
    hasFlag: (flag: string) => flags.has(flag),
    /** The values of a setting: those of its flags, else those of its variable. The last one wins where one is asked for. */
    setting(flag: string): Given[] {
      const values = givenFlags.get(flag) ?? [];
      if (values.length > 0) return values;
      const { variable, separator } = SETTINGS.get(flag) ?? {};
      return variable ? split(env[variable], separator).flatMap((value) => given(variable, value)) : [];
    },
    variable: (name: string) => given(name, env[name])[0]?.value,
    /** What was looked up so far and counts as not set. */
    ignored,
  };
}

/** The values of a list. A `${env:NAME}` stays whole, though it may hold the separator. */
const split = (text = '', separator?: string): string[] =>
  separator === undefined ? [text] : text.split(new RegExp(`${separator}(?![^{}]*\\})`));
