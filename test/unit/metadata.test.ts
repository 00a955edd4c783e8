import { cpSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import packageJson from '../../package.json' with { type: 'json' };
import { COPIES, factsOf, setIn, staleCopies } from '../../scripts/metadata.mjs';
import { filesBelow, ROOT } from './docs/documents.ts';

const read = (root: string, file: string) => readFileSync(join(root, file), 'utf8');
const FACTS = factsOf(packageJson);

/** A folder with the files that repeat package.json, and with another package.json. */
function copyWith(change: (manifest: typeof packageJson) => void): string {
  const root = mkdtempSync(join(process.env.TEST_SCRATCH ?? tmpdir(), 'metadata-'));
  for (const file of Object.keys(COPIES)) cpSync(join(ROOT, file), join(root, file), { recursive: true });
  const manifest = structuredClone(packageJson);
  change(manifest);
  writeFileSync(join(root, 'package.json'), JSON.stringify(manifest, null, 2));
  return root;
}

describe('what package.json says', () => {
  it('stands in every file that repeats it: node scripts/metadata.mjs writes it', () => {
    expect(staleCopies(ROOT).map(({ file }) => file)).toEqual([]);
    const lock = JSON.parse(read(ROOT, 'package-lock.json'));
    expect(lock).toMatchObject({ version: FACTS.version, packages: { '': { version: FACTS.version } } });
  });

  it('changes in one place: a version and an address reach every file', () => {
    const root = copyWith((manifest) => {
      manifest.version = '9.8.7-beta.1';
      manifest.repository.url = 'git+https://github.com/Some-One/Else.git';
    });
    for (const { file, text } of staleCopies(root)) writeFileSync(join(root, file), text);
    expect(staleCopies(root)).toEqual([]);
    for (const file of Object.keys(COPIES)) {
      const text = read(root, file);
      expect(text, file).not.toContain(FACTS.slug);
      expect(text, file).toMatch(/9\.8\.7-beta\.1|Some-One/);
      expect(text, file).not.toMatch(new RegExp(`version\\W+${FACTS.version}`, 'i'));
    }
    expect(JSON.parse(read(root, 'package.json'))).toMatchObject({
      mcpName: 'io.github.Some-One/Else',
      bugs: { url: 'https://github.com/Some-One/Else/issues' },
    });
  });

  it('replaces the text at the path only, and leaves formatting alone', () => {
    const json = '{ "version": "1", "packages": [{ "version": "1", "tags": ["a"] }] }';
    const changed = '{ "version": "1", "packages": [{ "version": "2", "tags": ["a"] }] }';
    expect(setIn('server.json', json, 'packages.0.version', '2')).toBe(changed);
    expect(() => setIn('server.json', json, 'packages.1.version', '2')).toThrow('packages.1.version');
  });

  it.each(['https://github.com/a/b', 'git+https://gitlab.com/a/b.git', 'git+ssh://git@github.com/a/b.git'])(
    'has no address that the npm page could not use: %s',
    (url) => {
      const root = copyWith((manifest) => {
        manifest.repository.url = url;
      });
      expect(() => staleCopies(root)).toThrow('repository.url');
    },
  );

  it('is the only source of the address: no file names another owner', () => {
    const GENERATED = ['.git', 'dist', 'node_modules', 'build'];
    const files = readdirSync(ROOT, { withFileTypes: true })
      .filter(({ name }) => !GENERATED.includes(name))
      .flatMap((entry) => (entry.isDirectory() ? filesBelow(entry.name) : [entry.name]));
    const NAMED = new RegExp(
      `(?:github(?:usercontent)?\\.com|io\\.github)[./:]([\\w.-]+/${FACTS.name})`,
      'gi',
    );
    const wrong = files.flatMap((file) =>
      [...read(ROOT, file).matchAll(NAMED)]
        .filter(([, slug]) => slug?.replace(/\.git$/, '') !== FACTS.slug)
        .map(([found]) => `${file}: ${found}`),
    );
    expect(wrong).toEqual([]);
  });
});

it('the pictures of the README exist and ship, so that npm finds them below the address', () => {
  const pictures = [...read(ROOT, 'README.md').matchAll(/!\[[^\]]*\]\(([^)\s]+)\)/g)].map(
    ([, path = '']) => path,
  );
  expect(pictures.length).toBeGreaterThan(0);
  for (const path of pictures) {
    // npm looks for a relative path in the repository, at HEAD.
    expect(path).not.toMatch(/^(\.\.|\/|[a-z]+:)/);
    expect(readdirSync(join(ROOT, dirname(path)))).toContain(path.split('/').at(-1));
  }
});
