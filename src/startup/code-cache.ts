import {
  closeSync,
  constants,
  fstatSync,
  lstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  type Stats,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import vm from 'node:vm';
import { crc32 } from 'node:zlib';

/** A CommonJS file, compiled. */
export interface Compiled {
  run: (exports: object, require: NodeJS.Require, module: object, file: string, dir: string) => void;
  /** Writes what V8 has compiled by now for the next start; absent where this start had it already. */
  save?: () => void;
}

/**
 * Compiles a file that is one function of what Node hands to a CommonJS module, from the code that V8 made at an earlier
 * start, if `cacheFile` holds it: that takes a third off the time to the first answer. What cannot be read, is not ours
 * or is not whole counts as absent, and is written anew.
 */
export function compile(file: string, cacheFile: string): Compiled {
  // esbuild writes ASCII; as latin1 it is kept at one byte a character.
  const source = readFileSync(file, 'latin1');
  const cachedData = readCache(cacheFile);
  const script = new vm.Script(source, { filename: file, ...(cachedData && { cachedData }) });
  const run = script.runInThisContext();
  if (cachedData && !script.cachedDataRejected) return { run };
  return { run, save: () => writeCache(cacheFile, script.createCachedData()) };
}

// A checksum stands before the data: V8 itself checks some of it only, and dies where the rest is damaged. Of a start's
// 110 ms it takes 2, nearly all to load zlib (measured).
const HEADER = 4;
// Old files of other versions go after this long, in ms.
const KEPT_FOR = 30 * 86_400_000;
/** `<hash of the program>-<V8>-<processor>[-models].bin`, and what that is written under first. */
const OWN_NAME = /^[0-9a-f]{16}-\d[\w.-]*-[a-z0-9]+(-models)?\.bin(\.[0-9a-f]{8}\.tmp)?$/;

function readCache(path: string): Buffer | undefined {
  try {
    if (!isOurs(lstatSync(dirname(path)))) return undefined;
    // Windows has no such flag.
    const file = openSync(path, constants.O_RDONLY | (constants.O_NOFOLLOW ?? 0));
    try {
      if (!isOurs(fstatSync(file))) return undefined;
      const bytes = readFileSync(file);
      const data = bytes.subarray(HEADER);
      // The checksum of nothing is 0.
      return data.length > 0 && crc32(data) === bytes.readUInt32LE() ? data : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

/** Compiled code is run as it is: it must have been written by this user, and by nobody else. */
function isOurs(found: Stats): boolean {
  // Linux lets all write a link, other systems do not.
  if (found.isSymbolicLink()) return false;
  return process.getuid === undefined || (found.uid === process.getuid() && (found.mode & 0o022) === 0);
}

function writeCache(path: string, data: Buffer): void {
  const dir = dirname(path);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    if (!isOurs(lstatSync(dir))) return;
    const header = Buffer.alloc(HEADER);
    header.writeUInt32LE(crc32(data));
    writeWhole(path, Buffer.concat([header, data]));
    for (const name of readdirSync(dir)) if (OWN_NAME.test(name)) removeOld(join(dir, name));
  } catch {
    // A folder that cannot be written costs the next start its lead, nothing else.
  }
}

/** Gives a file its name when it is whole: one that is left by a crash goes when it is old. */
function writeWhole(path: string, bytes: Buffer): void {
  const random = Math.floor(Math.random() * 2 ** 32);
  const temporary = `${path}.${random.toString(16).padStart(8, '0')}.tmp`;
  writeFileSync(temporary, bytes, { mode: 0o600, flag: 'wx' });
  renameSync(temporary, path);
}

function removeOld(path: string): void {
  const found = lstatSync(path);
  if (!found.isDirectory() && Date.now() - found.mtimeMs > KEPT_FOR) rmSync(path);
}
