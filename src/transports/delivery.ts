import type { JSONRPCMessage, RequestId } from '@modelcontextprotocol/server';
import type { Delivery } from '../call-wait.ts';
import type { WaitEnd } from '../jobs/wait.ts';

/** What a transport tells about the answers that it writes, and what calls learn from it. */
export interface Deliveries {
  delivery: Delivery;
  /** Tells of a message that is being written; `written` resolves when all of it has left this process, or rejects. */
  onWrite(message: JSONRPCMessage, written: Promise<void>): void;
}

// A client that has closed its end may still read what is being written.
const CLOSED: WaitEnd = 'closed';

export function createDeliveries(): Deliveries {
  /** By request id: takes whether its result goes out whole. */
  const awaited = new Map<RequestId, (whole: Promise<boolean>) => void>();

  return {
    delivery: (id, ended) =>
      new Promise((resolve) => {
        let isWriting = false;
        const giveUp = () => {
          if (isWriting && ended.reason === CLOSED) return;
          if (!isWriting) awaited.delete(id);
          resolve(false);
        };
        if (ended.aborted) return giveUp();
        ended.addEventListener('abort', giveUp, { once: true });
        awaited.set(id, (whole) => {
          isWriting = true;
          awaited.delete(id);
          void whole.then(resolve);
        });
      }),
    onWrite(message, written) {
      if ('method' in message || message.id === undefined) return;
      const whole = written.then(
        () => 'result' in message,
        () => false,
      );
      awaited.get(message.id)?.(whole);
    },
  };
}
