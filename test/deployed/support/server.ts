import { onTestFinished } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../../src/sandbox/server.ts';
import { start } from '../../support/process.ts';
import { freshDataDir, KEY } from '../../support/program.ts';

/** A server over HTTP as it is run, on a sandbox of the test. */
export interface Deployed {
  /** Of its MCP endpoint. */
  url: string;
  sandbox: Sandbox;
  /** What it has written to standard error. */
  log: () => string;
}

/** Spawns the bundle, on a free port of this machine unless an address is given. */
export async function deploy(
  args: readonly string[] = [],
  {
    address = '127.0.0.1:0',
    env = {},
    ...sandboxOptions
  }: SandboxOptions & { address?: string; env?: Record<string, string> } = {},
): Promise<Deployed> {
  const sandbox = await startSandbox(sandboxOptions);
  onTestFinished(() => sandbox.close());
  const own = ['--http', address, '--base-url', sandbox.origin, '--data-dir', freshDataDir()];
  const { child, ended } = start([...own, '--log-level', 'info', ...args], { RUNCOMFY_API_KEY: KEY, ...env });
  let log = '';
  const url = new Promise<string>((resolve) => {
    child.stderr.on('data', (text) => {
      log += text;
      const [found] = /http:\/\/[\w.:]+\/mcp/.exec(log) ?? [];
      if (found) resolve(found);
    });
  });
  const failed = ended.then(({ stderr }): never => {
    throw new Error(`the server ended: ${stderr}`);
  });
  failed.catch(() => {});
  return { url: await Promise.race([url, failed]), sandbox, log: () => log };
}
