import { join } from 'node:path';
import { type Given, readSource } from './flags.ts';
import { LOG_LEVELS, type LogLevel } from './log.ts';
import { COMMANDS, type Command, DEFAULT_BASE_URL, PREVIEWS, type PreviewSetting } from './settings.ts';

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

/** Whose jobs the records are: the API's origin, or one account for all sandboxes, whose ports differ. */
export const accountOf = ({ sandbox, baseUrl }: Pick<Config, 'sandbox' | 'baseUrl'>): string =>
  sandbox ? 'sandbox' : new URL(baseUrl).origin;

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
}

/** Reads flags and environment into a Config, or names every problem. Pure. */
export function parseConfig(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  platform: Platform,
): Parsed {
  const problems: string[] = [];
  const { words, has, setting, settings, variable } = readSource(argv, env, problems);
  if (has('help')) return { kind: 'help' };
  if (has('version')) return { kind: 'version' };

  // Clients hand on a path as it stands in their configuration, where no shell expands the ~.
  const folder = (given: Given) => given?.value.replace(/^~(?=[/\\])/, () => platform.homeDir);
  const outputDir = folder(setting('output-dir'));
  const command = readCommand(words, problems);
  const sandbox = readSwitch(setting('sandbox'), problems);
  const live = has('live');
  if (live && command !== 'demo') problems.push('--live belongs to the demo command');
  if (live && sandbox) problems.push('--live and --sandbox exclude each other');
  const base = readBaseUrl(setting('base-url'), problems);
  const config: Config = Object.freeze({
    command,
    sandbox,
    live,
    // In the sandbox no key is used, so a placeholder there is none of its business.
    key: sandbox ? undefined : readKey(variable, problems),
    tokenFile: join(
      variable('RUNCOMFY_CONFIG_DIR') ??
        join(variable('XDG_CONFIG_HOME') ?? join(platform.homeDir, '.config'), 'runcomfy'),
      'token.json',
    ),
    ...base,
    models: readPatterns(setting('models'), problems),
    waitSeconds: readNumber(setting('wait'), 'seconds', 0, 86_400, problems),
    keepDays: readNumber(setting('keep-days'), 'days', 2, 36_500, problems) ?? 90,
    keepJobs: readNumber(setting('keep-jobs'), 'jobs', 100, 1_000_000, problems) ?? 2_000,
    maxJobsPerHour: readNumber(setting('max-jobs-per-hour'), 'jobs', 0, 1_000_000, problems),
    budgetUsd: readNumber(setting('budget'), 'US dollars', 0, 1_000_000, problems),
    dataDir: folder(setting('data-dir')) ?? (sandbox ? join(platform.dataDir, 'sandbox') : platform.dataDir),
    outputDir: outputDir ?? join(platform.homeDir, 'Pictures', 'runcomfy-images'),
    savesAll: outputDir !== undefined,
    inputDirs: settings('input-dir').flatMap((given) => folder(given) ?? []),
    preview: readPreview(setting('preview'), problems),
    logLevel: readLogLevel(setting('log-level'), problems),
  });
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'config', config };
}

function readCommand(words: readonly string[], problems: string[]): Command {
  const [word = 'serve', ...more] = words;
  const known = COMMANDS.find((command) => command === word);
  if (!known) problems.push(`unknown command "${word}"; commands are ${COMMANDS.join(', ')}`);
  for (const extra of more) problems.push(`unexpected argument "${extra}"`);
  return known ?? 'serve';
}

function readPatterns(given: Given, problems: string[]): string[] | undefined {
  if (given === undefined) return undefined;
  const patterns = given.value.split(',').flatMap((part) => part.trim() || []);
  for (const pattern of patterns.filter((text) => !/^[\w.~*/-]+$/.test(text)))
    problems.push(`${given.from} holds "${pattern}"; it takes model ids and patterns such as google/*/edit`);
  return patterns;
}

function readSwitch(given: Given, problems: string[]): boolean {
  if (given === undefined) return false;
  const word = given.value.toLowerCase();
  if (['1', 'true', 'yes', 'on'].includes(word)) return true;
  if (!['0', 'false', 'no', 'off'].includes(word))
    problems.push(`${given.from} is "${given.value}"; it takes true or false`);
  return false;
}

function readNumber(
  given: Given,
  unit: string,
  least: number,
  most: number,
  problems: string[],
): number | undefined {
  if (given === undefined) return undefined;
  const number = Number(given.value);
  if (Number.isFinite(number) && number >= least && number <= most) return number;
  problems.push(`${given.from} is "${given.value}"; it takes a number of ${unit} from ${least} to ${most}`);
  return undefined;
}

function readPreview(given: Given, problems: string[]): PreviewSetting | undefined {
  const size = PREVIEWS.find((candidate) => candidate === given?.value.toLowerCase());
  if (given && !size) problems.push(`${given.from} is "${given.value}"; it takes ${PREVIEWS.join(', ')}`);
  return size;
}

function readLogLevel(given: Given, problems: string[]): LogLevel {
  const level = LOG_LEVELS.find((candidate) => candidate === given?.value.toLowerCase());
  if (given && !level) problems.push(`${given.from} is "${given.value}"; it takes ${LOG_LEVELS.join(', ')}`);
  return level ?? 'warn';
}

function readKey(variable: (name: string) => string | undefined, problems: string[]): Config['key'] {
  for (const from of KEY_VARIABLES) {
    // People paste the key with the word that stands before it in the documentation's header.
    const value = variable(from)?.replace(/^Bearer\s+/i, '');
    if (value === undefined) continue;
    if (/^[\x21-\x7e]+$/.test(value)) return { value, from };
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
