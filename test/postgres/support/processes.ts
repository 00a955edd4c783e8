import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';

/** A program's own processes. Those of Postgres are in groups of their own, so that a signal to its group reaches one. */
export function childrenOf(pid: number): number[] {
  const numbers = (text: string) => text.split(/\s+/).filter(Boolean).map(Number);
  try {
    return numbers(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8'));
  } catch {
    return process.platform === 'linux' ? [] : numbers(execFileSync('pgrep', ['-P', `${pid}`]).toString());
  }
}

/** Sends a signal to a program and its processes. It is stopped first, so that it starts none meanwhile. */
export function signalAll(pid: number, signal: NodeJS.Signals): void {
  process.kill(pid, 'SIGSTOP');
  for (const child of childrenOf(pid)) tell(child, signal);
  tell(pid, signal);
}

function tell(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // It ended by itself.
  }
}

/**
 * Ends the program whose id stands in `pidFile`, with its processes, and removes a folder, as soon as this process is
 * gone, however it ended: a process of its own waits for the end of its input. The function that is returned does it now.
 */
export function watchOver(pidFile: string, folder: string): () => Promise<void> {
  const script = `cat > /dev/null
    if pid=$(cat "$0" 2> /dev/null); then
      kill -STOP $pid
      kill -9 $(cat /proc/$pid/task/$pid/children 2> /dev/null || pgrep -P $pid) $pid
    fi
    until rm -rf "$1"; do sleep 0.1; done`;
  const child: ChildProcess = spawn('sh', ['-c', script, pidFile, folder], {
    stdio: ['pipe', 'ignore', 'ignore'],
    // Ctrl+C goes to the whole group.
    detached: true,
  });
  child.unref();
  const ended = once(child, 'exit');
  return async () => {
    child.stdin?.end();
    child.ref();
    await ended;
  };
}
