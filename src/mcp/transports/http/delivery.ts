import type { ServerResponse } from 'node:http';

/**
 * Resolves when all of a response has left this process, and rejects when it no longer can. Not asked of the request's
 * signal: that aborts after a successful answer too.
 */
export function whenLeft(response: ServerResponse): Promise<void> {
  const left = new Promise<void>((resolve, reject) => {
    response.once('finish', resolve);
    // After `finish` it says nothing any more.
    response.once('close', () => reject(new Error('the connection was closed before the answer had left')));
  });
  // Not every request has an answer that somebody waits for.
  left.catch(() => {});
  return left;
}
