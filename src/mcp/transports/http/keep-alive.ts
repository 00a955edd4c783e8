import type { ServerResponse } from 'node:http';

// In ms: below the 60 s after which nginx and most load balancers cut a connection on which nothing comes.
const EVERY = 15_000;

export type KeepAlive = (response: ServerResponse) => void;

/** Writes comments into event streams until they end: one timer for all, as the SDK's own are 0.7 kB each. */
export function createKeepAlive(): KeepAlive {
  const streams = new Set<ServerResponse>();
  let timer: NodeJS.Timeout | undefined;

  function writeToAll(): void {
    // Each event is written whole. What a client does not read would pile up.
    for (const stream of streams)
      if (!stream.writableEnded && !stream.writableNeedDrain) stream.write(': keepalive\n\n');
  }

  return (response) => {
    streams.add(response);
    timer ??= setInterval(writeToAll, EVERY).unref();
    response.on('close', () => {
      streams.delete(response);
      if (streams.size > 0) return;
      clearInterval(timer);
      timer = undefined;
    });
  };
}
