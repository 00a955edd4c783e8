import { execFileSync, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { COPIES } from '../../scripts/metadata.mjs';
import { obstaclesTo } from '../../scripts/release/check.mjs';
import { sbomOf } from '../../scripts/release/sbom.mjs';
import { NAME, VERSION } from '../../src/version.ts';
import { packed } from '../support/package.ts';

const ROOT = join(import.meta.dirname, '../..');
const scratch = () => mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'release-'));

/** Variables for commands that know nothing of the user of this machine. */
function strangersEnv() {
  const home = scratch();
  const [name, email] = ['a', 'a@example.com'];
  return {
    ...process.env,
    HOME: home,
    GIT_CONFIG_GLOBAL: join(home, 'none'),
    ...{
      GIT_AUTHOR_NAME: name,
      GIT_AUTHOR_EMAIL: email,
      GIT_COMMITTER_NAME: name,
      GIT_COMMITTER_EMAIL: email,
    },
  };
}

it('npm version changes every file, dates the changelog and commits all of it', () => {
  const [root, env] = [scratch(), strangersEnv()];
  for (const file of [...Object.keys(COPIES), 'scripts'])
    cpSync(join(ROOT, file), join(root, file), { recursive: true });
  writeFileSync(join(root, 'CHANGELOG.md'), '# Changelog\n\n## Unreleased\n\n- New.\n');
  const run = (command: string) => execFileSync(command, { cwd: root, env, shell: true, encoding: 'utf8' });
  run('git init -q && git add -A && git commit -qm First && npm version 7.7.7');
  expect(run('git status --porcelain')).toBe('');
  expect(run('git tag').trim()).toBe('v7.7.7');
  expect(obstaclesTo(root, 'v7.7.7')).toEqual({ obstacles: [], notes: '- New.' });
});

it('a folder becomes the only commit of a branch, hidden and ignored files too, and replaces the last', () => {
  const [repo, origin, folder, env] = [scratch(), scratch(), scratch(), strangersEnv()];
  const git = (cwd: string, ...args: string[]) =>
    execFileSync('git', args, { cwd, env, encoding: 'utf8' }).trim();
  git(origin, 'init', '-q', '--bare');
  git(repo, 'init', '-q');
  git(repo, 'remote', 'add', 'origin', origin);
  writeFileSync(join(repo, '.git/info/exclude'), 'dist/\n');
  writeFileSync(join(repo, 'file'), '');
  git(repo, 'add', '-A');
  git(repo, 'commit', '-qm', 'Source');
  for (const name of ['dist', '.claude-plugin']) mkdirSync(join(folder, name));
  for (const file of ['dist/main.js', '.claude-plugin/plugin.json']) writeFileSync(join(folder, file), file);
  const script = join(ROOT, 'scripts/release/branch.mjs');
  for (const message of ['v1', 'v2']) {
    execFileSync(process.execPath, [script, folder, 'plugin', message], { cwd: repo, env, stdio: 'pipe' });
    expect(git(origin, 'log', '--format=%s', 'plugin')).toBe(message);
  }
  const files = git(origin, 'ls-tree', '-r', '--name-only', 'plugin').split('\n');
  expect(files).toEqual(['.claude-plugin/plugin.json', 'dist/main.js']);
  expect(git(repo, 'status', '--porcelain')).toBe('');
});

it('the SBOM names what is bundled, and what npm installs on any platform', () => {
  const sbom = sbomOf(packed(), NAME);
  expect(sbom).toMatchObject({
    bomFormat: 'CycloneDX',
    metadata: { component: { name: NAME, version: VERSION } },
  });
  const refs: string[] = sbom.components.map((each: { purl: string }) => each.purl.replace(/@[\d.]+$/, ''));
  for (const name of ['sharp', 'zod', 'undici', '%40modelcontextprotocol/server', '%40img/sharp-win32-x64'])
    expect(refs).toContain(`pkg:npm/${name}`);
  for (const name of ['vitest', 'esbuild', 'typescript']) expect(refs).not.toContain(`pkg:npm/${name}`);
});

it.each([
  ['the same tarball, the second time it is asked', 0, 'ours'],
  ['another tarball', 1, 'theirs'],
])('what was published is read back: npm has %s', async (_, code, whose) => {
  const integrity = `sha512-${createHash('sha512').update(readFileSync(packed())).digest('base64')}`;
  const manifest = {
    name: NAME,
    version: VERSION,
    dist: { integrity: whose === 'ours' ? integrity : 'sha512-other' },
  };
  let asked = 0;
  const registry = createServer((_request, response) => {
    asked += 1;
    if (asked === 1) response.writeHead(404).end('{}');
    else response.end(JSON.stringify({ name: NAME, 'dist-tags': {}, versions: { [VERSION]: manifest } }));
  }).listen(0, '127.0.0.1');
  onTestFinished(() => void registry.close());
  await once(registry, 'listening');
  const { port } = registry.address() as AddressInfo;
  const child = spawn(process.execPath, ['scripts/release/published.mjs', packed()], {
    cwd: ROOT,
    env: { ...strangersEnv(), npm_config_registry: `http://127.0.0.1:${port}`, PUBLISHED_PAUSE_MS: '1' },
  });
  expect((await once(child, 'exit'))[0]).toBe(code);
  expect(asked).toBeGreaterThan(1);
});
