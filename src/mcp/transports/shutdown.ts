import { isFileBusy, isPoolBusy } from '../../thread-pool.ts';

// In ms. A parent killed with SIGKILL closes no pipe whose other end a grandchild still holds.
const PARENT_CHECK = 200;
const QUIET_CHECK = 5;

/** Why a client is gone. */
export interface Departure {
  why: string;
  /**
   * Its cancellations may still arrive: Ctrl-C reaches the whole process group at once, and Copilot's cancellation comes
   * 4 ms later (measured).
   */
  mayCancel?: boolean;
}

/** Resolves at the end of input, a broken standard output, a signal, or the death of the parent process. */
export function untilClientLeaves(): Promise<Departure> {
  const parent = process.ppid;
  return new Promise((resolve) => {
    // Not once: a second Ctrl-C must not end the process before a submit under way is recorded.
    for (const signal of ['SIGTERM', 'SIGINT', 'SIGHUP'] as const)
      process.on(signal, () => resolve({ why: signal, mayCancel: signal === 'SIGINT' }));
    for (const event of ['end', 'close']) process.stdin.once(event, () => resolve({ why: 'end of input' }));
    process.stdout.once('error', () => resolve({ why: 'standard output is closed' }));
    setInterval(() => {
      if (process.ppid !== parent) resolve({ why: 'the parent process is gone' });
    }, PARENT_CHECK).unref();
  });
}

/** Resolves when everything written has been sent, or nobody can read it, and no file is in use. */
export async function untilQuiet(): Promise<void> {
  while (process.stdout.writableLength > 0 || isFileBusy())
    await new Promise((resolve) => setTimeout(resolve, QUIET_CHECK));
}

/** Ends the process now: by SIGKILL where `process.exit` would wait for work that nobody needs any more. */
export function endAtOnce(): never {
  if (isPoolBusy()) process.kill(process.pid, 'SIGKILL');
  // The system keeps that signal from the first process of a container.
  process.exit(0);
}
