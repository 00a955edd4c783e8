import { recordId } from './record.ts';
import type { WaitEnd } from './wait.ts';

/** The jobs that calls of this process follow, or whose outcome they are just delivering; one call each. */
export interface Held {
  take(name: string, call: AbortSignal): void;
  /** Whether a job is this call's; another call may have taken it over. */
  isBy(name: string, call: AbortSignal): boolean;
  release(name: string, call: AbortSignal): void;
  /** Whether a call has it that still waits. A call whose client's clock ran out makes room for its repetition at once. */
  isTaken(name: string): boolean;
  /** Whether any job is a call's. */
  isAny(): boolean;
}

export function createHeld(): Held {
  const calls = new Map<string, AbortSignal>();
  const isBy: Held['isBy'] = (name, call) => calls.get(recordId(name)) === call;
  return {
    take: (name, call) => void calls.set(recordId(name), call),
    isBy,
    release: (name, call) => void (isBy(name, call) && calls.delete(recordId(name))),
    isAny: () => calls.size > 0,
    isTaken(name) {
      const call = calls.get(recordId(name));
      const gaveUp: WaitEnd = 'user';
      return call !== undefined && (!call.aborted || call.reason === gaveUp);
    },
  };
}
