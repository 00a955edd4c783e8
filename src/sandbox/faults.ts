import type { ServerResponse } from 'node:http';

/** The sandbox's endpoints, by name. */
export type Route = 'submit' | 'status' | 'result' | 'cancel' | 'balance' | 'models' | 'model' | 'output';

/** Something that goes wrong at an endpoint. */
export interface Fault {
  on: Route;
  /** How many requests it hits; 1 unless told, Infinity for all. */
  times?: number;
  /**
   * `before`: the connection is reset after the request was read, and nothing was done.
   * `after`: it is done, then the connection is reset without an answer. `cut`: half of the answer goes out.
   * `hold`: it is done, and the answer waits for the promise. `stall`: nothing is done before the promise resolves.
   * A reply is given instead of doing anything.
   */
  what: 'before' | 'after' | 'cut' | { hold: Promise<unknown> } | { stall: Promise<unknown> } | Reply;
}

export interface Reply {
  status: number;
  /** JSON unless it is a string. */
  body: unknown;
  headers?: Record<string, string>;
}

/** Faults in the order in which they were given; each request takes the first that fits. */
export function createFaults() {
  const pending: { fault: Fault; left: number }[] = [];
  let atRandom: (route: Route) => Fault['what'] | undefined = () => undefined;
  return {
    inject(fault: Fault) {
      pending.push({ fault, left: fault.times ?? 1 });
    },
    failAtRandom(choose: typeof atRandom) {
      atRandom = choose;
    },
    take(route: Route): Fault['what'] | undefined {
      const next = pending.find(({ fault, left }) => fault.on === route && left > 0);
      if (next) next.left -= 1;
      return next ? next.fault.what : atRandom(route);
    },
  };
}

/** Sends a reply through a fault, or as it is. */
export async function sendThrough(
  what: Fault['what'] | undefined,
  reply: Reply,
  response: ServerResponse,
): Promise<void> {
  if (what === 'after') {
    response.destroy();
    return;
  }
  if (typeof what === 'object' && 'hold' in what) await what.hold;
  const html = typeof reply.body === 'string';
  const body = html ? String(reply.body) : JSON.stringify(reply.body);
  response.writeHead(reply.status, {
    'content-type': html ? 'text/html' : 'application/json',
    'content-length': Buffer.byteLength(body),
    ...reply.headers,
  });
  if (what !== 'cut') {
    response.end(body);
    return;
  }
  response.write(body.slice(0, body.length / 2));
  setImmediate(() => response.destroy());
}
