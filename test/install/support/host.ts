import { spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { onTestFinished, type TestContext } from 'vitest';
import { gitConfig } from './published.ts';

/** A host's command line with a home of its own. */
export interface Host {
  home: string;
  /** Runs one of its commands to its end, and resolves with all that it printed. Throws if it fails. */
  run(...args: string[]): Promise<string>;
  /** The same host in an environment with more variables. */
  with(env: Record<string, string>): Host;
}

/** A host in an empty home, or a skipped test with the reason if it does not run on this machine. */
export async function freshHost(script: string, { skip }: TestContext): Promise<Host> {
  const home = mkdtempSync(join(process.env.TEST_SCRATCH ?? '', 'home-'));
  mkdirSync(join(home, 'work'));
  writeFileSync(join(home, '.gitconfig'), gitConfig());
  const host = createHost(script, home, {
    // The server's node is the one that runs the tests.
    PATH: [dirname(process.execPath), process.env.PATH].join(delimiter),
    HOME: home,
    USERPROFILE: home,
    APPDATA: join(home, 'AppData'),
    TERM: 'dumb',
    // The user's, in the shell that starts the host.
    RUNCOMFY_SANDBOX: 'true',
  });
  const problem = await host.run('--version').then(
    () => undefined,
    (error: Error) => error.message.trim(),
  );
  if (problem !== undefined) {
    process.stderr.write(`SKIPPED ${script}: ${problem}\n`);
    skip(problem);
  }
  return host;
}

function createHost(script: string, home: string, env: Record<string, string>): Host {
  const path = join(import.meta.dirname, '../node_modules', script);
  return {
    home,
    with: (more) => createHost(script, home, { ...env, ...more }),
    run(...args) {
      const child = spawn(process.execPath, [path, ...args], { cwd: join(home, 'work'), env });
      onTestFinished(() => void child.kill('SIGKILL'));
      child.stdin.on('error', () => {}).end();
      let printed = '';
      for (const stream of [child.stdout, child.stderr])
        stream.setEncoding('utf8').on('data', (text) => {
          printed += text;
        });
      return new Promise((resolve, reject) => {
        child.once('error', reject);
        child.once('close', (code) =>
          code === 0
            ? resolve(printed)
            : reject(new Error(`${args.join(' ')}: exit code ${code}\n${printed}`)),
        );
      });
    },
  };
}
