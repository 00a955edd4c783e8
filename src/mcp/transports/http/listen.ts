import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Address } from '../../../config/address.ts';

/** Limits of connections; times in ms. */
export const HTTP_SERVER_LIMITS = {
  /** For all headers of a request, and for the whole of it. */
  headersTimeout: 20_000,
  requestTimeout: 60_000,
  /** Longer than proxies keep theirs: a request on a connection that is just being closed would fail. */
  keepAliveTimeout: 75_000,
  maxConnections: 10_000,
  maxHeaderBytes: 16 << 10,
};

/** A server that listens. */
export type Listening = Awaited<ReturnType<typeof listen>>;

/** Listens at an address. Rejects with what the system says, such as EADDRINUSE. */
export async function listen(
  { host, port }: Address,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  limits: Partial<typeof HTTP_SERVER_LIMITS> = {},
) {
  const { headersTimeout, requestTimeout, keepAliveTimeout, maxConnections, maxHeaderBytes } = {
    ...HTTP_SERVER_LIMITS,
    ...limits,
  };
  const server = createServer(
    {
      headersTimeout,
      requestTimeout,
      keepAliveTimeout,
      maxHeaderSize: maxHeaderBytes,
      connectionsCheckingInterval: 5_000,
    },
    handle,
  );
  server.maxConnections = maxConnections;
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => resolve());
  });
  return { origin: originOf(server, host), close: () => close(server) };
}

function originOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

/** Takes no more connections and ends those that are left. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
