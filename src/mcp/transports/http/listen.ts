import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { type Address, inUrl } from '../../../config/address.ts';
import { codeOf } from '../../../errors.ts';

/** Limits of connections; times in ms. */
export const HTTP_SERVER_LIMITS = {
  /** For all headers of a request, and for the whole of it. */
  headersTimeout: 20_000,
  requestTimeout: 60_000,
  /** How often these are looked at. */
  connectionsCheckingInterval: 5_000,
  /** Longer than proxies keep theirs: a request on a connection that is just being closed would fail. */
  keepAliveTimeout: 75_000,
  /** For an answer that its client does not read: while one is awaited, comments are written more often. */
  idleTimeout: 60_000,
  /** For a body that is not wanted: a reset would take the answer away from a client that still sends. */
  lingerTimeout: 2_000,
  maxConnections: 10_000,
  maxHeaderBytes: 16 << 10,
};
export type HttpServerLimits = typeof HTTP_SERVER_LIMITS;

/** Why the system does not let the server listen, in words. */
export class ListenError extends Error {}

/** Listens at an address. `onDrop` is told of each connection beyond the limit. Rejects with ListenError. */
export async function listen(
  { host, port }: Address,
  handle: (request: IncomingMessage, response: ServerResponse) => void,
  { limits: given, onDrop }: { limits?: Partial<HttpServerLimits> | undefined; onDrop?: () => void } = {},
) {
  const limits = { ...HTTP_SERVER_LIMITS, ...given };
  const { idleTimeout, lingerTimeout, maxConnections, maxHeaderBytes, ...times } = limits;
  const server = createServer({ ...times, maxHeaderSize: maxHeaderBytes });
  server.timeout = idleTimeout;
  server.maxConnections = maxConnections;
  // All headers are read: by default an Origin behind 2,000 others would be dropped.
  server.maxHeadersCount = 0;
  const onRequest = (request: IncomingMessage, response: ServerResponse) => {
    response.on('finish', () => discardRest(request, lingerTimeout));
    handle(request, response);
  };
  server.on('request', onRequest);
  // The client is told to go on only when its body is wanted.
  server.on('checkContinue', onRequest);
  server.on('drop', () => onDrop?.());
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject).listen(port, host, () => resolve(void server.off('error', reject)));
  }).catch((error) => {
    throw new ListenError(`cannot listen at ${inUrl(host)}:${port}: ${reasonOf(error)}`);
  });
  return { origin: originOf(server, host), close: () => close(server) };
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'another program listens there',
  EACCES: 'this user may not use that port',
  EADDRNOTAVAIL: 'this machine has no such address',
  ENOTFOUND: 'no machine has that name',
};

function reasonOf(error: unknown): string {
  const code = codeOf(error);
  const reason = REASONS[code];
  return reason ? `${reason} (${code})` : code;
}

/** Reads what a client still sends of a request that was answered, for a moment. */
function discardRest(request: IncomingMessage, lingerTimeout: number): void {
  if (request.complete) return;
  const socket: Socket = request.socket;
  const timer = setTimeout(() => socket.destroy(), lingerTimeout);
  request.once('close', () => clearTimeout(timer));
  request.resume();
}

function originOf(server: Server, host: string): string {
  const { port } = server.address() as AddressInfo;
  return `http://${inUrl(host)}:${port}`;
}

/** Takes no more connections and ends those that are left. */
function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
