// Makes a folder the only commit of a branch, and pushes it: node scripts/release/branch.mjs FOLDER BRANCH MESSAGE
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const [folder = '', branch = '', message = ''] = process.argv.slice(2);
const scratch = mkdtempSync(join(tmpdir(), 'branch-'));
// An index of its own: that of the checkout stays as it is.
const env = { ...process.env, GIT_INDEX_FILE: join(scratch, 'index') };
const git = (/** @type {string[]} */ ...args) => execFileSync('git', args, { encoding: 'utf8', env }).trim();
try {
  // Forced: some people ignore dist/ everywhere.
  git(`--work-tree=${resolve(folder)}`, 'add', '--all', '--force', resolve(folder));
  const commit = git('commit-tree', git('write-tree'), '-m', message);
  git('push', '--force', 'origin', `${commit}:refs/heads/${branch}`);
  process.stdout.write(`${branch} is ${commit}\n`);
} finally {
  rmSync(scratch, { recursive: true, force: true });
}
