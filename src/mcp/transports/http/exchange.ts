import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AuthInfo, McpHandlerRequestOptions } from '@modelcontextprotocol/server';

type Fetch = (request: Request, options: McpHandlerRequestOptions) => Promise<Response>;

/**
 * Answers a request, whose body was read before, with what a handler of the SDK returns. The SDK's own adapter makes a
 * Request and keeps it and its Response as long as the call: 6 kB.
 */
export async function answerWith(
  fetch: Fetch,
  request: IncomingMessage,
  response: ServerResponse,
  { authInfo, body }: { authInfo: AuthInfo; body: unknown },
): Promise<void> {
  const isPost = request.method === 'POST';
  const chunks = await fetch(asWebRequest(request, response), {
    authInfo,
    // Without one the SDK would read the body itself.
    ...(isPost && { parsedBody: body ?? null }),
  }).then((answer) => {
    // It says that connections stay open, also to clients that asked for the end of theirs, and while the server ends.
    answer.headers.delete('connection');
    response.writeHead(answer.status, Object.fromEntries(answer.headers));
    // Node keeps them until the first bytes of a body, which may be a keep-alive 15 s later: some clients time out before.
    response.flushHeaders();
    return answer.body?.getReader();
  });
  return chunks ? send(chunks, response) : void response.end();
}

/** Sends what comes from a stream, no faster than the client reads. */
async function send(chunks: ReadableStreamDefaultReader<Uint8Array>, response: ServerResponse) {
  let free = () => {};
  response.on('drain', () => free()).once('close', () => free());
  for (;;) {
    const { done, value } = await chunks.read();
    if (done || response.destroyed) break;
    if (!response.write(value))
      await new Promise<void>((resolve) => {
        free = resolve;
      });
  }
  response.end();
}

/** What the SDK reads of a request whose body it is given; its signal aborts when the client goes before the answer. */
function asWebRequest({ method, url, headers }: IncomingMessage, response: ServerResponse): Request {
  const gone = new AbortController();
  if (response.destroyed) gone.abort();
  response.once('close', () => {
    if (!response.writableEnded) gone.abort();
  });
  const get = (name: string) => headers[name.toLowerCase()]?.toString() ?? null;
  const request = {
    method,
    url: `http://localhost${url}`,
    headers: { get },
    signal: gone.signal,
    body: null,
  };
  return request as unknown as Request;
}
