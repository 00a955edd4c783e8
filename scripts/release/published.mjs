// Reads back from npm what was published: node scripts/release/published.mjs TARBALL waits until the registry has the
// version, and fails if its content is another.
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';

// A version can be read some seconds after it was published.
const TRIES = 30;
const PAUSE_MS = Number(process.env.PUBLISHED_PAUSE_MS ?? 10_000);

const [tarball = ''] = process.argv.slice(2);
const { name, version } = JSON.parse(readFileSync('package.json', 'utf8'));
const expected = `sha512-${createHash('sha512').update(readFileSync(tarball)).digest('base64')}`;

function published() {
  try {
    const command = `npm view --silent --prefer-online ${name}@${version} dist.integrity`;
    return execFileSync(command, {
      encoding: 'utf8',
      shell: true,
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim();
  } catch {
    return '';
  }
}

let found = published();
for (let tries = 1; found === '' && tries < TRIES; tries++) {
  await setTimeout(PAUSE_MS);
  found = published();
}
process.stdout.write(`${name}@${version}: npm has ${found || 'nothing'}, ${tarball} is ${expected}\n`);
process.exitCode = found === expected ? 0 : 1;
