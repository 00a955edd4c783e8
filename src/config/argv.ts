import { parseArgs } from 'node:util';
import { didYouMean } from '../did-you-mean.ts';
import { COMMAND_WORDS, SETTINGS, type Setting } from './settings.ts';

/** A command line, taken apart: the values of every flag, and the words that belong to none. */
export interface Argv {
  flags: ReadonlyMap<string, readonly string[]>;
  words: readonly string[];
}

/** What may stand on a command line, for "did you mean". */
export const ALL_WORDS: readonly string[] = [...COMMAND_WORDS, ...SETTINGS.map(({ flag }) => `--${flag}`)];

/**
 * Takes a command line apart and adds a problem for every flag that is unknown or misused. `usable` gives what is to be
 * used of a value, if anything.
 */
export function readArgv(
  argv: readonly string[],
  usable: (from: string, value: string) => string | undefined,
  problems: string[],
): Argv {
  const flags = new Map<string, string[]>();
  const words: string[] = [];
  /** Takes the words that follow a flag. */
  let follow: ((word: string) => void) | undefined;

  function add(flag: string, value: string | undefined): void {
    const text = value === undefined ? undefined : usable(`--${flag}`, value);
    flags.set(flag, [...(flags.get(flag) ?? []), ...(text === undefined ? [] : [text])]);
  }

  function addWord(word: string): void {
    const isCommand = words.length === 0 && COMMAND_WORDS.some((command) => command === word);
    if (follow && !isCommand) follow(word);
    else if (usable('an argument', word) !== undefined) words.push(word);
  }

  for (const token of tokensOf(argv)) {
    if (token.kind === 'positional') addWord(token.value);
    else follow = undefined;
    if (token.kind !== 'option') continue;
    const { name, rawName, value, inlineValue } = token;
    const setting = SETTINGS.find(({ flag }) => flag === name);
    if (!setting) {
      const problem = unknownFlag(argv[token.index] ?? rawName);
      // A word after a single dash comes letter by letter.
      if (problems.at(-1) !== problem) problems.push(problem);
      // Its value is not repeated in a message: it may be a key.
      follow = () => {};
    } else if (setting.value === undefined) {
      if (value === undefined) flags.set(name, ['true']);
      else if (usable(rawName, value) !== undefined) problems.push(`${rawName} takes no value`);
    } else if (!setting.isOptional && (value === undefined || (value.startsWith('--') && !inlineValue))) {
      problems.push(`${rawName} needs a value: ${rawName} ${setting.value}`);
    } else {
      add(name, value);
      if (setting.separator !== undefined && !inlineValue) follow = (word) => add(name, word);
    }
  }
  return { flags, words };
}

/** Flags that may do without a value take none here: the words that follow them are theirs. */
const takesNext = ({ value, isOptional }: Setting) => value !== undefined && !isOptional;

function tokensOf(argv: readonly string[]) {
  const options = Object.fromEntries(
    SETTINGS.map((setting) => [
      setting.flag,
      {
        type: takesNext(setting) ? ('string' as const) : ('boolean' as const),
        ...(setting.short && { short: setting.short }),
      },
    ]),
  );
  return parseArgs({ args: [...argv], options, strict: false, allowPositionals: true, tokens: true }).tokens;
}

function unknownFlag(given: string): string {
  const [flag = given] = given.split('=', 1);
  return /key|token|secret/i.test(flag)
    ? `unknown flag ${flag}; a key is never given by a flag, which others on this machine can read: set RUNCOMFY_API_KEY`
    : `unknown flag ${flag}${didYouMean(flag, ALL_WORDS)}`;
}
