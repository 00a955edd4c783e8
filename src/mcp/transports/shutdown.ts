import { isFileBusy, isPoolBusy } from '../../thread-pool.ts';

// How often the parent's pid is compared, in ms: a parent killed with SIGKILL closes nothing on its own
// where a grandchild still holds the other end of the pipe.
const PARENT_CHECK = 200;

/** Why a client is gone. */
export interface Leaving {
  why: string;
  /**
   * Its cancellations may still be on their way: Ctrl-C reaches the whole group of processes at once, and Copilot's
   * cancellation comes 4 ms after it (measured).
   */
  mayCancel?: boolean;
}

/**
 * Resolves when the client is gone, with the reason: end of input, a broken standard output, a signal, or the
 * death of the parent process. The caller then ends the process at once.
 */
export function untilClientLeaves(): Promise<Leaving> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    // For good: a second Ctrl-C must not end the process before a submit under way is recorded.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.on(signal, () => resolve({ why: signal, mayCancel: signal === 'SIGINT' }));
    process.stdin.once('end', () => resolve({ why: 'end of input' }));
    process.stdin.once('close', () => resolve({ why: 'end of input' }));
    process.stdout.once('error', () => resolve({ why: 'standard output is closed' }));
    setInterval(() => {
      if (process.ppid !== parent) resolve({ why: 'the parent process is gone' });
    }, PARENT_CHECK).unref();
  });
}

// In ms.
const QUIET_CHECK = 5;

/** Resolves when all that was written has gone out, or nobody can read it any more, and no file is being worked on. */
export async function untilQuiet(): Promise<void> {
  while (process.stdout.writableLength > 0 || isFileBusy())
    await new Promise((resolve) => setTimeout(resolve, QUIET_CHECK));
}

/** Ends the process now: by SIGKILL to itself where `process.exit` would wait for work that nobody needs any more. */
export function endAtOnce(): never {
  if (isPoolBusy()) process.kill(process.pid, 'SIGKILL');
  // Also where the system kept the signal from the first process of a container.
  process.exit(0);
}
