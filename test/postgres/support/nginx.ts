import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { freePort } from '../../support/port.ts';

const CONFIG = join(import.meta.dirname, '../../../deploy/compose/nginx.conf');

/**
 * Starts nginx as deploy/compose has it, in front of replicas at these addresses: only addresses and the folder for
 * temporary files are other ones. Returns its port; skips the test where there is no nginx.
 */
export async function startProxy(replicas: readonly string[], { skip }: TestContext): Promise<number> {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
  } catch {
    if (process.env.CI) throw new Error('there is no nginx');
    process.stderr.write('SKIPPED: there is no nginx\n');
    skip('there is no nginx');
  }
  const folder = mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'nginx-'));
  const port = await freePort();
  const addresses = replicas.values();
  const text = readFileSync(CONFIG, 'utf8')
    .replace(/(?<=server )[\d.]+:\d+/g, () => addresses.next().value ?? '')
    .replace('listen 8080', `listen 127.0.0.1:${port}`)
    .replaceAll('/tmp/', `${folder}/`);
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, text);
  // The folder is the user's own, and the image runs it as one user too.
  const args = ['-c', file, '-p', folder, '-g', 'daemon off; user root;'];
  const child = spawn('nginx', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void child.kill('SIGTERM'));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  for (;;) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${said}`);
    if (await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined)) return port;
  }
}
