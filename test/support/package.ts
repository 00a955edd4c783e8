import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { Client } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { onTestFinished } from 'vitest';
import { pack } from '../../scripts/release/tarball.mjs';
import { NAME } from '../../src/version.ts';
import { plainEnv } from './process.ts';

const IS_WINDOWS = process.platform === 'win32';
let tarball: string | undefined;

/** What npm would publish of the bundle that is there: the build before the tests made it. */
export function packed(): string {
  tarball ??= pack(mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'packed-')), ['--ignore-scripts']);
  return tarball;
}

/** A folder as people have them, alone with a home of its own. */
export function oddFolder(): string {
  const folder = join(
    mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'package-')),
    'Müllers Ordner 日本 (1)',
  );
  mkdirSync(join(folder, 'home'), { recursive: true });
  return folder;
}

/** Runs npm in a folder whose home is its own, and returns all that it says. */
export function npm(folder: string, args: readonly string[], env: Record<string, string> = {}): string {
  const quoted = args.map((arg) => `"${arg}"`).join(' ');
  return execFileSync(`npm ${quoted} --no-audit --no-fund --no-update-notifier 2>&1`, {
    cwd: folder,
    encoding: 'utf8',
    shell: true,
    env: { ...process.env, HOME: join(folder, 'home'), NODE_OPTIONS: '', ...env },
  });
}

/** Installs the tarball into a folder as a user does, and returns the path of the command. */
export function install(folder: string, ...flags: string[]): { bin: string; said: string } {
  writeFileSync(join(folder, 'package.json'), '{}');
  const said = npm(folder, ['install', packed(), '--loglevel=info', ...flags]);
  return { bin: join(folder, 'node_modules/.bin', NAME), said };
}

/** How the installed command is started as npx does: by the link, whose first line finds the Node of the PATH. */
export function started(folder: string, bin: string, node = process.execPath) {
  return {
    // On Windows the link is a script, which needs a shell.
    command: IS_WINDOWS ? node : bin,
    args: [
      ...(IS_WINDOWS ? [join(folder, 'node_modules', NAME, 'dist/main.js')] : []),
      ...['--sandbox', '--data-dir', join(folder, 'data'), '--output-dir', join(folder, 'pictures ü')],
    ],
    cwd: folder,
    env: plainEnv({
      HOME: join(folder, 'home'),
      PATH: `${dirname(node)}${delimiter}${process.env.PATH}`,
    }),
  };
}

/** Makes a picture in the sandbox with the installed command. */
export async function firstPicture(command: ReturnType<typeof started>) {
  const client = new Client({ name: 'test-host', version: '1.0.0' });
  onTestFinished(() => client.close());
  await client.connect(new StdioClientTransport({ ...command, stderr: 'ignore' }));
  const { tools } = await client.listTools();
  const given = { name: 'gpt_4o_image_text_to_image', arguments: { prompt: 'a fox' } };
  return { tools, result: await client.callTool(given, { timeout: 120_000 }) };
}
