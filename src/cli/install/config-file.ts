import { createHash } from 'node:crypto';
import {
  chmod,
  chown,
  lstat,
  mkdir,
  readFile,
  realpath,
  rename,
  rmdir,
  stat,
  unlink,
} from 'node:fs/promises';
import { dirname } from 'node:path';
import { codeOf } from '../../errors.ts';
import { writeWhole } from '../../whole-file.ts';
import { Refusal } from './edit.ts';

// Claude Code keeps its history in its configuration; none has been seen that is a tenth of this.
const MAX_BYTES = 64 << 20;

/** A configuration as it was read. */
export interface ConfigFile {
  /** Where it really is, behind symbolic links. */
  path: string;
  /** Undefined where there is none. */
  bytes: Buffer | undefined;
  text: string;
}

/** Reads a configuration. Throws Refusal for what cannot be changed. */
export async function readConfigFile(given: string): Promise<ConfigFile> {
  const path = await realpath(given).catch((error) => missing(error, given));
  const isLink = (await lstat(path).catch(() => undefined))?.isSymbolicLink();
  if (isLink) throw new Refusal('is a symbolic link to a file that does not exist');
  const stats = await stat(path).catch((error) => missing(error, undefined));
  if (!stats) return { path, bytes: undefined, text: '' };
  if (!stats.isFile()) throw new Refusal('is not a file');
  if (stats.size > MAX_BYTES) throw new Refusal(`is larger than ${MAX_BYTES >> 20} MB`);
  // Asked of the mode, as root may write whatever it says.
  if ((stats.mode & 0o222) === 0) throw new Refusal('is read-only: make it writable, then run this again');
  const bytes = await readFile(path);
  try {
    return { path, bytes, text: new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) };
  } catch {
    throw new Refusal('is not UTF-8: save it as UTF-8, then run this again');
  }
}

function missing<Value>(error: unknown, value: Value): Value {
  if (codeOf(error) === 'ENOENT') return value;
  throw new Refusal(`cannot be read (${codeOf(error)})`);
}

/** Replaces a configuration, or makes it. It stays whole at every moment, and keeps its mode and owner. Throws Refusal. */
export async function replace({ path, bytes }: ConfigFile, content: Buffer): Promise<void> {
  await writeWhole(path, content, async (temporary) => {
    const stats = bytes && (await stat(path));
    if (stats) {
      await chmod(temporary, stats.mode & 0o7777);
      // Only root may give a file away; for all others it is theirs already.
      await chown(temporary, stats.uid, stats.gid).catch(() => {});
    }
    if (!isSameContent(bytes, await contentOf(path)))
      throw new Refusal('was changed by another program meanwhile: run this again');
    await rename(temporary, path);
  }).catch((error) => {
    throw error instanceof Refusal ? error : new Refusal(`cannot be written (${codeOf(error)})`);
  });
}

/** Removes a configuration if it is as it was read. Throws Refusal. */
export async function remove({ path, bytes }: ConfigFile): Promise<void> {
  if (!isSameContent(bytes, await contentOf(path)))
    throw new Refusal('was changed by another program meanwhile: run this again');
  await unlink(path);
}

const contentOf = (path: string): Promise<Buffer | undefined> =>
  readFile(path).catch((error) => missing(error, undefined));

const isSameContent = (one: Buffer | undefined, other: Buffer | undefined): boolean =>
  one && other ? one.equals(other) : one === other;

/** Makes the folder of a file; resolves with the folders that were not there, the outermost first. Throws Refusal. */
export async function makeFolderOf(path: string): Promise<string[]> {
  const folder = dirname(path);
  const outermost = await mkdir(folder, { recursive: true }).catch((error) => {
    throw new Refusal(`cannot be made (${codeOf(error)})`);
  });
  const made: string[] = [];
  for (let each = folder; outermost !== undefined && each.startsWith(outermost); each = dirname(each))
    made.unshift(each);
  return made;
}

/** Removes folders that are empty, the innermost first. */
export async function removeFolders(folders: readonly string[]): Promise<void> {
  for (const folder of [...folders].reverse()) await rmdir(folder).catch(() => {});
}

/** What tells whether a file is as it was left. */
export const hashOf = (content: Buffer): string => createHash('sha256').update(content).digest('hex');
