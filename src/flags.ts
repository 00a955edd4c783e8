import { delimiter } from 'node:path';
import { parseArgs } from 'node:util';
import { SETTINGS } from './settings.ts';

/** A value as the user gave it, and the flag or variable that it came from. */
export type Given = { value: string; from: string } | undefined;

/** What the command line and the environment give, still unchecked. */
export interface Source {
  /** Everything on the command line that is no flag. */
  words: readonly string[];
  has(flag: string): boolean;
  /** The value of a setting: the last of its flags, else its variable. */
  setting(flag: string): Given;
  /** Every value of a repeatable setting, in order. */
  settings(flag: string): NonNullable<Given>[];
  variable(name: string): string | undefined;
}

/** Reads the flags and looks up variables; adds a problem for every flag that is unknown or misused. Pure. */
export function readSource(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Source {
  const { flags, words } = readFlags(argv, problems);
  const variable = (name: string): string | undefined => usable(env[name]);

  function settings(flag: string): NonNullable<Given>[] {
    const given = flags.get(flag);
    if (given) return given.map((value) => ({ value, from: `--${flag}` }));
    const { variable: name, repeatable } = SETTINGS.find((candidate) => candidate.flag === flag) ?? {};
    const value = name === undefined ? undefined : variable(name);
    if (name === undefined || value === undefined) return [];
    const values = repeatable ? value.split(delimiter).filter((part) => usable(part) !== undefined) : [value];
    return values.map((part) => ({ value: part, from: name }));
  }

  return {
    words,
    has: (flag) => flags.has(flag),
    setting: (flag) => settings(flag).at(-1),
    settings,
    variable,
  };
}

function readFlags(argv: readonly string[], problems: string[]) {
  const options = Object.fromEntries(
    SETTINGS.map(({ flag, value, short }) => [
      flag,
      { type: value ? ('string' as const) : ('boolean' as const), ...(short && { short }) },
    ]),
  );
  const { tokens } = parseArgs({
    args: [...argv],
    options,
    strict: false,
    allowPositionals: true,
    tokens: true,
  });
  const flags = new Map<string, string[]>();
  const words: string[] = [];
  for (const token of tokens) {
    if (token.kind === 'positional') words.push(token.value);
    if (token.kind !== 'option') continue;
    const setting = SETTINGS.find(({ flag }) => flag === token.name);
    if (!setting) problems.push(`unknown flag ${token.rawName}`);
    else if (
      setting.value &&
      (token.value === undefined || (token.value.startsWith('--') && !token.inlineValue))
    ) {
      problems.push(`${token.rawName} needs a value: ${token.rawName} ${setting.value}`);
    } else if (!setting.value && token.value !== undefined) problems.push(`${token.rawName} takes no value`);
    else flags.set(token.name, [...(flags.get(token.name) ?? []), token.value ?? 'true']);
  }
  return { flags, words };
}

/** A value that is empty or a literal `${…}` counts as unset: some hosts hand on what they do not expand. */
function usable(value: string | undefined): string | undefined {
  const trimmed = value?.trim();
  return trimmed === undefined || trimmed === '' || /^\$\{.*\}$/.test(trimmed) ? undefined : trimmed;
}
