import { parse, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isHidden, isWithin } from './paths.ts';

const MAX_ROOTS = 16;
// No path of a system is longer.
const MAX_URI = 16_384;
// Told before it is parsed, which takes time that grows with the square of the host's length. `file://C:/` names none.
const OTHER_HOST = /^file:[\\/]{2}(?!localhost[\\/]|[a-z]:[\\/]|[\\/])/i;

/**
 * The folders among a client's roots that its agent may use: named by `file:` URLs of this machine; not the root of a
 * file system, the home folder or anything above it, nothing hidden; 16 at most. Whether they exist is not asked.
 */
export function safeRoots(uris: readonly string[], homeDir: string): string[] {
  const folders = uris.flatMap((uri) => folderOf(uri) ?? []);
  const isSafe = (folder: string) => {
    const top = parse(folder).root;
    // On Windows the home folder is on one of several drives.
    return folder !== top && !isWithin(folder, homeDir) && !isHidden(relative(top, folder));
  };
  return [...new Set(folders.filter(isSafe))].slice(0, MAX_ROOTS);
}

/** What follows a `#` or `?` that was not encoded belongs to the name: without it another folder is meant. */
function folderOf(uri: string): string | undefined {
  if (uri.length > MAX_URI || !/^file:/i.test(uri) || /[#?\p{Cc}]/u.test(uri)) return undefined;
  if (OTHER_HOST.test(uri)) return undefined;
  try {
    const url = new URL(uri);
    const path = url.hostname === '' ? resolve(fileURLToPath(url)) : '';
    return path === '' || /\p{Cc}/u.test(path) ? undefined : path;
  } catch {
    return undefined;
  }
}
