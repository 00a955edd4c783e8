import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';

// What a server never loads: types, modules for import (it is CommonJS) or for a page, the sources of the native module,
// links to programs. Documents stay, as some packages name their licences only there.
const UNUSED = [
  ...[/\.d\.[cm]?ts$/, /\.map$/, /\.mjs$/, /\.es6\.\w+$/, /^@emnapi\/runtime\/dist\/emnapi\.(?!cjs\.)/],
  ...[/^sharp\/(src|install)\//, /^\.bin\//, /^\.package-lock\.json$/],
];

/**
 * The files of our only dependency at run time, compiled to WebAssembly: one copy for every platform, for hosts that
 * install nothing. The lock file decides the versions.
 * @returns {[name: string, bytes: Buffer][]}
 */
export function sharpAsWasm() {
  const folder = mkdtempSync(join(tmpdir(), 'sharp-wasm-'));
  try {
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(file, join(folder, file));
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    const args = ['ci', '--omit=dev', '--include=optional', '--cpu=wasm32', '--ignore-scripts', ...quiet];
    execFileSync('npm', args, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
    return filesBelow(join(folder, 'node_modules')).filter(
      ([name]) => !UNUSED.some((pattern) => pattern.test(name)),
    );
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/**
 * Every file below a folder, by its path from there with slashes.
 * @param {string} folder
 * @returns {[name: string, bytes: Buffer][]}
 */
export function filesBelow(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => [relative(folder, path).replaceAll(sep, '/'), readFileSync(path)]);
}
