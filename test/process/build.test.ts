import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';

it('a build that changes nothing touches no file, mends what was changed, and removes what is not its own', () => {
  const folder = mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'build-'));
  const build = () => execFileSync(process.execPath, ['scripts/build.mjs', folder], { stdio: 'pipe' });
  const names = () => readdirSync(folder).sort();
  build();
  const made = names();
  const main = readFileSync(join(folder, 'main.js'));
  for (const name of made) utimesSync(join(folder, name), 1, 1);
  writeFileSync(join(folder, 'main.js'), main.subarray(0, 99));
  writeFileSync(join(folder, 'old.js'), '');
  build();
  expect(names()).toEqual(made);
  expect(readFileSync(join(folder, 'main.js')).equals(main)).toBe(true);
  expect(made.filter((name) => statSync(join(folder, name)).mtimeMs !== 1_000)).toEqual(['main.js']);
});
