import { existsSync } from 'node:fs';
import { join } from 'node:path';

export const PACKAGES = join(import.meta.dirname, '../node_modules');
const [MAJOR = 0] = process.versions.node.split('.').map(Number);

/** A Node that is new enough for packages that need 22: the one that runs, or the one that npm has for this platform. */
export function node22(): string {
  if (MAJOR >= 22) return process.execPath;
  const isWindows = process.platform === 'win32';
  const name = `node-${isWindows ? 'win' : process.platform}-${process.arch}`;
  const path = join(PACKAGES, name, 'bin', isWindows ? 'node.exe' : 'node');
  if (!existsSync(path)) throw new Error(`there is no Node 22 for this machine: ${path}`);
  return path;
}
