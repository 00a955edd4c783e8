import type { IncomingMessage, ServerResponse } from 'node:http';
import type { KeepAlive } from './keep-alive.ts';

/**
 * Begins to answer with what the SDK returns; its body goes out on its own, also after this has resolved. The SDK's own
 * adapter makes a Request and keeps it and its Response as long as the call: 6 kB.
 */
export async function answerWith(
  answering: Promise<Response>,
  response: ServerResponse,
  keepAlive: KeepAlive,
) {
  const { status, headers, body } = await answering;
  // It says that connections stay open, also to clients that asked for the end of theirs, and while the server ends.
  headers.delete('connection');
  response.writeHead(status, Object.fromEntries(headers));
  // Node keeps them until the first bytes of a body, which may be a keep-alive 15 s later: some clients time out before.
  response.flushHeaders();
  if (headers.get('content-type') === 'text/event-stream') keepAlive(response);
  if (body) send(body.getReader(), response);
  else response.end();
}

/** Sends what comes from a stream, no faster than the client reads. No async function: one that waits is 0.6 kB. */
function send(chunks: ReadableStreamDefaultReader<Uint8Array>, response: ServerResponse): void {
  const next = () => void chunks.read().then(onChunk, onFailed);
  const onFailed = () => response.destroy();
  const onChunk = ({ done, value }: ReadableStreamReadResult<Uint8Array>) => {
    if (done || response.destroyed) response.end();
    else if (response.write(value)) next();
    else response.once('drain', next);
  };
  next();
}

/**
 * What the SDK reads of a request whose body it is given. Its signal aborts when the client goes before the answer, and
 * has what the SDK uses of one: an AbortSignal is another 1 kB for each call that waits.
 */
export function asWebRequest({ method, url, headers }: IncomingMessage, response: ServerResponse): Request {
  const request = {
    method,
    url: `http://localhost${url}`,
    headers: { get: (name: string) => headers[name.toLowerCase()]?.toString() ?? null },
    signal: {
      get aborted() {
        return response.destroyed;
      },
      addEventListener: (_: 'abort', listener: () => void) => response.on('close', listener),
      removeEventListener: (_: 'abort', listener: () => void) => response.off('close', listener),
    },
    body: null,
  };
  return request as unknown as Request;
}
