import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { onTestFinished } from 'vitest';

/** A call that the upstream got, with everything that was sent. */
export interface UpstreamCall {
  method: string;
  path: string;
  headers: IncomingMessage['headers'];
  body: string;
}

/** Answers a request for a file. */
export type Handler = (request: IncomingMessage, response: ServerResponse) => void;

/**
 * A second, minimal implementation of RunComfy's API that shares no code with the sandbox: every job is done at
 * its first look. It records each call as it came over the wire, and serves `files` by their paths. An image that is
 * a path is one of these.
 */
export async function startUpstream(
  image: string | string[] = 'https://playgrounds-storage-public.runcomfy.net/out.png',
  files: Record<string, Handler> = {},
) {
  const calls: UpstreamCall[] = [];

  function answer({ method, path }: UpstreamCall): [status: number, body: unknown] {
    if (method === 'POST' && path.startsWith('/v1/models/')) {
      const request_id = `up_${calls.length}`;
      return [200, { request_id, status_url: null }];
    }
    const [, id = '', what] = /^\/v1\/requests\/(up_\d+)\/(status|result|cancel)/.exec(path) ?? [];
    if (what === undefined) return [404, { detail: 'Not Found' }];
    if (what === 'cancel') return [202, { request_id: id, status: 'completed', outcome: 'not_cancellable' }];
    if (what === 'status') return [200, { request_id: id, status: 'completed' }];
    const urls = [image].flat().map((url) => (url.startsWith('/') ? origin() + url : url));
    const name = urls.some((url) => /\.(mp4|mp3|glb)$/.test(url)) ? 'files' : 'images';
    return [200, { request_id: id, status: 'succeeded', output: { [name]: urls } }];
  }

  const origin = () => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const server = createServer(async (request, response) => {
    const file = files[request.url ?? ''];
    if (file) return file(request, response);
    let body = '';
    for await (const chunk of request) body += chunk;
    const call = { method: request.method ?? '', path: request.url ?? '', headers: request.headers, body };
    calls.push(call);
    const [status, json] = answer(call);
    response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(json));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { origin: origin(), calls, image: [image].flat()[0] as string };
}
