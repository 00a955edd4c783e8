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

/** A compiled CommonJS file. */
export interface Compiled {
  run: (exports: object, require: NodeJS.Require, module: object, file: string, dir: string) => void;
  /** Saves what V8 has compiled by now for the next start; absent if this start found it. */
  save?: () => void;
}

/**
 * Compiles a file that is a function with the parameters of a CommonJS module, using the code that an earlier start left
 * in `cacheFile`: the first answer takes a third less time. A cache that is unreadable, damaged or not ours is replaced.
 */
export function compile(file: string, cacheFile: string): Compiled {
  // esbuild writes ASCII, which latin1 keeps at one byte per character.
  const source = readFileSync(file, 'latin1');
  const cachedData = readCache(cacheFile);
  const script = new vm.Script(source, { filename: file, ...(cachedData && { cachedData }) });
  const run = script.runInThisContext();
  if (cachedData && !script.cachedDataRejected) return { run };
  return { run, save: () => writeCache(cacheFile, script.createCachedData()) };
}

// The data is preceded by a checksum: V8 checks only part of it, and crashes if the rest is damaged. It takes 2 of a
// start's 110 ms, nearly all to load zlib (measured).
const HEADER = 4;
// In ms; files of other versions are removed after this.
const MAX_AGE = 30 * 86_400_000;
/** `<hash of the program>-<V8>-<processor>[-models].bin`, and its name while it is written. */
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

/** Compiled code is run as it is: only this user may have written it. */
function isOurs(found: Stats): boolean {
  // On Linux the mode of a link lets everybody write.
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
    // Not by whole-file.ts: this code runs before anything is loaded, and is done before the process may end.
    const random = Math.floor(Math.random() * 2 ** 32);
    const temporary = `${path}.${random.toString(16).padStart(8, '0')}.tmp`;
    writeFileSync(temporary, Buffer.concat([header, data]), { mode: 0o600, flag: 'wx' });
    renameSync(temporary, path);
    for (const name of readdirSync(dir)) if (OWN_NAME.test(name)) removeOld(join(dir, name));
  } catch {
    // Without a cache the next start is slower, nothing else.
  }
}

function removeOld(path: string): void {
  const found = lstatSync(path);
  if (!found.isDirectory() && Date.now() - found.mtimeMs > MAX_AGE) rmSync(path);
}
