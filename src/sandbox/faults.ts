import type { ServerResponse } from 'node:http';

/** The sandbox's endpoints, by name. */
export type Route = 'submit' | 'status' | 'result' | 'cancel' | 'balance' | 'models' | 'model' | 'output';

/** A request as the sandbox saw it, for tests. */
export interface SeenRequest {
  route: Route;
  path: string;
  body: unknown;
  authorization: string | undefined;
}

/** Something that goes wrong at an endpoint. */
export interface Fault {
  on: Route;
  /** How many requests it hits; 1 unless told, Infinity for all. */
  times?: number;
  /**
   * `before`: the connection is reset after the request was read, and nothing was done.
   * `after`: it is done, then the connection is reset without an answer. `cut`: half of the answer goes out.
   * `hold`: it is done, and the answer waits for the promise. `stall`: nothing is done before the promise resolves.
   * `cutAfter`: it is done, and the answer goes out up to the end of the first match.
   * A reply is given instead of doing anything; with `done` it is done, and then answered otherwise than it should be.
   */
  what:
    | 'before'
    | 'after'
    | 'cut'
    | { hold: Promise<unknown> }
    | { stall: Promise<unknown> }
    | { cutAfter: RegExp }
    | Reply
    | DoneReply;
}

export interface Reply {
  status: number;
  /** JSON unless it is a string or bytes. */
  body: unknown;
  headers?: Record<string, string>;
}

/** What is left out is as in the endpoint's own answer; a body may be made from its body. */
export interface DoneReply {
  done: true;
  status?: number;
  // biome-ignore lint/suspicious/noExplicitAny: the body of any endpoint.
  body?: unknown | ((own: any) => unknown);
  headers?: Record<string, string>;
}

/** Faults in the order in which they were given; each request takes the first that fits. */
export function createFaults() {
  const pending: { fault: Fault; left: number }[] = [];
  let atRandom: (route: Route, request: SeenRequest) => Fault['what'] | undefined = () => undefined;
  return {
    inject(fault: Fault) {
      pending.push({ fault, left: fault.times ?? 1 });
    },
    failAtRandom(choose: typeof atRandom) {
      atRandom = choose;
    },
    take(request: SeenRequest): Fault['what'] | undefined {
      const next = pending.find(({ fault, left }) => fault.on === request.route && left > 0);
      if (next) next.left -= 1;
      return next ? next.fault.what : atRandom(request.route, request);
    },
  };
}

/** Does what a request asks for and answers it, or what is left of that under a fault. */
export async function answerThrough(
  fault: Fault['what'] | undefined,
  act: () => Reply,
  response: ServerResponse,
): Promise<void> {
  const what = typeof fault === 'object' ? fault : { named: fault };
  if (fault === 'before') return void response.destroy();
  if ('stall' in what) await what.stall;
  if ('status' in what && !('done' in what)) return send(what, response);
  const own = act();
  if (fault === 'after') return void response.destroy();
  if ('hold' in what) await what.hold;
  if ('done' in what) return send(altered(own, what), response);
  if (fault === 'cut') return send(own, response, (text) => text.length / 2);
  if ('cutAfter' in what) return send(own, response, (text) => endOf(what.cutAfter, text));
  return send(own, response);
}

function altered(own: Reply, { status = own.status, body = own.body, headers }: DoneReply): Reply {
  return { status, body: typeof body === 'function' ? body(own.body) : body, ...(headers && { headers }) };
}

/** Where the first match ends; the whole length where there is none. */
function endOf(pattern: RegExp, text: string): number {
  const match = pattern.exec(text);
  return match ? match.index + match[0].length : text.length;
}

/** Sends a reply, of which only as many characters go out as `cut` tells. */
export function send(
  { status, body, headers }: Reply,
  response: ServerResponse,
  cut?: (text: string) => number,
): void {
  const isJson = typeof body !== 'string' && !Buffer.isBuffer(body);
  const bytes = Buffer.from(isJson ? JSON.stringify(body) : body);
  response.writeHead(status, {
    'content-type': isJson ? 'application/json' : 'text/html',
    'content-length': bytes.length,
    ...headers,
  });
  if (!cut) return void response.end(bytes);
  const text = bytes.toString('utf8');
  response.write(text.slice(0, cut(text)));
  setImmediate(() => response.destroy());
}
