// Builds the server and writes the tree that plugin hosts install into a new folder (build/plugin unless one is given): the
// branch `plugin` holds it and nothing else, as hosts copy a tree and install nothing.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { deflateSync } from 'node:zlib';
import { filesBelow, sharpAsWasm } from './sharp-wasm.mjs';

const FILES = [
  'GEMINI.md',
  'LICENSE',
  'README.md',
  'docs/icon.png',
  'gemini-extension.json',
  'mcp.json',
  'plugin.json',
];
const FOLDERS = ['.claude-plugin', '.codex-plugin', 'dist', 'skills'];
const DEFAULT = 'build/plugin';

/** Every file of the tree, by its name, sorted. */
function collectFiles() {
  /** @type {[name: string, bytes: Buffer][]} */
  const files = FILES.map((name) => [name, readFileSync(name)]);
  for (const folder of FOLDERS)
    for (const [name, bytes] of filesBelow(folder)) files.push([`${folder}/${name}`, bytes]);
  for (const [name, bytes] of sharpAsWasm()) files.push([`dist/node_modules/${name}`, bytes]);
  return files.sort(([a], [b]) => (a < b ? -1 : 1));
}

const given = process.argv[2];
const out = resolve(process.env.INIT_CWD ?? '.', given ?? '');
process.chdir(`${import.meta.dirname}/..`);
const folder = given === undefined ? DEFAULT : out;
if (given === undefined) rmSync(folder, { recursive: true, force: true });
if (existsSync(folder) && readdirSync(folder).length > 0) {
  process.stderr.write(`${folder} is not empty\n`);
  process.exit(1);
}
execFileSync(process.execPath, ['scripts/build.mjs'], { stdio: 'inherit' });
const hash = createHash('sha256');
let bytes = 0;
let packed = 0;
const files = collectFiles();
for (const [name, content] of files) {
  const path = join(folder, name);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  hash.update(`${name}\0${content.length}\0`).update(content);
  bytes += content.length;
  // As git stores and sends it.
  packed += deflateSync(content).length;
}
process.stdout.write(
  `${folder}: ${files.length} files, ${bytes} bytes, ${packed} compressed\nsha256 ${hash.digest('hex')}\n`,
);
