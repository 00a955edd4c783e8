import { delimiter } from 'node:path';
import { LOG_LEVELS } from '../log.ts';
import { SERVICE_SETTINGS } from './service-settings.ts';

/** Every command, with its line in the help. */
export const COMMANDS = {
  serve: 'serve MCP over standard input and output (the default; hosts start this)',
  demo: 'play a host: list the tools, make a picture, cancel a job; uses the sandbox unless --live',
  doctor: 'check the key, the folders and the models; with --snippets, print what to paste into a client',
  install: 'add the server to the hosts on this machine; asks for the key and stores it',
  uninstall: 'take it out of them again',
  gallery: 'show all recorded jobs in a browser, on this machine only',
  library: 'tell how many finished pictures are kept on this machine, where, and how large they are',
  'library clear': 'remove them; asks first in a terminal',
  'token new': 'make a bearer token for a tenant of a server over HTTP, and the entry for its tenants file',
  healthcheck: 'ask the server over HTTP of this container, or at the address of --http, whether it lives',
  help: 'print this text',
};
/** The first words of them. */
export const COMMAND_WORDS: readonly string[] = [
  ...new Set(Object.keys(COMMANDS).map((name) => name.replace(/ .*/, ''))),
];
/** What a command takes besides flags. */
export const ARGUMENTS: Readonly<Record<string, string>> = { 'token new': 'TENANT' };
/** The words that may follow a command. */
export const actionsOf = (command: string): string[] =>
  Object.keys(COMMANDS).flatMap((name) =>
    name.startsWith(`${command} `) ? name.slice(command.length + 1) : [],
  );
/** A command that runs with a configuration. */
export type Command = Exclude<keyof typeof COMMANDS, 'help'>;

export const DEFAULT_BASE_URL = 'https://model-api.runcomfy.net';
/** In seconds. SDK clients 1.x and 2.x give up after 60 s unless told otherwise (measured). */
export const DEFAULT_WAIT = 45;

/** What the library keeps of pictures. */
export const DEFAULT_KEEP_GB = 2;

/** What is known of a flag. */
export interface Setting {
  /** The variable that sets it too. */
  variable?: string;
  short?: string;
  /** What the help calls its value, in brackets if that may be left out; absent for a switch. */
  value?: string;
  /** It takes several values, in one flag or several; its variable holds them with this in between. */
  separator?: string;
  help: string;
}

/** The sizes of the previews that a model sees: the longer side in pixels. */
export const PREVIEW_SIDES = { small: 512, large: 768 } as const;
export type PreviewSize = keyof typeof PREVIEW_SIDES;
export const PREVIEWS = ['off', 'small', 'large'] as const satisfies readonly ('off' | PreviewSize)[];
export type PreviewSetting = (typeof PREVIEWS)[number];

/** The flags that install and uninstall take; the others are for the server that a host starts. */
export const INSTALL_FLAGS: readonly string[] = ['host', 'dry-run', 'sandbox', 'base-url', 'log-level'];

/** Every setting by its flag: parsing, --help and the README read this table. */
export const SETTINGS: ReadonlyMap<string, Setting> = new Map(
  Object.entries<Setting>({
    sandbox: {
      variable: 'RUNCOMFY_SANDBOX',
      help: 'use a built-in imitation of RunComfy: no key, no cost, test cards as pictures',
    },
    models: {
      variable: 'RUNCOMFY_MODELS',
      value: 'PATTERNS',
      separator: ',',
      help: 'which models are tools: ids or patterns with *, separated by commas (default: the five built-in ones)',
    },
    wait: {
      variable: 'RUNCOMFY_WAIT_SECONDS',
      value: 'SECONDS',
      help: `how long a call waits before it hands over to get_image_job (default: by client, else ${DEFAULT_WAIT})`,
    },
    'data-dir': {
      variable: 'RUNCOMFY_DATA_DIR',
      value: 'DIR',
      help: "where the job records live (default: the platform's data folder)",
    },
    'keep-days': {
      variable: 'RUNCOMFY_KEEP_DAYS',
      value: 'N',
      help: 'delete records of ended jobs after N days (default: 90)',
    },
    'keep-jobs': {
      variable: 'RUNCOMFY_KEEP_JOBS',
      value: 'N',
      help: 'and beyond the newest N (default: 2000)',
    },
    'max-jobs-per-hour': {
      variable: 'RUNCOMFY_MAX_JOBS_PER_HOUR',
      value: 'N',
      help: 'refuse to submit more jobs than this within an hour, across all servers (default: no limit)',
    },
    budget: {
      variable: 'RUNCOMFY_BUDGET_USD',
      value: 'USD',
      help: 'refuse to submit beyond this within 24 hours, by reported, estimated or assumed cost (default: no limit)',
    },
    'confirm-above': {
      variable: 'RUNCOMFY_CONFIRM_ABOVE_USD',
      value: 'USD',
      help: 'ask the user before a call that may cost more than this, or an unknown amount; 0 asks for every call that may cost something (default: no question)',
    },
    'output-dir': {
      variable: 'RUNCOMFY_OUTPUT_DIR',
      value: 'DIR',
      help: 'save every image here (default: only what save_images is asked for, in ~/Pictures/runcomfy-images)',
    },
    sidecar: {
      variable: 'RUNCOMFY_SIDECAR',
      help: 'write a JSON file with model, input, cost and hash beside each saved file',
    },
    'keep-images': {
      variable: 'RUNCOMFY_KEEP_IMAGES',
      value: 'GB',
      help: `keep the original of every finished picture in the data folder, so much in all; 0 keeps none (default: ${DEFAULT_KEEP_GB}; none over HTTP)`,
    },
    'input-dir': {
      variable: 'RUNCOMFY_INPUT_DIR',
      value: 'DIR',
      separator: delimiter,
      help: 'let agents send images from this folder by their paths; takes several folders (default: none)',
    },
    preview: {
      variable: 'RUNCOMFY_PREVIEW',
      value: 'SIZE',
      help: `show each image to the model: off, small (${PREVIEW_SIDES.small} px) or large (${PREVIEW_SIDES.large} px) (default: small; off for the few clients that fail on images)`,
    },
    'base-url': {
      variable: 'RUNCOMFY_BASE_URL',
      value: 'URL',
      help: `the API to call (default: ${DEFAULT_BASE_URL}); https, or http on loopback`,
    },
    'log-level': {
      variable: 'RUNCOMFY_LOG_LEVEL',
      value: 'LEVEL',
      help: `what goes to stderr: ${LOG_LEVELS.join(', ')} (default: warn)`,
    },
    'log-format': {
      variable: 'RUNCOMFY_LOG_FORMAT',
      value: 'FORMAT',
      help: 'how: text, or json for one JSON object a line (default: text)',
    },
    ...SERVICE_SETTINGS,
    snippets: {
      value: '[HOST]',
      separator: ',',
      help: 'let doctor print what to paste into a client, for all or for those named, instead of checking',
    },
    host: {
      value: 'NAME',
      separator: ',',
      help: 'install or uninstall for these hosts only (default: all that are found)',
    },
    'dry-run': { help: 'let install and uninstall show what they would change, and change nothing' },
    live: { help: 'let the demo use the real, paid service' },
    help: { short: 'h', help: 'print this text' },
    version: { short: 'v', help: 'print the version' },
  }),
);
