import { isAbsolute, join, resolve } from 'node:path';
import { type Account, LOCAL_TENANT } from '../account.ts';
import { didYouMean } from '../did-you-mean.ts';
import { LOG_FORMATS, LOG_LEVELS } from '../log.ts';
import { NAME } from '../version.ts';
import { ALL_WORDS } from './command-line.ts';
import { createLookup, type Env, type Lookup } from './lookup.ts';
import { readKey } from './placeholders.ts';
import { readService } from './service.ts';
import { DEFAULT_ACTIVE_JOBS } from './service-settings.ts';
import {
  ARGUMENTS,
  actionsOf,
  COMMAND_WORDS,
  COMMANDS,
  type Command,
  DEFAULT_BASE_URL,
  DEFAULT_KEEP_GB,
  INSTALL_FLAGS,
  PREVIEWS,
  SETTINGS,
} from './settings.ts';
import { createValidator } from './validate.ts';

/** The public service has an account API of its own; any other base URL serves the balance itself. */
const DEFAULT_BALANCE_URL = 'https://api.runcomfy.net/prod/v2/balance';
export const BALANCE_PATH = '/prod/v2/balance';

/** Variables that may hold the key, first match wins; RunComfy's users use all three names. */
export const KEY_VARIABLES: readonly string[] = ['RUNCOMFY_API_KEY', 'RUNCOMFY_API_TOKEN', 'RUNCOMFY_TOKEN'];

/** All settings, validated and complete. */
export type Config = Readonly<ReturnType<typeof readConfig>>;

/** The account that a server over stdio serves. */
export const accountOf = ({ sandbox, baseUrl }: Pick<Config, 'sandbox' | 'baseUrl'>): Account => ({
  tenant: LOCAL_TENANT,
  api: sandbox ? 'sandbox' : new URL(baseUrl).origin,
});

/** The folder below which accounts keep their pictures, unless they are in a database. */
export const libraryRoot = ({ dataDir, service }: Pick<Config, 'dataDir' | 'service'>): string =>
  service?.library?.in === 'folder' ? service.library.dir : dataDir;

/** A config, what to print instead, or everything that is wrong. */
export type Parsed =
  | { kind: 'config'; config: Config }
  | { kind: 'help' }
  | { kind: 'version' }
  | { kind: 'problems'; problems: string[] };

/** Facts about the platform, so that parsing stays pure. */
export interface Platform {
  dataDir: string;
  homeDir: string;
  /** What relative paths start from; called only for one, as it throws if the folder is gone. */
  workingDir: () => string;
}

/** Parses flags and environment into a Config, or names every problem. Pure. */
export function parseConfig(argv: readonly string[], env: Env, platform: Platform): Parsed {
  const problems: string[] = [];
  const lookup = createLookup(argv, env, problems);
  const { isOn } = createValidator(lookup.setting, problems);
  if (isOn('help') || lookup.words.includes('help')) return { kind: 'help' };
  if (isOn('version')) return { kind: 'version' };
  const config = Object.freeze(readConfig(lookup, platform, problems));
  // A word after a single dash is an unknown flag letter by letter.
  return problems.length > 0
    ? { kind: 'problems', problems: [...new Set(problems)] }
    : { kind: 'config', config };
}

