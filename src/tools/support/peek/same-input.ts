import { fileURLToPath } from 'node:url';
import { formatHandle, parseHandle } from '../../../jobs/handle.ts';
import { LAST } from '../last.ts';

type Input = Record<string, unknown>;

/**
 * Whether a job that was recorded with an input may be that of a call with these arguments. What a call gives is recorded
 * in another form: without nulls, lists out of their quotes, handles in full, files by their URL and hash.
 */
export function isSameInput(given: Input, recorded: Input): boolean {
  const names = new Set([...Object.keys(given), ...Object.keys(recorded)]);
  return [...names].every((name) => isSame(given[name], recorded[name]));
}

function isSame(given: unknown, recorded: unknown): boolean {
  if (given === recorded) return true;
  if (given === undefined || given === null) return recorded === undefined || recorded === null;
  if (typeof given === 'string')
    return typeof recorded === 'string' ? isSameReference(given, recorded) : isQuoted(given, recorded);
  if (typeof given !== 'object' || typeof recorded !== 'object' || recorded === null) return false;
  if (Array.isArray(given) !== Array.isArray(recorded)) return false;
  if (Array.isArray(given) && given.length !== (recorded as unknown[]).length) return false;
  return isSameInput(given as Input, recorded as Input);
}

function isSameReference(given: string, recorded: string): boolean {
  // What it meant when the call came is not known any more.
  if (given === LAST) return parseHandle(recorded) !== undefined;
  const handle = parseHandle(given);
  if (handle) return formatHandle(handle.requestId, handle.index) === recorded;
  // The folders may have been written in another way.
  return recorded.startsWith('file:') && fileName(recorded) === fileName(given);
}

function fileName(text: string): string {
  const [url = ''] = text.startsWith('file:') ? text.split('#sha256=') : [text];
  const path = url.startsWith('file:') && URL.canParse(url) ? pathOf(url) : url;
  return path.split(/[\\/]/).at(-1) as string;
}

function pathOf(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    return url;
  }
}

function isQuoted(given: string, recorded: unknown): boolean {
  try {
    return isSame(JSON.parse(given), recorded);
  } catch {
    return false;
  }
}
