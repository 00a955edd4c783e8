// Installs the agent frameworks of test/hosts, where they are missing or older than their lock.
import { execFileSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { join } from 'node:path';

const HOSTS = join(import.meta.dirname, '../test/hosts');
const changed = (file) => statSync(join(HOSTS, file), { throwIfNoEntry: false })?.mtimeMs ?? 0;

// npm writes the second file last.
if (changed('package-lock.json') > changed('node_modules/.package-lock.json')) {
  // Mastra's peers of zod 3 are met by zod 4, and npm warns of each.
  const args = ['ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  execFileSync('npm', args, { cwd: HOSTS, stdio: 'inherit', shell: process.platform === 'win32' });
}
