import type { ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts';
import { speak } from './stdio.ts';

export const MAIN = resolve('dist/main.js');
/** What the sandbox takes. */
export const KEY = 'bench-key-0123456789';

/** What the probe inside a server tells: heap and resident memory after a full collection in bytes, processor time, longest block since the last call. */
export interface Cost {
  heap: number;
  resident: number;
  cpuMs: number;
  blockedMs: number;
}

/** A spawned server with a probe in it. Previews are off: most of their time is the drawing. `scratch` holds what it keeps. */
export function startServer(baseUrl: string, scratch: string, args = ['--wait', '3600']) {
  const server = speak(
    [
      process.execPath,
      '--expose-gc',
      '--require',
      resolve('test/bench/probe.cjs'),
      MAIN,
      ...['--base-url', baseUrl, '--data-dir', scratch, '--preview', 'off', ...args],
    ],
    { RUNCOMFY_API_KEY: KEY, XDG_CACHE_HOME: scratch },
    true,
  );
  return { server, cost: () => askProbe(server.child) };
}

export type Server = ReturnType<typeof startServer>;

/** A sandbox in this process. */
export const startUpstream = (options: SandboxOptions) => startSandbox({ key: KEY, ...options });

/** A spawned server on a sandbox in this process. */
export async function startBoth(options: SandboxOptions) {
  const sandbox = await startUpstream(options);
  const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
  const { server, cost } = startServer(sandbox.origin, scratch);
  return {
    sandbox,
    server,
    key: KEY,
    cost,
    async close() {
      await server.kill();
      await sandbox.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

/** Asks the probe inside a server that has a channel for it. */
export function askProbe(child: ChildProcess): Promise<Cost> {
  return new Promise((resolve) => {
    child.once('message', (cost) => resolve(cost as Cost));
    child.send('cost');
  });
}
