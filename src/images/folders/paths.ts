import { isAbsolute, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { LocalFileError } from './local-file-error.ts';

/** The path that a text names by a `file:` URL, from the root or from the home folder; undefined for a relative path. */
export function absolutePath(given: string, homeDir: string): string | undefined {
  if (/^file:/i.test(given)) return pathOfUrl(given);
  if (/^~(?=$|[/\\])/.test(given)) return join(homeDir, given.slice(1));
  return isAbsolute(given) ? given : undefined;
}

function pathOfUrl(url: string): string {
  try {
    return fileURLToPath(url);
  } catch {
    throw new LocalFileError('is no file URL of this machine');
  }
}

/** Whether a path is a folder's own or one below it, by their names. */
export function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !/^\.\.[/\\]/.test(way) && !isAbsolute(way);
}

/** Whether the name of a file or folder on the way begins with a dot. */
export const isHidden = (way: string): boolean => /(^|[/\\])\./.test(way);
