import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

// Texts of licences, by their names, for packages that bring none.
const TEXTS = join(import.meta.dirname, 'licences');

/** The licence texts of the bundled packages, each text once, as their licences demand. Throws if a package has none. */
export function licences(files) {
  const packages = new Map();
  for (const file of files.filter((path) => path.includes('node_modules/'))) {
    const dir = packageDir(file);
    const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8'));
    packages.set(name, { version, license, dir });
  }
  const byText = new Map();
  for (const [name, { version, license, dir }] of [...packages].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const file = readdirSync(dir).find((entry) => /^licen[cs]e/i.test(entry));
    const path = file ? join(dir, file) : join(TEXTS, `${license}.txt`);
    const text = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
    if (text === '' && !license) throw new Error(`${name} names no licence`);
    byText.set(text, [...(byText.get(text) ?? []), `${name} ${version} (${license})`]);
  }
  return [...byText]
    .map(([text, names]) => `${names.join('\n')}\n\n${text}\n`)
    .join(`\n${'-'.repeat(78)}\n\n`);
}

/** The nearest folder above a file whose package.json names a package. */
function packageDir(file) {
  const dir = dirname(file);
  const manifest = join(dir, 'package.json');
  return existsSync(manifest) && JSON.parse(readFileSync(manifest, 'utf8')).version ? dir : packageDir(dir);
}
