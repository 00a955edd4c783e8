import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { startSandbox } from '../../../src/sandbox/server.ts';
import { start } from '../../support/process.ts';
import { freshDataDir, KEY } from '../../support/program.ts';
import { newToken } from '../../support/tenants.ts';
import { inCompose } from '../../unit/deploy/files.ts';
import { freshDatabase } from './database.ts';
import { startProxy } from './nginx.ts';

const ADDRESS = /http:\/\/([\d.]+:\d+)\/mcp/;

/** Builds the bundle into a folder of its own, as other tests build beside these; returns what to start. */
export function buildApart(): string {
  const folder = mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'dist-'));
  execFileSync(process.execPath, ['scripts/build.mjs', folder], { stdio: 'inherit' });
  return join(folder, 'main.js');
}

/** A replica in a process of its own. */
export type Replica = Awaited<ReturnType<typeof startReplica>>;

/** What deploy/compose runs, without its containers: two replicas with its variables, Postgres, nginx. */
export async function startDeployment(main: string, context: TestContext) {
  const sandbox = await startSandbox({ key: KEY, slots: 100, pace: 0.05 });
  onTestFinished(() => sandbox.close());
  const config = mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'config-'));
  const { token, entry } = newToken();
  const acme = { runcomfy_key: { file: join(config, 'runcomfy-key-acme') }, tokens: [entry] };
  write('tenants.json', JSON.stringify({ tenants: { acme } }));
  write('runcomfy-key-acme', KEY);
  write('session-keys', 'ab'.repeat(32));
  const database = new URL(await freshDatabase());
  const { password } = database;
  database.password = '';
  const own = {
    RUNCOMFY_HTTP: '127.0.0.1:0',
    RUNCOMFY_METRICS: '127.0.0.1:0',
    RUNCOMFY_STORE: database.href,
  };
  const variables = {
    ...Object.fromEntries(
      Object.entries(inCompose).map(([name, value]) => [name, value.replace('/config', config)]),
    ),
    ...{ ...own, PGPASSWORD: password, RUNCOMFY_BASE_URL: sandbox.origin },
  };
  const replicas = await Promise.all([startReplica(main, variables), startReplica(main, variables)]);
  const port = await startProxy(
    replicas.map(({ address }) => address),
    context,
  );
  return { sandbox, token, replicas, url: `http://localhost:${port}/mcp` };

  function write(name: string, text: string): void {
    writeFileSync(join(config, name), text, { mode: 0o440 });
  }
}

async function startReplica(main: string, variables: Record<string, string>) {
  const { child, ended } = start([], { ...variables, RUNCOMFY_DATA_DIR: freshDataDir() }, main);
  let log = '';
  const address = await new Promise<string>((resolve, reject) => {
    child.stderr.on('data', (text) => {
      log += text;
      const [, found] = ADDRESS.exec(log) ?? [];
      if (found) resolve(found);
    });
    ended.then(({ stderr }) => reject(new Error(`the replica ended: ${stderr}`)), reject);
  });
  return { address, ended, signal: (name: NodeJS.Signals) => void child.kill(name) };
}
