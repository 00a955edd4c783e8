// Installs what the tests in a folder run (agent frameworks, command lines) if it is missing or older than its lock file.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join, resolve } from 'node:path';

const [, , folder = ''] = process.argv;
const HOSTS = resolve(import.meta.dirname, '..', folder);
const changed = (file) => statSync(join(HOSTS, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;

// npm writes the second file at the end.
if (changed('package-lock.json') > changed('node_modules/.package-lock.json')) {
  // zod 4 satisfies Mastra's peer dependencies on zod 3, but npm warns about each.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', args, { cwd: HOSTS, stdio: 'inherit', shell: process.platform === 'win32' });
}
