// Gives the changelog's unreleased changes a version and a date. `npm version` runs this: it has written the new version.
import { readFileSync, writeFileSync } from 'node:fs';

const FILE = 'CHANGELOG.md';

/**
 * The changes of a version, without its heading, which is `## VERSION - DATE`; undefined if it is not there with a date.
 * @param {string} changelog
 * @param {string} version
 */
export function changesIn(changelog, version) {
  for (const section of changelog.split(/^## /m).slice(1)) {
    const [heading = '', ...lines] = section.split('\n');
    const [named, date = ''] = heading.trim().split(' - ');
    if (named === version && isDate(date)) return lines.join('\n').trim();
  }
  return undefined;
}

/** @param {string} date */
const isDate = (date) => /^\d{4}-\d\d-\d\d$/.test(date) && !Number.isNaN(Date.parse(date));

/**
 * The changelog after a release: what was unreleased is the version's.
 * @param {string} changelog
 * @param {string} version
 * @param {string} date
 */
export function released(changelog, version, date) {
  if (!/^## Unreleased$/m.test(changelog)) throw new Error(`${FILE} has no section "## Unreleased"`);
  return changelog.replace(/^## Unreleased$/m, `## ${version} - ${date}`);
}

if (process.argv[1] === import.meta.filename) {
  const { version } = JSON.parse(readFileSync('package.json', 'utf8'));
  const today = new Date().toISOString().slice(0, 10);
  writeFileSync(FILE, released(readFileSync(FILE, 'utf8'), version, today));
}
