import type { ServerResponse } from 'node:http';

/**
 * Resolves when the system has taken all of a response, and rejects when it no longer can. Not asked of the request's
 * signal: that aborts after a successful answer too.
 */
export function whenLeft(response: ServerResponse): Promise<void> {
  // A response that waits for an earlier one on its connection has no socket yet.
  const { socket } = response.req;
  const left = new Promise<void>((resolve, reject) => {
    const fail = () => reject(new Error('the connection was closed before the answer had left'));
    // The client may have gone while its request was still being read.
    if (socket.destroyed) return fail();
    response.on('finish', () => {
      // Node says so too of a response whose last bytes could not be written, as the client was gone (measured).
      if (socket.destroyed || socket.errored) fail();
      else resolve();
    });
    // After the above it says nothing any more.
    response.on('close', fail);
  });
  // Not every request has an answer that somebody waits for.
  left.catch(() => {});
  return left;
}
