import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { unzipSync } from 'fflate';
import { onTestFinished } from 'vitest';
import { answered } from '../support/host.ts';

const HOST = '@anthropic-ai/mcpb@2.1.2';
const SHELL = { shell: process.platform === 'win32' };

export const scratch = (name: string) => mkdtempSync(join(process.env.TEST_SCRATCH ?? '', `${name} `));

/** Whether packages can be had; on CI they have to be. */
export function hasRegistry(): boolean {
  const found = process.env.CI !== undefined || spawnSync('npm', ['ping'], SHELL).status === 0;
  if (!found)
    process.stderr.write('Skipped: the bundle is made of packages, and the npm registry is not there.\n');
  return found;
}

/** Makes the bundle as the release does; resolves with what the command printed. */
export function makeBundle(root: string, env: NodeJS.ProcessEnv = {}): string {
  const command = [process.execPath, 'scripts/bundle-mcpb.mjs'];
  return execFileSync('sh', ['-c', 'umask "${UMASK:-022}"; exec "$@"', 'sh', ...command], {
    cwd: root,
    encoding: 'utf8',
    env: { ...process.env, ...env },
  });
}

/** Unpacks a bundle into a folder with a name that some code would stumble over. */
export function unpack(bundle: string): string {
  const folder = join(scratch('Claude Extensions'), "Bündel 图片 (1) & o'neil");
  for (const [name, bytes] of Object.entries(unzipSync(readFileSync(bundle)))) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), bytes);
  }
  return folder;
}

export type Desktop = Awaited<ReturnType<typeof installDesktop>>;

/** Claude Desktop's own handling of bundles, as its publisher puts it on npm. */
export async function installDesktop() {
  const folder = scratch('desktop');
  writeFileSync(join(folder, 'package.json'), '{}');
  const args = ['install', '--ignore-scripts', '--no-audit', '--no-fund', '--silent', HOST];
  execFileSync('npm', args, { cwd: folder, ...SHELL });
  const dist = join(folder, 'node_modules/@anthropic-ai/mcpb/dist');
  const { getMcpConfigForManifest } = await import(join(dist, 'index.js'));

  return {
    validate: (path: string) =>
      spawnSync(process.execPath, [join(dist, 'cli/cli.js'), 'validate', path], { encoding: 'utf8' }),

    /** Starts an unpacked bundle as a user has set it up who has nothing else on the machine. */
    async start(extensionPath: string, userConfig: Record<string, unknown>) {
      const manifest = JSON.parse(readFileSync(join(extensionPath, 'manifest.json'), 'utf8'));
      const home = scratch('home');
      const { command, args, env } = await getMcpConfigForManifest({
        manifest,
        extensionPath,
        systemDirs: { HOME: home },
        userConfig,
        pathSeparator: '/',
      });
      const noChildren = join(import.meta.dirname, 'no-children.cjs');
      const transport = new StdioClientTransport({
        command,
        args: ['--require', noChildren, ...args],
        env: { PATH: process.env.PATH ?? '', HOME: home, ...env },
        cwd: home,
        stderr: 'pipe',
      });
      let stderr = '';
      transport.stderr?.on('data', (text) => {
        stderr += text;
      });
      const client = new Client({ name: 'claude-ai', version: '0.1.0' });
      onTestFinished(() => client.close());
      await client.connect(transport);
      return {
        client,
        home,
        env: env as Record<string, string>,
        said: () => stderr,
        call: async (name: string, given: Record<string, unknown>) => {
          const result = await client.callTool({ name, arguments: given }, { timeout: 120_000 });
          const types = (result.content as { type: string }[]).map(({ type }) => type);
          return { ...answered(result), types };
        },
      };
    },
  };
}

/** The names of all files below a folder. */
export const filesIn = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => name.replaceAll('\\', '/'));
