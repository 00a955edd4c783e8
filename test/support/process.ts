import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { onTestFinished } from 'vitest';

export const MAIN = join(import.meta.dirname, '../../dist/main.js');

/** What a spawned command left behind. */
export interface Ended {
  code: number | null;
  signal: NodeJS.Signals | null;
  stdout: string;
  stderr: string;
}

/** Only what most clients hand on, so that the settings of the shell that runs the suite stay out. */
export const plainEnv = (extra: Record<string, string> = {}): Record<string, string> => ({
  PATH: process.env.PATH ?? '',
  // Nobody's own, as there may be a key in it.
  HOME: join(process.env.TEST_SCRATCH ?? '', 'home'),
  RUNCOMFY_CONFIG_DIR: '/nonexistent',
  XDG_CACHE_HOME: join(process.env.TEST_SCRATCH ?? '', 'cache'),
  ...extra,
});

/** Starts the bundle as a host would. */
export function start(args: readonly string[], env: Record<string, string> = {}, main = MAIN) {
  const child = spawn(process.execPath, [main, ...args], { env: plainEnv(env) });
  onTestFinished(() => void child.kill('SIGKILL'));
  return { child, ended: untilEnded(child) };
}

/** Runs the bundle to its end with nothing on standard input. */
export function run(args: readonly string[], env: Record<string, string> = {}, main = MAIN): Promise<Ended> {
  const { child, ended } = start(args, env, main);
  child.stdin.end();
  return ended;
}

/** The output and the end of a program. Rejects if it cannot be started. */
export function untilEnded(child: ChildProcess & { stdout: Readable; stderr: Readable }): Promise<Ended> {
  let stdout = '';
  let stderr = '';
  child.stdout.setEncoding('utf8').on('data', (text) => {
    stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}
