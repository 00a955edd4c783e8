import type { OpenCalls } from './store.ts';
import type { Wait, WaitEnd } from './wait.ts';

/** The paid calls of this process that are open: until their work is done and what became of their answers is recorded. */
export interface Calls extends OpenCalls {
  /** Opens a call, until `work` has ended and everything that is held for it is recorded. */
  open<Result>(wait: Wait, fingerprint: string | undefined, work: () => Promise<Result>): Promise<Result>;
  /** Tells by which fingerprint a paid call finds the job that a call has come to follow. */
  follows(id: string, fingerprint: string): void;
  /** Other calls about the same job or input that their clients gave up on and that are still at work; each resolves at its end. */
  abandoned(fingerprint: string, except: string): Promise<unknown>[];
  /** Holds a call, and the end of the process, until something is recorded. */
  hold<Result>(call: string, recording: Promise<Result>): Promise<Result>;
  /** Resolves when nothing is held any more. */
  recorded(): Promise<void>;
}

interface Open {
  signal: AbortSignal;
  fingerprint: string | undefined;
  /** Undefined once it has ended. */
  work: Promise<unknown> | undefined;
  held: number;
}

const GAVE_UP: WaitEnd = 'user';

export function createCalls(): Calls {
  const calls = new Map<string, Open>();
  const recordings = new Set<Promise<unknown>>();

  const close = (id: string) => {
    const call = calls.get(id);
    if (call && call.work === undefined && call.held === 0) calls.delete(id);
  };

  return {
    // A call whose client's clock ran out makes room for its repetition as soon as its own work has ended.
    has(id) {
      const call = calls.get(id);
      return (
        call !== undefined &&
        (call.work !== undefined || !call.signal.aborted || call.signal.reason === GAVE_UP)
      );
    },
    open(wait, fingerprint, work) {
      const call: Open = { signal: wait.signal, fingerprint, work: undefined, held: 0 };
      calls.set(wait.call, call);
      const working = work().finally(() => {
        call.work = undefined;
        close(wait.call);
      });
      call.work = working;
      return working;
    },
    follows(id, fingerprint) {
      const call = calls.get(id);
      if (call) call.fingerprint = fingerprint;
    },
    abandoned: (fingerprint, except) =>
      [...calls].flatMap(([id, call]) =>
        call.work && call.signal.aborted && id !== except && call.fingerprint === fingerprint
          ? [call.work.catch(() => {})]
          : [],
      ),
    hold(id, recording) {
      const call = calls.get(id);
      if (call) call.held += 1;
      const held = recording.finally(() => {
        recordings.delete(held);
        if (!call) return;
        call.held -= 1;
        close(id);
      });
      recordings.add(held);
      return held;
    },
    async recorded() {
      while (recordings.size > 0) await Promise.allSettled(recordings);
    },
  };
}
