import { isAbsolute, join, resolve } from 'node:path';
import { type Account, LOCAL_TENANT } from '../account.ts';
import { didYouMean } from '../did-you-mean.ts';
import type { LogLevel } from '../log.ts';
import { ALL_WORDS } from './argv.ts';
import { readSource, type Source } from './flags.ts';
import { type Given, type Ignored, readKey } from './given.ts';
import { readLogLevel, readNumber, readPatterns, readPreview, readSwitch } from './read-setting.ts';
import { COMMAND_WORDS, COMMANDS, type Command, DEFAULT_BASE_URL, type PreviewSetting } from './settings.ts';

/** The account API that belongs to the public service; a different base URL serves its balance itself. */
export const DEFAULT_BALANCE_URL = 'https://api.runcomfy.net/prod/v2/balance';
export const BALANCE_PATH = '/prod/v2/balance';

/** Where a key may stand in the environment, first match wins; all three names are in use by RunComfy's users. */
export const KEY_VARIABLES = ['RUNCOMFY_API_KEY', 'RUNCOMFY_API_TOKEN', 'RUNCOMFY_TOKEN'] as const;

/** All settings, checked and complete. Made once at start, then only read. */
export interface Config {
  readonly command: Command;
  /** Use the sandbox inside this process instead of the service. */
  readonly sandbox: boolean;
  /** Let the demo use the real, paid service. */
  readonly live: boolean;
  /** The hosts whose configuration the doctor prints, all if there are none; undefined where it checks instead. */
  readonly snippets: readonly string[] | undefined;
  /** Flags and variables whose values count as not set. */
  readonly ignored: readonly Ignored[];
  readonly key: { readonly value: string; readonly from: string } | undefined;
  /** The vendor's command line keeps its key here; read when the environment has none. */
  readonly tokenFile: string;
  /** Origin and path without a trailing slash or `/v1`. */
  readonly baseUrl: string;
  readonly balanceUrl: string;
  /** Patterns of model ids that are tools; undefined for the built-in models. */
  readonly models: readonly string[] | undefined;
  /** Seconds that a call waits before it hands over; undefined asks the table of hosts. */
  readonly waitSeconds: number | undefined;
  readonly dataDir: string;
  /** Records of ended jobs are kept this long and up to this number. */
  readonly keepDays: number;
  readonly keepJobs: number;
  /** The user's limits; undefined allows everything. */
  readonly maxJobsPerHour: number | undefined;
  readonly budgetUsd: number | undefined;
  /** Where images are saved: every one where the user named the folder, else those that are asked for. */
  readonly outputDir: string;
  readonly savesAll: boolean;
  /** Folders from which agents may send images. */
  readonly inputDirs: readonly string[];
  /** Undefined asks the table of hosts. */
  readonly preview: PreviewSetting | undefined;
  readonly logLevel: LogLevel;
}

/** The account that a configuration serves over stdio. */
export const accountOf = ({ sandbox, baseUrl }: Pick<Config, 'sandbox' | 'baseUrl'>): Account => ({
  tenant: LOCAL_TENANT,
  api: sandbox ? 'sandbox' : new URL(baseUrl).origin,
});

/** What parsing gives: a config, a text to print, or everything that is wrong at once. */
export type Parsed =
  | { kind: 'config'; config: Config }
  | { kind: 'help' }
  | { kind: 'version' }
  | { kind: 'problems'; problems: string[] };

/** What the caller knows of the platform, so that parsing stays pure. */
export interface Platform {
  dataDir: string;
  homeDir: string;
  /** Where relative paths start; asked only for one of those, as a folder that is gone throws. */
  workingDir: () => string;
}

