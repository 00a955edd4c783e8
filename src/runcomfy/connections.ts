import type { Agent } from 'undici';

/** Times of connections, in ms. */
export interface ConnectionLimits {
  connect: number;
  headers: number;
  body: number;
  /** How long a connection of submits is kept open for the next one. */
  submitIdle: number;
}

/** What holds unless told. */
export const CONNECTION_LIMITS: ConnectionLimits = {
  connect: 10_000,
  headers: 30_000,
  body: 30_000,
  // Shorter than what servers and balancers allow a connection to idle: one that the far end closes just as a POST
  // goes out leaves it in doubt.
  submitIdle: 5_000,
};

// With undici's default of 4 s each look would open a new connection: three round trips instead of one.
const FREE_IDLE = 60_000;
// Submits have connections of their own: reads would wait behind a thousand of them, and then all go out at once.
const MAX_CONNECTIONS = { free: 6, paid: 10 };

/** Connections over undici, which costs some 70 ms to import and so is loaded when they are first opened. */
export function createConnections({ connect, headers, body, submitIdle }: ConnectionLimits) {
  let opening: Promise<{ free: Agent; paid: Agent }> | undefined;

  async function load() {
    const { Agent } = await import('undici');
    const timeouts = { connect: { timeout: connect }, headersTimeout: headers, bodyTimeout: body };
    return {
      free: new Agent({ ...timeouts, connections: MAX_CONNECTIONS.free, keepAliveTimeout: FREE_IDLE }),
      paid: new Agent({
        ...timeouts,
        connections: MAX_CONNECTIONS.paid,
        keepAliveTimeout: submitIdle,
        // However long the far end says that it keeps the connection.
        keepAliveMaxTimeout: submitIdle,
      }),
    };
  }

  const open = () => {
    opening ??= load();
    return opening;
  };

  return {
    open,
    /** Submits wait here: a permit would run out in undici's own queue. */
    inTurn: createTurns(MAX_CONNECTIONS.paid),
    async close() {
      if (opening) await Promise.all(Object.values(await opening).map((agent) => agent.destroy()));
    },
  };
}

/** Lets so many pieces of work run at once; others wait in the order in which they came. */
function createTurns(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let left = most;
  return async (work) => {
    if (left > 0) left -= 1;
    else await new Promise<void>((go) => waiting.push(go));
    return work().finally(() => {
      const next = waiting.shift();
      if (next) next();
      else left += 1;
    });
  };
}
