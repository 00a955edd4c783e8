import type { RequestId } from '@modelcontextprotocol/server';
import type { WaitEnd } from '../../../jobs/calls.ts';
import { objectOf } from '../../../json.ts';
import { waitEnd } from '../../hosts.ts';

export type Cancellations = ReturnType<typeof createCancellations>;

/** Takes a cancellation, which a 2025 client posts as a request of its own, to the call that it means. */
export function createCancellations() {
  const calls = new Map<string, (why: WaitEnd) => void>();
  // Clients count their requests from 0: an id alone would name calls of all of them.
  const keyOf = (session: string, id: RequestId) => JSON.stringify([session, id]);

  return {
    /** Calls `end` when this call of a session is cancelled; returns what stops that. */
    register(session: string, id: RequestId, end: (why: WaitEnd) => void): () => void {
      const key = keyOf(session, id);
      calls.set(key, end);
      return () => {
        if (calls.get(key) === end) calls.delete(key);
      };
    },
    /** Ends the call that a message cancels, if it is one that does and the call is here. */
    take(session: string, message: unknown): void {
      const { method, params } = objectOf(message);
      if (method !== 'notifications/cancelled') return;
      const { requestId, reason } = objectOf(params);
      if (typeof requestId === 'string' || typeof requestId === 'number')
        calls.get(keyOf(session, requestId))?.(waitEnd(reason));
    },
  };
}