function readConfig(lookup: Lookup, platform: Platform, problems: string[]) {
  const { words, hasFlag, setting, variable } = lookup;
  const { isOn, number, oneOf, patterns, baseUrl: readUrl } = createValidator(setting, problems);
  function folder(given: string | undefined): string | undefined {
    // Clients pass a path on as it is in their configuration, where no shell expands the ~.
    const path = given?.replace(/^~(?=$|[/\\])/, () => platform.homeDir);
    return path === undefined || isAbsolute(path) ? path : resolve(platform.workingDir(), path);
  }
  const folders = (flag: string) => setting(flag).flatMap(({ value }) => folder(value) ?? []);

  const { command, argument } = readCommand(words, problems);
  const sandbox = isOn('sandbox');
  const live = isOn('live');
  if (live && command !== 'demo') problems.push('--live belongs to the demo command');
  if (hasFlag('snippets') && command !== 'doctor') problems.push('--snippets belongs to the doctor command');
  if (live && sandbox) problems.push('--live and --sandbox exclude each other');
  const isInstalling = command === 'install' || command === 'uninstall';
  for (const flag of ['host', 'dry-run'])
    if (hasFlag(flag) && !isInstalling)
      problems.push(`--${flag} belongs to the commands install and uninstall`);
  for (const flag of SETTINGS.keys())
    if (isInstalling && hasFlag(flag) && !INSTALL_FLAGS.includes(flag))
      problems.push(`--${flag} does not belong to ${command}: add it to args in the host's configuration`);
  const baseUrl = readUrl('base-url');
  const service = readService(lookup, folder, problems);
  const outputDir = folders('output-dir').at(-1);
  // The sandbox needs none, so that a placeholder does no harm there.
  const key = sandbox ? undefined : findKey(lookup, problems);
  const userConfigDir = () => folder(variable('XDG_CONFIG_HOME')) ?? join(platform.homeDir, '.config');
  const configDir = folder(variable('RUNCOMFY_CONFIG_DIR')) ?? join(userConfigDir(), 'runcomfy');
  const setupDir = join(platform.homeDir, '.config', NAME);
  return {
    command,
    /** What the command is given, where it takes something. */
    argument,
    /** Use the sandbox inside this process instead of the service. */
    sandbox,
    /** Let the demo use the real, paid service. */
    live,
    /** Hosts whose snippets the doctor prints, all of them if empty; undefined runs its checks. */
    snippets: hasFlag('snippets') ? setting('snippets').flatMap(({ value }) => value.split(',')) : undefined,
    /** Hosts that install and uninstall are for; undefined for all that are found. */
    hosts: hasFlag('host') ? setting('host').flatMap(({ value }) => value.split(',')) : undefined,
    dryRun: isOn('dry-run'),
    key,
    /** Where `install` keeps the key and what it did. Below the home alone, as hosts pass on few other variables. */
    setupDir,
    keyFile: join(setupDir, 'key'),
    /** Where RunComfy's command line keeps its key; read when neither the environment nor the key file has one. */
    tokenFile: join(configDir, 'token.json'),
    /** Origin and path without a trailing slash or `/v1`. */
    baseUrl,
    balanceUrl: baseUrl === DEFAULT_BASE_URL ? DEFAULT_BALANCE_URL : baseUrl + BALANCE_PATH,
    /** Patterns of the model ids that become tools; undefined for the built-in models. */
    models: patterns('models'),
    /** How long a call waits before it hands over; undefined asks the table of hosts. */
    waitSeconds: number('wait', 'seconds', 0, 86_400),
    /** For how long, and how many, records of ended jobs are kept. */
    keepDays: number('keep-days', 'days', 2, 36_500) ?? 90,
    keepJobs: number('keep-jobs', 'jobs', 100, 1_000_000) ?? 2_000,
    /** Spending limits; undefined is no limit. */
    maxJobsPerHour: number('max-jobs-per-hour', 'jobs', 0, 1_000_000),
    /** How many jobs of a tenant may be under way at once over HTTP; undefined is no limit. */
    maxActiveJobs:
      service &&
      (number('max-active-jobs', 'jobs', 1, 1_000_000) ??
        (service.auth.mode === 'none' ? undefined : DEFAULT_ACTIVE_JOBS)),
    budgetUsd: number('budget', 'US dollars', 0, 1_000_000),
    /** Above what cost of a call the user is asked; undefined never asks. */
    confirmAboveUsd: number('confirm-above', 'US dollars', 0, 1_000_000),
    dataDir: folders('data-dir').at(-1) ?? (sandbox ? join(platform.dataDir, 'sandbox') : platform.dataDir),
    /** Where images are saved: all of them if the user named the folder (`autoSave`), else on request. */
    outputDir: outputDir ?? join(platform.homeDir, 'Pictures', 'runcomfy-images'),
    autoSave: outputDir !== undefined,
    /** Whether each saved file gets a JSON file beside it. */
    sidecar: isOn('sidecar'),
    /** How much the library keeps, in bytes; 0 is no library. Over HTTP there is none unless it is asked for. */
    keepImagesBytes: (number('keep-images', 'GB', 0, 100_000) ?? (service ? 0 : DEFAULT_KEEP_GB)) * 1e9,
    homeDir: platform.homeDir,
    /** Folders from which agents may send images. */
    inputDirs: folders('input-dir'),
    /** Undefined asks the table of hosts. */
    preview: oneOf('preview', PREVIEWS),
    logLevel: oneOf('log-level', LOG_LEVELS) ?? 'warn',
    logFormat: oneOf('log-format', LOG_FORMATS) ?? 'text',
    /** How to serve over HTTP; undefined serves over standard input and output. */
    service,
    /** Flags and variables that count as not set, though they have a value. */
    ignored: lookup.ignored,
  };
}

function readCommand([word = 'serve', ...more]: readonly string[], problems: string[]) {
  if (!COMMAND_WORDS.includes(word)) {
    const near = didYouMean(word, ALL_WORDS);
    problems.push(`unknown command "${word}"${near}; commands are ${COMMAND_WORDS.join(', ')}`);
  }
  const actions = actionsOf(word);
  const action = actions.find((one) => one === more[0]);
  const isWhole = word in COMMANDS;
  const command = action === undefined ? word : `${word} ${action}`;
  const rest = action === undefined ? more : more.slice(1);
  const takes =
    actions.length > 0 ? `; ${word} takes ${actions.join(', ')}${isWhole ? ' or nothing' : ''}` : '';
  const argument = command in ARGUMENTS ? rest[0] : undefined;
  const unexpected = argument === undefined ? rest : rest.slice(1);
  for (const extra of unexpected)
    problems.push(`unexpected argument "${extra}"${didYouMean(extra, actions)}${takes}`);
  if (COMMAND_WORDS.includes(word) && !(command in COMMANDS) && more.length === 0)
    problems.push(`${word} needs more words${takes}`);
  if (command in ARGUMENTS && argument === undefined)
    problems.push(`${command} needs an argument: ${command} ${ARGUMENTS[command]}`);
  return { command: command as Command, argument };
}

function findKey({ variable, ignored }: Lookup, problems: string[]) {
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
