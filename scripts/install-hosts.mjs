// Installs the agent frameworks of test/hosts if they are missing or older than their lock file.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

const HOSTS = join(import.meta.dirname, '../test/hosts');
const changed = (file) => statSync(join(HOSTS, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;

// npm writes the second file at the end.
if (changed('package-lock.json') > changed('node_modules/.package-lock.json')) {
  // zod 4 satisfies Mastra's peer dependencies on zod 3, but npm warns about each.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', args, { cwd: HOSTS, stdio: 'inherit', shell: process.platform === 'win32' });
}
