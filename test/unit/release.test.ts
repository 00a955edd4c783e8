import { cpSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { COPIES } from '../../scripts/metadata.mjs';
import { changesIn, released } from '../../scripts/release/changelog.mjs';
import { obstaclesTo } from '../../scripts/release/check.mjs';
import { ROOT } from './docs/documents.ts';

const { version } = packageJson;
const TAG = `v${version}`;
const CHANGELOG = readFileSync(join(ROOT, 'CHANGELOG.md'), 'utf8');

/** A folder as it would be released, with this changelog. */
function treeWith(changelog: string): string {
  const root = mkdtempSync(join(process.env.TEST_SCRATCH ?? tmpdir(), 'release-'));
  for (const file of Object.keys(COPIES)) cpSync(join(ROOT, file), join(root, file));
  writeFileSync(join(root, 'CHANGELOG.md'), changelog);
  return root;
}

describe('a release', () => {
  const READY = `# Changelog\n\n## ${version} - 2026-11-30\n\n- A change.\n\n## 0.0.1 - 2026-11-01\n\n- Old.\n`;

  it('goes out with its notes if the tag, the date and the copies are right', () => {
    expect(obstaclesTo(treeWith(READY), TAG)).toEqual({ obstacles: [], notes: '- A change.' });
  });

  it.each([
    ['another tag', 'The tag is', READY, 'v9.9.9'],
    ['a tag without v', 'The tag is', READY, version],
    ['no date', 'no changes', READY.replace(' - 2026-11-30', ''), TAG],
    ['an impossible date', 'no changes', READY.replace('2026-11-30', '2026-13-01'), TAG],
    ['no changes', 'no changes', READY.replace('- A change.', ''), TAG],
    ['no section', 'no changes', READY.replace(`## ${version}`, '## 9.9.9'), TAG],
    ['unreleased changes', 'unreleased', READY.replace('## 0.0.1 - 2026-11-01', '## Unreleased'), TAG],
  ])('does not go out with %s', (_, obstacle, changelog, tag) => {
    const { obstacles } = obstaclesTo(treeWith(changelog), tag);
    expect(obstacles).toEqual([expect.stringContaining(obstacle)]);
  });

  it('does not go out with a file that says another version', () => {
    const root = treeWith(READY);
    const file = join(root, 'src/version.ts');
    writeFileSync(file, readFileSync(file, 'utf8').replace(version, '9.9.9'));
    expect(obstaclesTo(root, TAG).obstacles).toEqual([expect.stringContaining('src/version.ts differs')]);
  });
});

describe('the changelog', () => {
  it('has a date for every version, the newest first, and none twice', () => {
    const headings = [...CHANGELOG.matchAll(/^## (.*)$/gm)].map(([, heading = '']) => heading);
    const versions = headings
      .filter((heading) => heading !== 'Unreleased')
      .map((each) => each.split(' - ')[0]);
    for (const each of versions) expect(changesIn(CHANGELOG, each ?? ''), each).toBeTruthy();
    const newestFirst = versions.toSorted((a = '', b = '') => b.localeCompare(a, 'en', { numeric: true }));
    expect(versions).toEqual([...new Set(newestFirst)]);
    expect(headings.lastIndexOf('Unreleased')).toBeLessThan(1);
    expect(versions).toContain(version);
  });

  it('gives what is unreleased to the version, once', () => {
    const before = '# Changelog\n\n## Unreleased\n\n- New.\n\n## 0.1.0 - 2026-11-20\n\n- First.\n';
    const after = released(before, '0.2.0', '2026-12-01');
    expect(changesIn(after, '0.2.0')).toBe('- New.');
    expect(changesIn(after, '0.1.0')).toBe('- First.');
    expect(() => released(after, '0.3.0', '2026-12-02')).toThrow('Unreleased');
  });
});
