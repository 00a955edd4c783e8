import {
  closeSync,
  fstatSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import vm from 'node:vm';

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

// A checksum stands before the data: V8 itself does not check it and dies where it is damaged (measured).
const HEADER = 4;
// It takes one word in 16, as disks and crashes damage whole sectors: 0.2 ms. A CRC of all takes 2.7 with loading zlib,
// a hash 4.8 with loading crypto.
const STRIDE = 16;

function checksum(data: Buffer): number {
  const words = new Int32Array(data.buffer, data.byteOffset, data.length >> 2);
  let sum = data.length;
  for (let at = 0; at < words.length; at += STRIDE) sum = (Math.imul(sum, 31) + (words[at] ?? 0)) | 0;
  return sum;
}

// Files of other versions that nobody has written for this long, in ms, go.
const KEPT_FOR = 30 * 86_400_000;

function readCache(path: string): Buffer | undefined {
  try {
    const file = openSync(path, 'r');
    try {
      const { uid, mode } = fstatSync(file);
      // Compiled code is run as it is: it must have been written by this user, and by nobody else.
      const isOurs = process.getuid === undefined || (uid === process.getuid() && (mode & 0o022) === 0);
      if (!isOurs) return undefined;
      const bytes = readFileSync(file);
      const data = bytes.subarray(HEADER);
      return checksum(data) === bytes.readInt32LE() ? data : undefined;
    } finally {
      closeSync(file);
    }
  } catch {
    return undefined;
  }
}

function writeCache(path: string, data: Buffer): void {
  const dir = dirname(path);
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
    const temporary = join(dir, `${process.pid}.tmp`);
    const header = Buffer.alloc(HEADER);
    header.writeInt32LE(checksum(data));
    writeFileSync(temporary, Buffer.concat([header, data]), { mode: 0o600 });
    renameSync(temporary, path);
    for (const name of readdirSync(dir)) {
      const other = join(dir, name);
      if (Date.now() - statSync(other).mtimeMs > KEPT_FOR) rmSync(other);
    }
  } catch {
    // A folder that cannot be written costs the next start its lead, nothing else.
  }
}
