import { zipSync } from 'fflate';

// Names that mean the same on every platform.
const PORTABLE = /^(?!.*\.(\/|$))[\w@.+-]+(\/[\w@.+-]+)*$/;

/**
 * A zip whose bytes depend on the names and contents of its files alone: neither on their order, times or modes, nor on
 * the time zone. Throws for names that some platform takes for the same, as Claude Desktop refuses those.
 */
export function createZip(files: ReadonlyMap<string, Uint8Array>): Uint8Array {
  const names = [...files.keys()].sort();
  const spellings = new Map<string, string>();
  for (const name of names) {
    if (!PORTABLE.test(name)) throw new Error(`"${name}" is no portable name`);
    for (const path of [name, ...foldersOf(name)]) {
      const other = spellings.get(path.toLowerCase()) ?? path;
      if (other !== path) throw new Error(`"${other}" and "${path}" differ in case only`);
      spellings.set(path.toLowerCase(), path);
    }
  }
  return zipSync(Object.fromEntries(names.map((name) => [name, files.get(name) ?? new Uint8Array()])), {
    level: 9,
    // fflate writes the local time, and no zone skipped the noon of this day.
    mtime: new Date(1980, 0, 1, 12),
    os: 3,
    attrs: 0o100644 << 16,
  });
}

function foldersOf(name: string): string[] {
  const parts = name.split('/').slice(0, -1);
  return parts.map((_, index) => parts.slice(0, index + 1).join('/'));
}
