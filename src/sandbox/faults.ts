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
  /** How many requests it hits; default 1, Infinity for all. */
  times?: number;
  /**
   * `before`: the request is read, then the connection is reset without processing it.
   * `after`: the request is processed, then the connection is reset without a response. `cut`: half of the response is sent.
   * `hold`: the request is processed, and the response waits for the promise. `stall`: processing waits for the promise.
   * `cutAfter`: the request is processed, and the response is sent up to the end of the first match.
   * A reply is sent instead of processing the request; with `done` it is processed, and the response is altered.
   */
  what:
    | 'before'
    | 'after'
    | 'cut'
    | { hold: Promise<unknown> }
    | { stall: Promise<unknown> }
    | { cutAfter: RegExp }
    | SandboxReply
    | AlteredReply;
}

export interface SandboxReply {
  status: number;
  /** JSON unless it is a string or bytes. */
  body: unknown;
  headers?: Record<string, string>;
}

/** What is omitted stays as the endpoint responded; the body may be a function of the endpoint's own. */
export interface AlteredReply {
  done: true;
  status?: number;
  // biome-ignore lint/suspicious/noExplicitAny: the body of any endpoint.
  body?: unknown | ((own: any) => unknown);
  headers?: Record<string, string>;
}

/** Faults in the order of injection; each request gets the first that matches. */
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

/** Processes a request and sends the response, as far as the fault allows. */
export async function answerThrough(
  fault: Fault['what'] | undefined,
  act: () => SandboxReply | Promise<SandboxReply>,
  response: ServerResponse,
): Promise<void> {
  const what = typeof fault === 'object' ? fault : { named: fault };
  if (fault === 'before') return void response.destroy();
  if ('stall' in what) await what.stall;
  if ('status' in what && !('done' in what)) return send(what, response);
  const own = await act();
  if (fault === 'after') return void response.destroy();
  if ('hold' in what) await what.hold;
  if ('done' in what) return send(altered(own, what), response);
  if (fault === 'cut') return send(own, response, (text) => text.length / 2);
  if ('cutAfter' in what) return send(own, response, (text) => endOf(what.cutAfter, text));
  return send(own, response);
}

function altered(
  own: SandboxReply,
  { status = own.status, body = own.body, headers }: AlteredReply,
): SandboxReply {
  return { status, body: typeof body === 'function' ? body(own.body) : body, ...(headers && { headers }) };
}

/** Where the first match ends; the whole length if there is none. */
function endOf(pattern: RegExp, text: string): number {
  const match = pattern.exec(text);
  return match ? match.index + match[0].length : text.length;
}

/** Sends a reply, or only its first characters, as many as `cut` returns. */
export function send(
  { status, body, headers }: SandboxReply,
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
