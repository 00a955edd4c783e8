import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, existsSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bundledPackages, problemsOf } from '../../scripts/release/tarball.mjs';
import { firstPicture, install, oddFolder, packed, started } from '../support/package.ts';
import { TOOL_COUNT } from '../support/tools.ts';

describe('the tarball', () => {
  it('holds what ships and nothing else', async () => {
    expect(await problemsOf(packed())).toEqual([]);
  });

  it('brings the licences of what is bundled', () => {
    const folder = unpacked();
    const { dependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    expect(dependencies).toBeUndefined();
    const licences = readFileSync(join(folder, 'dist/LICENCES.txt'), 'utf8');
    const names = bundledPackages(licences).map(({ name }) => name);
    for (const name of ['@modelcontextprotocol/server', 'zod', 'undici', 'env-paths', '@fontsource/poppins'])
      expect(names).toContain(name);
    expect(licences).toContain('SIL OPEN FONT LICENSE Version 1.1');
  });

  it.each<[string, (folder: string) => void]>([
    ['src/main.ts does not belong', (folder) => cpSync('src/main.ts', join(folder, 'src/main.ts'))],
    ['dist/app.js.map does not belong', (folder) => writeFileSync(join(folder, 'dist/app.js.map'), '{}')],
    ['.env does not belong', (folder) => writeFileSync(join(folder, '.env'), '')],
    ['source map', (folder) => add(folder, '//# sourceMappingURL=app.js.map')],
    ['holds a secret', (folder) => add(folder, `-----BEGIN OPENSSH ${'PRIVATE'} KEY-----`)],
    ['holds a secret', (folder) => add(folder, `ghp_${'a'.repeat(36)}`)],
    ['holds a secret', (folder) => add(folder, 'https://user:pass@example.com')],
    ['secret of the environment', (folder) => add(folder, 'value-of-a-variable')],
    ['holds the path', (folder) => add(folder, process.cwd())],
    ['are more than', (folder) => add(folder, 'x'.repeat(2_000_000))],
    ['no text for zod', (folder) => edit(folder, 'dist/LICENCES.txt', /(?<=\nzod [^\n]*\n)[^-]*/, '\n\n')],
    ['postinstall would run', (folder) => edit(folder, 'package.json', '"prepare":', '"postinstall":')],
    [
      'there are dependencies',
      (folder) => edit(folder, 'package.json', 'optionalDependencies', 'dependencies'),
    ],
    ['publint: ', (folder) => edit(folder, 'dist/main.js', '#!/usr/bin/env node\n', '')],
    ['publint: ', (folder) => edit(folder, 'package.json', 'dist/main.js', 'dist/mian.js')],
  ])('is refused if it has something else: %s', async (problem, spoil) => {
    process.env.A_TEST_TOKEN = 'value-of-a-variable';
    const folder = unpacked();
    spoil(folder);
    const spoilt = join(folder, '../spoilt.tgz');
    execFileSync('tar', ['-czf', 'spoilt.tgz', 'package'], { cwd: join(folder, '..') });
    expect((await problemsOf(spoilt)).join('\n')).toContain(problem);
  });
});

it('is installed offline without sharp, runs no script, and makes a picture through its link', async () => {
  const folder = oddFolder();
  const { bin, said } = install(folder, '--omit=optional', '--offline');
  expect(said).toContain('added 1 package');
  expect(said).not.toMatch(/npm info run|esbuild/);
  expect(existsSync(join(folder, 'node_modules/sharp'))).toBe(false);
  const { tools, result } = await firstPicture(started(folder, bin));
  expect(tools).toHaveLength(TOOL_COUNT);
  expect(result.isError).not.toBe(true);
  expect(result.structuredContent).toMatchObject({ status: 'succeeded', images: [{ type: 'image/png' }] });
});

/** The tarball's folder, unpacked anew. */
function unpacked(): string {
  const folder = mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'unpacked-'));
  execFileSync('tar', ['-xzf', '-'], { cwd: folder, input: readFileSync(packed()) });
  return join(folder, 'package');
}

const add = (folder: string, text: string) => appendFileSync(join(folder, 'dist/app.js'), text);
const edit = (folder: string, file: string, from: string | RegExp, to: string) => {
  const text = readFileSync(join(folder, file), 'utf8');
  expect(text).toMatch(from);
  writeFileSync(join(folder, file), text.replace(from, to));
};
