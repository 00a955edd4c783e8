import { parseArgs } from 'node:util';
import { didYouMean } from '../did-you-mean.ts';
import { isUnexpanded } from './placeholders.ts';
import { ARGUMENTS, actionsOf, COMMAND_WORDS, SETTINGS } from './settings.ts';

const isOptional = (value: string) => value.startsWith('[');

const OPTIONS = Object.fromEntries(
  [...SETTINGS].map(([flag, { short, value }]) => {
    // To parseArgs a flag with an optional value takes none; the words that follow are its values.
    const type = value === undefined || isOptional(value) ? ('boolean' as const) : ('string' as const);
    return [flag, short === undefined ? { type } : { type, short }];
  }),
);

/**
 * The values of every flag as they were given, and the words that belong to no flag. Adds a problem for every flag that
 * is unknown or misused.
 */
export function parseCommandLine(argv: readonly string[], problems: string[]) {
  const flags = new Map<string, string[]>();
  const words: string[] = [];
  /** Where a word after a flag belongs; undefined after a flag that takes at most one value. */
  let following: string[] | undefined;

  const { tokens } = parseArgs({ args: [...argv], options: OPTIONS, strict: false, tokens: true });
  for (const token of tokens) {
    if (token.kind === 'positional') {
      const [command] = words;
      const isCommand =
        command === undefined
          ? COMMAND_WORDS.includes(token.value)
          : words.length === 1
            ? actionsOf(command).includes(token.value)
            : words.length === 2 && words.join(' ') in ARGUMENTS;
      (isCommand ? words : (following ?? words)).push(token.value);
      continue;
    }
    following = undefined;
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const setting = SETTINGS.get(name);
    if (!setting) {
      problems.push(unknownFlag(argv[token.index] ?? rawName));
      // Its value appears in no message: it may be a key.
      following = [];
      continue;
    }
    const values = flags.get(name) ?? [];
    if (setting.value === undefined) {
      if (value?.trim() && !isUnexpanded(value)) problems.push(`${rawName} takes no value`);
      else values.push(value ?? 'true');
    } else if (
      !isOptional(setting.value) &&
      (value === undefined || (value.startsWith('--') && !inlineValue))
    ) {
      problems.push(`${rawName} needs a value: ${rawName} ${setting.value}`);
    } else {
      if (value !== undefined) values.push(value);
      if (setting.separator !== undefined && !inlineValue) following = values;
    }
    flags.set(name, values);
  }
  return { flags, words };
}

function unknownFlag(given: string): string {
  const [flag = given] = given.split('=', 1);
  return /key|token|secret/i.test(flag)
    ? `unknown flag ${flag}; a key is never given by a flag, which others on this machine can read: set RUNCOMFY_API_KEY`
    : `unknown flag ${flag}${didYouMean(flag, ALL_WORDS)}`;
}

/** Everything that a command line may hold, for "did you mean". */
export const ALL_WORDS: readonly string[] = [
  ...COMMAND_WORDS,
  ...[...SETTINGS.keys()].map((flag) => `--${flag}`),
];
