import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { freePort } from '../../support/port.ts';

const DOCUMENT = join(import.meta.dirname, '../../../docs/service.md');

/** The configuration that the documentation recommends, for a server at this address. */
function recommended(upstream: string): string {
  const [, block] = /```nginx\n([\s\S]*?)```/.exec(readFileSync(DOCUMENT, 'utf8')) ?? [];
  if (!block) throw new Error('docs/service.md shows no configuration for nginx');
  return block.replaceAll('127.0.0.1:3333', upstream);
}

/**
 * Starts nginx in front of a server, with more directives than are recommended if given, and returns the URL of its
 * endpoint; skips the test where there is no nginx.
 */
export async function startNginx(upstream: string, { skip }: TestContext, more = ''): Promise<string> {
  try {
    execFileSync('nginx', ['-v'], { stdio: 'ignore' });
  } catch {
    if (process.env.CI) throw new Error('there is no nginx');
    process.stderr.write('SKIPPED: there is no nginx\n');
    skip('there is no nginx');
  }
  const folder = mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'nginx-'));
  mkdirSync(join(folder, 'temp'));
  const port = await freePort();
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/temp/${name};`,
  );
  const lines = [
    'daemon off;',
    'master_process off;',
    `pid ${folder}/pid;`,
    'error_log stderr warn;',
    'events {}',
    'http {',
    'access_log off;',
    ...temporary,
    `server { listen 127.0.0.1:${port};`,
    more,
    recommended(upstream),
    '} }',
  ];
  const file = join(folder, 'nginx.conf');
  writeFileSync(file, lines.join('\n'));
  const child = spawn('nginx', ['-c', file, '-p', folder], { stdio: ['ignore', 'ignore', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text) => {
    said += text;
  });
  const url = `http://127.0.0.1:${port}/mcp`;
  for (;;) {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${said}`);
    const answered = await fetch(url).catch(() => undefined);
    if (answered) return url;
  }
}
