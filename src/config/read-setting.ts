import { LOG_LEVELS, type LogLevel } from '../log.ts';
import type { Given } from './given.ts';
import { PREVIEWS, type PreviewSetting } from './settings.ts';

// Each of these reads the value of one setting, and adds a problem where it cannot be used.

/** Ids and patterns of models, from all values together. */
export function readPatterns(given: readonly NonNullable<Given>[], problems: string[]): string[] | undefined {
  if (given.length === 0) return undefined;
  return given.flatMap(({ value, from }) => {
    const patterns = value.split(',').flatMap((part) => part.trim() || []);
    for (const pattern of patterns.filter((text) => !/^[\w.~*/-]+$/.test(text)))
      problems.push(`${from} holds "${pattern}"; it takes model ids and patterns such as google/*/edit`);
    return patterns;
  });
}

/** Words for yes and no; no where nothing is given. */
export function readSwitch(given: Given, problems: string[]): boolean {
  if (given === undefined) return false;
  const word = given.value.toLowerCase();
  if (['1', 'true', 'yes', 'on'].includes(word)) return true;
  if (!['0', 'false', 'no', 'off'].includes(word))
    problems.push(`${given.from} is "${given.value}"; it takes true or false`);
  return false;
}

/** A number of `unit` from `least` to `most`. */
export function readNumber(
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

/** The size of previews. */
export function readPreview(given: Given, problems: string[]): PreviewSetting | undefined {
  const size = PREVIEWS.find((candidate) => candidate === given?.value.toLowerCase());
  if (given && !size) problems.push(`${given.from} is "${given.value}"; it takes ${PREVIEWS.join(', ')}`);
  return size;
}

/** The log level; `warn` where none is given. */
export function readLogLevel(given: Given, problems: string[]): LogLevel {
  const level = LOG_LEVELS.find((candidate) => candidate === given?.value.toLowerCase());
  if (given && !level) problems.push(`${given.from} is "${given.value}"; it takes ${LOG_LEVELS.join(', ')}`);
  return level ?? 'warn';
}
