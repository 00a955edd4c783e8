// May this be released? node scripts/release/check.mjs [TAG] says what is in the way, and prints the release's notes if
// nothing is.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { staleCopies } from '../metadata.mjs';
import { changesIn } from './changelog.mjs';

/**
 * What is in the way of a release, in sentences; and its notes.
 * @param {string} root
 * @param {string} [tag]
 */
export function obstaclesTo(root, tag) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const changelog = readFileSync(join(root, 'CHANGELOG.md'), 'utf8');
  const notes = changesIn(changelog, version);
  const obstacles = [
    ...(tag === undefined || tag === `v${version}` ? [] : [`The tag is ${tag}, the version ${version}.`]),
    ...(notes ? [] : [`CHANGELOG.md has no changes under "## ${version} - DATE".`]),
    ...(/^## Unreleased$/m.test(changelog) ? ['CHANGELOG.md has unreleased changes: run npm version.'] : []),
    ...staleCopies(root).map(
      ({ file }) => `${file} differs from package.json: run node scripts/metadata.mjs.`,
    ),
  ];
  return { obstacles, notes };
}

if (process.argv[1] === import.meta.filename) {
  const { obstacles, notes } = obstaclesTo('.', process.argv[2]);
  for (const obstacle of obstacles) process.stderr.write(`${obstacle}\n`);
  if (obstacles.length > 0) process.exitCode = 1;
  else process.stdout.write(`${notes}\n`);
}
