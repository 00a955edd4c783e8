import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import packageJson from '../../../package.json' with { type: 'json' };
import { factsOf } from '../../../scripts/metadata.mjs';

const { address, slug } = factsOf(packageJson);
const scratch = () => process.env.TEST_SCRATCH ?? '';

/** What the release writes for the branch `plugin`. */
export const treeDir = (): string => join(scratch(), 'tree');

/** Git's settings by which the public address is a repository of this machine. */
export const gitConfig = (): string =>
  [`[url "file://${join(scratch(), 'published.git')}"]`]
    .concat([`${address}.git`, address, `git@github.com:${slug}.git`].map((url) => `\tinsteadOf = ${url}`))
    .join('\n');

/** Before all tests: the repository as a release leaves it, its sources on `main` and the built tree on `plugin`. */
export default function publish(): void {
  const repository = join(scratch(), 'published.git');
  const sources = join(scratch(), 'sources');
  git('.', 'init', '--quiet', '--bare', '--initial-branch=main', repository);
  execFileSync(process.execPath, ['scripts/release-tree.mjs', treeDir()], { stdio: 'inherit' });
  push(treeDir(), 'plugin', repository);
  mkdirSync(sources);
  // As far as hosts read them. There is no dist in it.
  for (const name of ['.claude-plugin', '.codex-plugin', 'mcp.json', 'plugin.json', 'README.md'])
    cpSync(name, join(sources, name), { recursive: true });
  push(sources, 'main', repository);
}

function push(folder: string, branch: string, repository: string): void {
  const gitDir = join(scratch(), `${branch}.git`);
  const inFolder = (...args: string[]) => git(folder, `--git-dir=${gitDir}`, '--work-tree=.', ...args);
  git('.', 'init', '--quiet', '--bare', `--initial-branch=${branch}`, gitDir);
  writeFileSync(join(gitDir, 'config'), '[user]\n\tname = test\n\temail = test@localhost\n');
  inFolder('add', '--all', '--force', '.');
  inFolder('commit', '--quiet', '--message=Release');
  inFolder('push', '--quiet', repository, branch);
}

function git(cwd: string, ...args: string[]): void {
  execFileSync('git', args, { cwd, stdio: ['ignore', 'inherit', 'inherit'] });
}
