import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, relative, sep } from 'node:path';

// What a server never loads: types, modules for import (it is CommonJS), the sources of the native module, links to
// programs. Documents stay, as some packages name their licences only there.
const UNUSED = /\.d\.[cm]?ts$|\.map$|\.mjs$|^sharp\/(src|install)\/|^\.bin\/|^\.package-lock\.json$/;
// The demo starts process.execPath, which is no Node in Claude Desktop.
const COMMANDS = ['demo.js'];

/** Every file of the bundle but its manifest, by its name there. */
export function collectFiles(): Map<string, Uint8Array> {
  const files = new Map<string, Uint8Array>([
    ['LICENSE', readFileSync('LICENSE')],
    ['icon.png', readFileSync('docs/icon.png')],
  ]);
  for (const [name, bytes] of filesBelow('dist'))
    if (!COMMANDS.includes(name)) files.set(`server/${name}`, bytes);
  for (const [name, bytes] of sharpAsWasm()) files.set(`server/node_modules/${name}`, bytes);
  return files;
}

/**
 * Our only dependency at run time, compiled to WebAssembly: it runs on every platform, and Claude Desktop on macOS does
 * not load native modules of others. The lock file decides the versions.
 */
function sharpAsWasm(): [string, Uint8Array][] {
  const folder = mkdtempSync(join(tmpdir(), 'mcpb-'));
  try {
    for (const file of ['package.json', 'package-lock.json']) copyFileSync(file, join(folder, file));
    const quiet = ['--no-audit', '--no-fund', '--loglevel=error'];
    const args = ['ci', '--omit=dev', '--include=optional', '--cpu=wasm32', '--ignore-scripts', ...quiet];
    execFileSync('npm', args, {
      cwd: folder,
      stdio: ['ignore', 'ignore', 'inherit'],
      shell: process.platform === 'win32',
    });
    return filesBelow(join(folder, 'node_modules')).filter(([name]) => !UNUSED.test(name));
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function filesBelow(folder: string): [string, Uint8Array][] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) => join(parentPath, name))
    .map((path) => [relative(folder, path).replaceAll(sep, '/'), readFileSync(path)]);
}
