import { delimiter } from 'node:path';
import { LOG_LEVELS } from '../log.ts';

export const COMMANDS = ['serve', 'demo', 'doctor', 'gallery'] as const;
export type Command = (typeof COMMANDS)[number];
/** What may stand as a command. */
export const COMMAND_WORDS = [...COMMANDS, 'help'] as const;

export const DEFAULT_BASE_URL = 'https://model-api.runcomfy.net';

/** One setting: its flag, its variable and what stands in the help. */
export interface Setting {
  flag: string;
  variable?: string;
  value?: string;
  help: string;
  short?: string;
  /** It takes several values, after one flag or several; its variable holds them with this between. */
  separator?: string;
  /** The value may be left out. */
  isOptional?: true;
}

/** How large the previews are that a model gets to see. */
export const PREVIEWS = ['off', 'small', 'large'] as const;
export type PreviewSetting = (typeof PREVIEWS)[number];

/** Every flag and variable: parsing, --help and the README are made from this table. */
export const SETTINGS: readonly Setting[] = [
  {
    flag: 'sandbox',
    variable: 'RUNCOMFY_SANDBOX',
    help: 'use a built-in imitation of RunComfy: no key, no cost, test cards as pictures',
  },
  {
    flag: 'models',
    variable: 'RUNCOMFY_MODELS',
    value: 'PATTERNS',
    separator: ',',
    help: 'which models are tools: ids or patterns with *, separated by commas (default: the five built-in ones)',
  },
  {
    flag: 'wait',
    variable: 'RUNCOMFY_WAIT_SECONDS',
    value: 'SECONDS',
    help: 'how long a call waits before it hands over to get_image_job (default: by client, else 45)',
  },
  {
    flag: 'data-dir',
    variable: 'RUNCOMFY_DATA_DIR',
    value: 'DIR',
    help: "where the job records live (default: the platform's data folder)",
  },
  {
    flag: 'keep-days',
    variable: 'RUNCOMFY_KEEP_DAYS',
    value: 'N',
    help: 'delete records of ended jobs after N days (default: 90)',
  },
  {
    flag: 'keep-jobs',
    variable: 'RUNCOMFY_KEEP_JOBS',
    value: 'N',
    help: 'and beyond the newest N (default: 2000)',
  },
  {
    flag: 'max-jobs-per-hour',
    variable: 'RUNCOMFY_MAX_JOBS_PER_HOUR',
    value: 'N',
    help: 'refuse to submit more jobs than this within an hour, across all servers (default: no limit)',
  },
  {
    flag: 'budget',
    variable: 'RUNCOMFY_BUDGET_USD',
    value: 'USD',
    help: 'refuse to submit beyond this within 24 hours, by reported, published or assumed cost (default: no limit)',
  },
  {
    flag: 'output-dir',
    variable: 'RUNCOMFY_OUTPUT_DIR',
    value: 'DIR',
    help: 'save every image here (default: only what save_images is asked for, in ~/Pictures/runcomfy-images)',
  },
  {
    flag: 'input-dir',
    variable: 'RUNCOMFY_INPUT_DIR',
    value: 'DIR',
    separator: delimiter,
    help: 'let agents send images from this folder by their paths; takes several folders (default: none)',
  },
  {
    flag: 'preview',
    variable: 'RUNCOMFY_PREVIEW',
    value: 'SIZE',
    help: 'show each image to the model: off, small (512 px) or large (768 px) (default: small; off for the few clients that fail on images)',
  },
  {
    flag: 'base-url',
    variable: 'RUNCOMFY_BASE_URL',
    value: 'URL',
    help: `the API to call (default: ${DEFAULT_BASE_URL}); https, or http on loopback`,
  },
  {
    flag: 'log-level',
    variable: 'RUNCOMFY_LOG_LEVEL',
    value: 'LEVEL',
    help: `what goes to stderr: ${LOG_LEVELS.join(', ')} (default: warn)`,
  },
  {
    flag: 'snippets',
    value: 'HOST',
    isOptional: true,
    separator: ',',
    help: 'let doctor print what to paste into a client, for all or for those named, instead of checking',
  },
  { flag: 'live', help: 'let the demo use the real, paid service' },
  { flag: 'help', short: 'h', help: 'print this text' },
  { flag: 'version', short: 'v', help: 'print the version' },
];

/** What follows a flag in the help: ` DIR`, ` [HOST]` where it may be left out, or nothing. */
export function valueText({ value, isOptional }: Setting): string {
  if (value === undefined) return '';
  return isOptional ? ` [${value}]` : ` ${value}`;
}
