import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { start } from '../../support/process.ts';
import { freshDataDir, KEY } from '../../support/program.ts';
import { newToken, TENANT_KEY, tenantsFile } from '../../support/tenants.ts';
import type { Target } from './balancer.ts';

/** A server over HTTP that is one of several. */
export interface Replica extends Target {
  /** What it has written to standard error. */
  log(): string;
  signal(name: NodeJS.Signals): void;
  ended: Promise<unknown>;
}

const TENANTS = ['acme', 'globex', 'initech'];

/** Starts replicas of one service: the same tenants, the same session key, the same store, on one RunComfy. */
export function createService(baseUrl: string, storeArgs: readonly string[]) {
  const tokens = TENANTS.map((tenant) => ({ tenant, ...newToken() }));
  const entries = tokens.map(({ tenant, entry }) => [
    tenant,
    { runcomfy_key: TENANT_KEY, tokens: [entry], reads_per_second: 100 },
  ]);
  const { dir, file } = tenantsFile(Object.fromEntries(entries));
  const keys = join(dir, 'session-keys');
  writeFileSync(keys, randomBytes(32).toString('hex'), { mode: 0o600 });

  return {
    tokens: tokens.map(({ token }) => token),
    async startReplica(): Promise<Replica> {
      const args = [
        '--http',
        '127.0.0.1:0',
        '--base-url',
        baseUrl,
        '--data-dir',
        freshDataDir(),
        ...storeArgs,
      ];
      const who = ['--auth', `tokens:${file}`, '--session-key-file', keys, '--log-level', 'info'];
      const env = { [TENANT_KEY.env]: KEY, RUNCOMFY_PREVIEW: 'off' };
      const { child, ended } = start([...args, ...who], env);
      let log = '';
      const port = await new Promise<number>((resolve, reject) => {
        child.stderr.on('data', (text) => {
          log += text;
          const [, found] = /http:\/\/[\w.]+:(\d+)\/mcp/.exec(log) ?? [];
          if (found) resolve(Number(found));
        });
        ended.then(() => reject(new Error(`the replica ended: ${log}`)));
      });
      return { port, isOpen: true, log: () => log, signal: (name) => void child.kill(name), ended };
    },
  };
}

export type Service = ReturnType<typeof createService>;
