import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { expect, it, onTestFinished } from 'vitest';
import { plainEnv } from '../support/process.ts';

it('starts from its tarball alone, and brings the licences of what is bundled', async () => {
  const dir = mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'package-'));
  const npm = (...args: string[]) =>
    execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] });
  const [packed] = JSON.parse(npm('pack', '--json', '--ignore-scripts', '--pack-destination', dir));
  execFileSync('tar', ['-xzf', join(dir, packed.filename), '-C', dir]);
  const main = join(dir, 'package/dist/main.js');

  const client = new Client({ name: 'test-host', version: '1.0.0' });
  onTestFinished(() => client.close());
  await client.connect(
    new StdioClientTransport({ command: process.execPath, args: [main], env: plainEnv(), cwd: dir }),
  );
  expect((await client.listTools()).tools).toHaveLength(12);

  const { dependencies } = JSON.parse(readFileSync(join(dir, 'package/package.json'), 'utf8'));
  expect(dependencies).toBeUndefined();
  const licences = readFileSync(join(dir, 'package/dist/LICENCES.txt'), 'utf8');
  for (const name of ['@modelcontextprotocol/server', 'zod', 'undici', 'env-paths', '@fontsource/poppins'])
    expect(`\n${licences}`).toContain(`\n${name} `);
  expect(licences).toContain('SIL OPEN FONT LICENSE Version 1.1');
});
