import type { Agent } from 'undici';

/** Limits of a request, in ms, of its response, in bytes, and of connections. */
export const HTTP_LIMITS = {
  connect: 10_000,
  headers: 30_000,
  body: 30_000,
  // How long an idle connection for submits is kept. Shorter than the idle timeout of servers and load balancers: if the
  // far end closes a connection just as a POST goes out on it, that POST is in doubt.
  submitIdle: 5_000,
  // A result may echo its input, and local images can make that 64 MiB.
  bytes: 80 << 20,
  // How many reads are sent at once.
  reads: 6,
};
export type HttpLimits = typeof HTTP_LIMITS;

// With undici's default of 4 s every poll would open a new connection: three round trips instead of one.
const READ_IDLE = 60_000;
// Submits have connections of their own: reads would wait behind a thousand of them, and then all go out at once.
const MAX_SUBMITS = 10;

/** Connections over undici, which takes some 70 ms to import and so is loaded when they are first opened. */
export function createConnections({ connect, headers, body, submitIdle, reads }: HttpLimits) {
  let opening: Promise<{ reads: Agent; submits: Agent }> | undefined;

  async function load() {
    const { Agent } = await import('undici');
    const timeouts = { connect: { timeout: connect }, headersTimeout: headers, bodyTimeout: body };
    return {
      reads: new Agent({ ...timeouts, connections: reads, keepAliveTimeout: READ_IDLE }),
      submits: new Agent({
        ...timeouts,
        connections: MAX_SUBMITS,
        keepAliveTimeout: submitIdle,
        // Even if the far end offers to keep the connection for longer.
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
    /** Submits wait here for a connection: in undici's own queue their right to be sent would expire. */
    whenFree: limitConcurrency(MAX_SUBMITS),
    async close() {
      if (opening) await Promise.all(Object.values(await opening).map((agent) => agent.destroy()));
    },
  };
}

/** Runs at most `max` tasks at once; the others wait in order. */
function limitConcurrency(max: number): <Result>(task: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let free = max;
  return async (task) => {
    if (free > 0) free -= 1;
    else await new Promise<void>((start) => waiting.push(start));
    return task().finally(() => {
      const next = waiting.shift();
      if (next) next();
      else free += 1;
    });
  };
}
