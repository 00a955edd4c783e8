import { createHash } from 'node:crypto';
import type { Account } from '../account.ts';
import type { ToolError } from '../errors.ts';
import type { Job } from './job.ts';

/** Why a wait ended early: the user gave up, the client's timeout passed, or the client is gone. */
export type WaitEnd = 'user' | 'timeout' | 'closed';

/** How long a caller waits for a job, what reports progress to it, and whether its answer arrives. */
export interface Wait {
  /** Names the call in leases; no two calls of any process share one. */
  call: string;
  /** When to hand over, in ms since the epoch; Infinity waits to the end. */
  until: number;
  /** Ends the wait at once, with a WaitEnd as its reason. The job goes on unless the user gave up while it is queued. */
  signal: AbortSignal;
  /** Aborts when the process is to end: the wait is then over as if its time were. Absent where no process waits for that. */
  drain?: AbortSignal | undefined;
  /** Once it ended: whether its user gave up, who may say so only after the client is gone. Absent where that comes first. */
  isStopped?: () => Promise<boolean>;
  /** Ends the wait if another process knows that it is over. Never rejects; absent where none may know more. */
  hear?: () => Promise<void>;
  /** Called after every poll, with all jobs of the call. */
  onPoll(jobs: readonly Job[]): void;
  /** Whether the whole answer has left this process. Never rejects. */
  delivered: Promise<boolean>;
}

/** Aborts when a wait ends, for whatever reason but its time. */
export const untilDrain = ({ signal, drain }: Pick<Wait, 'signal' | 'drain'>): AbortSignal =>
  drain ? AbortSignal.any([signal, drain]) : signal;

/** A job as a caller gets it. */
export interface Outcome {
  job: Job;
  /** It was submitted by an earlier call with the same input, whose answer reached nobody. */
  resumed: boolean;
  /** Why the last poll failed, if it did. */
  readError?: ToolError;
}

/** What identifies a call and its job. */
export type PaidCall = Pick<Job, 'model' | 'input'>;

/** A job that is about to be submitted, and the wait for it. */
export interface NewJob {
  fingerprint: string;
  job: Pick<Job, 'model' | 'input' | 'batch'>;
  wait: Wait;
}

/** The hash that identifies a repeated call: the same account, model and input give the same 16 hex digits. */
export function fingerprintOf({ tenant, api }: Account, { model, input }: PaidCall): string {
  const canonical = JSON.stringify([tenant, api, model, input], (_, value) => withSortedKeys(value));
  return createHash('sha256').update(canonical).digest('hex').slice(0, 16);
}

/** The order in which a client writes keys says nothing. */
function withSortedKeys(value: unknown): unknown {
  if (!value || typeof value !== 'object' || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}

interface Call {
  signal: AbortSignal;
  fingerprint: string | undefined;
  /** Undefined once it has ended. */
  work: Promise<unknown> | undefined;
  /** What of it goes on behind its work. */
  rest: Promise<unknown> | undefined;
  held: number;
}

const GAVE_UP: WaitEnd = 'user';

const isAtWork = ({ work, rest }: Call): boolean => work !== undefined || rest !== undefined;

export type Calls = ReturnType<typeof createCalls>;

/** The open calls of this process: until their work is done and what became of their answers is recorded. */
export function createCalls() {
  const calls = new Map<string, Call>();
  const recordings = new Set<Promise<unknown>>();

  const close = (id: string) => {
    const call = calls.get(id);
    if (call && !isAtWork(call) && call.held === 0) calls.delete(id);
  };

  /** Holds a call, and the end of the process, until something is recorded. */
  function hold<Result>(id: string, recording: Promise<Result>): Promise<Result> {
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
  }

  return {
    has(id: string): boolean {
      const call = calls.get(id);
      if (!call) return false;
      // After a client's timeout the repeated call may have the job as soon as this one's work has ended.
      return isAtWork(call) || !call.signal.aborted || call.signal.reason === GAVE_UP;
    },
    /** Opens a call, until `work` has ended and everything that is held for it is recorded. */
    open<Result>(wait: Wait, fingerprint: string | undefined, work: () => Promise<Result>): Promise<Result> {
      const call: Call = { signal: wait.signal, fingerprint, work: undefined, rest: undefined, held: 0 };
      calls.set(wait.call, call);
      const working = work().finally(() => {
        call.work = undefined;
        close(wait.call);
      });
      call.work = working;
      return working;
    },
    /** Tells the fingerprint of the job that a call came to follow by its request id. */
    follows(id: string, fingerprint: string): void {
      const call = calls.get(id);
      if (call) call.fingerprint = fingerprint;
    },
    /**
     * The work of other calls whose fingerprints begin with this, and whose clients gave up; each resolves at its end.
     */
    abandoned: (fingerprint: string, except: string): Promise<unknown>[] =>
      [...calls].flatMap(([id, call]) =>
        isAtWork(call) && call.signal.aborted && id !== except && call.fingerprint?.startsWith(fingerprint)
          ? [Promise.allSettled([call.work, call.rest])]
          : [],
      ),
    hold,
    /** Lets the work of a call go on, though it is answered, until something is recorded that others must not do without. */
    prolong(id: string, recording: Promise<unknown>): void {
      const call = calls.get(id);
      const held = hold(id, recording);
      if (!call) return;
      const rest = Promise.allSettled([call.rest, held]).then(() => {
        if (call.rest === rest) call.rest = undefined;
        close(id);
      });
      call.rest = rest;
    },
    /** Resolves when nothing is held any more. */
    async recorded(): Promise<void> {
      while (recordings.size > 0) await Promise.allSettled(recordings);
    },
  };
}
