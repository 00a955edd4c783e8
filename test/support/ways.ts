import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { onTestFinished } from 'vitest';
import { MAIN, plainEnv } from './process.ts';
import { KEY } from './program.ts';
import { send } from './raw.ts';

export type Child = ChildProcessWithoutNullStreams;

/** A way of leaving: what the server is started by, and what happens to it. */
export interface Way {
  way: string;
  launch: (args: readonly string[], env?: Env) => Child;
  leave: (child: Child) => void;
  /** How the process that was launched ends. */
  exit: { code: number | null; signal: string | null };
}

type Env = Record<string, string>;
const KEYED: Env = { RUNCOMFY_API_KEY: KEY };
const CLEAN = { code: 0, signal: null };
const bySignal = (signal: NodeJS.Signals): Way => ({
  way: signal,
  launch: directly,
  leave: (child) => void child.kill(signal),
  exit: CLEAN,
});

export const WAYS: Way[] = [
  { way: 'end of input', launch: directly, leave: (child) => void child.stdin.end(), exit: CLEAN },
  bySignal('SIGTERM'),
  bySignal('SIGINT'),
  bySignal('SIGHUP'),
  {
    way: 'standard output whose reader is gone',
    launch: directly,
    leave(child) {
      child.stdout.destroy();
      // A broken pipe shows itself only when something is written.
      send(child, { id: 2, method: 'ping' });
    },
    exit: CLEAN,
  },
  {
    way: 'the death of its parent while this process holds the other end of its pipes',
    launch: belowParent,
    leave: (child) => void child.kill('SIGKILL'),
    exit: { code: null, signal: 'SIGKILL' },
  },
];

/** Starts the server as most hosts do; with a key unless told otherwise. */
export function directly(args: readonly string[], env = KEYED): Child {
  const child = spawn(process.execPath, [MAIN, ...args], { env: plainEnv(env) });
  onTestFinished(() => void child.kill('SIGKILL'));
  return child;
}

/** Starts the server as the child of another process, which only hands on its pipes. */
function belowParent(args: readonly string[], env = KEYED): Child {
  const parent = `require('node:child_process').spawn(process.execPath, process.argv.slice(1), { stdio: 'inherit' })`;
  const child = spawn(process.execPath, ['-e', parent, MAIN, ...args], {
    env: plainEnv(env),
    detached: true,
  });
  onTestFinished(() => {
    try {
      process.kill(-(child.pid as number), 'SIGKILL');
    } catch {
      // The whole group is gone, as it should be.
    }
  });
  return child;
}
