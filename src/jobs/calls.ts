import { createHash } from 'node:crypto';
import type { Account } from '../account.ts';
import type { ToolError } from '../errors.ts';
import type { Job } from './job.ts';
import type { OpenCalls } from './store.ts';

/** Why a wait ended early: the user gave up, the client's clock ran out, or the client is gone. */
export type WaitEnd = 'user' | 'timeout' | 'closed';

/** How long a caller waits for a job, what it is told meanwhile, and whether its answer arrives. */
export interface Wait {
  /** Names the call in leases; no two calls of any process share one. */
  call: string;
  /** When to hand over, in ms since the epoch; Infinity waits to the end. */
  until: number;
  /** Ends the wait at once, with a WaitEnd as its reason. The job goes on unless the user gave up while it is queued. */
  signal: AbortSignal;
  /** Called after every look. */
  onPoll(job: Job): void;
  /** Whether the answer has left this process whole. Never rejects. */
  delivered: Promise<boolean>;
}

/** A job as a caller gets it. */
export interface Outcome {
  job: Job;
  /** It was submitted by an earlier call with the same input, whose answer reached nobody. */
  resumed: boolean;
  /** Why the last look told nothing, where that is so. */
  readError?: ToolError;
}

/** By which a call and its job are known. */
export type PaidCall = Pick<Job, 'model' | 'input'>;

/** The hash by which a call is known again: the same account, model and input give the same 16 hex digits. */
export function fingerprintOf({ tenant, api }: Account, { model, input }: PaidCall): string {
  const canonical = JSON.stringify([tenant, api, model, input], (_, value) => withSortedKeys(value));
  return createHash('sha256').update(canonical).digest('hex').slice(0, 16);
}

/** An object with its keys in order: in which order a client writes them says nothing. */
function withSortedKeys(value: unknown): unknown {
  if (!value || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

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