/** Reads flags and environment into a Config, or names every problem. Pure. */
export function parseConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  platform: Platform,
): Parsed {
  const problems: string[] = [];
  const source = readSource(argv, env, problems);
  const { words, has, setting, settings, variable } = source;
  if (has('help') || words.includes('help')) return { kind: 'help' };
  if (has('version')) return { kind: 'version' };

  function folder(given: string | undefined): string | undefined {
    // Clients hand on a path as it stands in their configuration, where no shell expands the ~.
    const path = given?.replace(/^~(?=$|[/\\])/, () => platform.homeDir);
    return path === undefined || isAbsolute(path) ? path : resolve(platform.workingDir(), path);
  }
  const outputDir = folder(setting('output-dir')?.value);
  const command = readCommand(words, problems);
  const sandbox = readSwitch(setting('sandbox'), problems);
  const live = has('live');
  if (live && command !== 'demo') problems.push('--live belongs to the demo command');
  if (has('snippets') && command !== 'doctor') problems.push('--snippets belongs to the doctor command');
  if (live && sandbox) problems.push('--live and --sandbox exclude each other');
  const base = readBaseUrl(setting('base-url'), problems);
  const config: Config = Object.freeze({
    command,
    sandbox,
    live,
    snippets: has('snippets') ? settings('snippets').flatMap(({ value }) => value.split(',')) : undefined,
    // In the sandbox no key is used, so a placeholder there is none of its business.
    key: sandbox ? undefined : findKey(source, problems),
    tokenFile: join(
      folder(variable('RUNCOMFY_CONFIG_DIR')) ??
        join(folder(variable('XDG_CONFIG_HOME')) ?? join(platform.homeDir, '.config'), 'runcomfy'),
      'token.json',
    ),
    ...base,
    models: readPatterns(settings('models'), problems),
    waitSeconds: readNumber(setting('wait'), 'seconds', 0, 86_400, problems),
    keepDays: readNumber(setting('keep-days'), 'days', 2, 36_500, problems) ?? 90,
    keepJobs: readNumber(setting('keep-jobs'), 'jobs', 100, 1_000_000, problems) ?? 2_000,
    maxJobsPerHour: readNumber(setting('max-jobs-per-hour'), 'jobs', 0, 1_000_000, problems),
    budgetUsd: readNumber(setting('budget'), 'US dollars', 0, 1_000_000, problems),
    dataDir:
      folder(setting('data-dir')?.value) ?? (sandbox ? join(platform.dataDir, 'sandbox') : platform.dataDir),
    outputDir: outputDir ?? join(platform.homeDir, 'Pictures', 'runcomfy-images'),
    savesAll: outputDir !== undefined,
    inputDirs: settings('input-dir').flatMap(({ value }) => folder(value) ?? []),
    preview: readPreview(setting('preview'), problems),
    logLevel: readLogLevel(setting('log-level'), problems),
    // Last, as reading the others fills it.
    ignored: source.ignored,
  });
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'config', config };
}

function readCommand(words: readonly string[], problems: string[]): Command {
  const [word = 'serve', ...more] = words;
  const known = COMMANDS.find((command) => command === word);
  if (!known) {
    const near = didYouMean(word, ALL_WORDS);
    problems.push(`unknown command "${word}"${near}; commands are ${COMMAND_WORDS.join(', ')}`);
  }
  for (const extra of more) problems.push(`unexpected argument "${extra}"`);
  return known ?? 'serve';
}

function findKey({ variable, ignored }: Source, problems: string[]): Config['key'] {
  for (const from of KEY_VARIABLES) {
    const text = variable(from);
    if (text === undefined) continue;
    const found = readKey(text);
    if ('key' in found) return { value: found.key, from };
    if (found.why !== 'malformed') ignored.push({ from, why: found.why });
    else
      problems.push(
        `${from} is not a key: a key is printable ASCII without blanks; copy it again from the Profile page of runcomfy.com`,
      );
  }
  return undefined;
}

const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

function readBaseUrl(given: Given, problems: string[]): Pick<Config, 'baseUrl' | 'balanceUrl'> {
  if (given === undefined) return { baseUrl: DEFAULT_BASE_URL, balanceUrl: DEFAULT_BALANCE_URL };
  const url = URL.canParse(given.value) ? new URL(given.value) : undefined;
  if (!url || !/^https?:$/.test(url.protocol)) problems.push(`${given.from} is not a URL: "${given.value}"`);
  else if (url.username || url.password || url.search || url.hash)
    problems.push(`${given.from} may hold no user, query or fragment`);
  else if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname))
    problems.push(`${given.from} must be https, as the key travels with every call (http only on loopback)`);
  const baseUrl = url
    ? (url.origin + url.pathname).replace(/\/+$/, '').replace(/\/v1$/, '')
    : DEFAULT_BASE_URL;
  return { baseUrl, balanceUrl: baseUrl === DEFAULT_BASE_URL ? DEFAULT_BALANCE_URL : baseUrl + BALANCE_PATH };
}
