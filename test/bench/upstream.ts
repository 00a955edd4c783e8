import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts';
import { type Spoken, speak } from './stdio.ts';

export const MAIN = resolve('dist/main.js');
const KEY = 'bench-key-0123456789';

/** What the probe inside a server tells: heap after a full collection in bytes, processor time, longest block since the last call. */
export interface Cost {
  heap: number;
  cpuMs: number;
  blockedMs: number;
}

/** A spawned server with a probe in it, on a sandbox in this process. Previews are off: most of their time is the drawing. */
export async function startBoth(options: SandboxOptions) {
  const sandbox = await startSandbox({ key: KEY, ...options });
  const scratch = mkdtempSync(join(tmpdir(), 'bench-'));
  const server = speak(
    [
      process.execPath,
      '--expose-gc',
      '--require',
      resolve('test/bench/probe.cjs'),
      MAIN,
      ...['--base-url', sandbox.origin, '--data-dir', scratch, '--wait', '3600', '--preview', 'off'],
    ],
    { RUNCOMFY_API_KEY: KEY, XDG_CACHE_HOME: scratch },
    true,
  );
  return {
    sandbox,
    server,
    key: KEY,
    cost: () => askProbe(server),
    async close() {
      await server.kill();
      await sandbox.close();
      rmSync(scratch, { recursive: true, force: true });
    },
  };
}

function askProbe({ child }: Spoken): Promise<Cost> {
  return new Promise((resolve) => {
    child.once('message', (cost) => resolve(cost as Cost));
    child.send('cost');
  });
}
