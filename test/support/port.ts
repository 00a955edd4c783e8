import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';

/** A port of this machine that was free just now, for programs that have to be told one. */
export function freePort(): Promise<number> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once('error', reject).listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
