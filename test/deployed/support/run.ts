import { spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { type Ended, plainEnv, untilEnded } from '../../support/process.ts';

/** Runs a program to its end with nothing on standard input. */
export function runProgram(
  command: string,
  args: readonly string[],
  { env = {}, cwd }: { env?: Record<string, string>; cwd?: string } = {},
): Promise<Ended> {
  const child = spawn(command, args, { env: plainEnv(env), cwd, stdio: ['ignore', 'pipe', 'pipe'] });
  onTestFinished(() => void child.kill('SIGKILL'));
  return untilEnded(child);
}
