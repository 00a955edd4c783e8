import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../log.ts';
import { BodyError, createBodyReader } from '../mcp/transports/http/body.ts';
import type { createEndpoint, Principal } from '../mcp/transports/http/endpoint.ts';
import type { createGuards } from '../mcp/transports/http/guards.ts';
import { refuse, sendJson } from '../mcp/transports/http/respond.ts';
import type { Authenticate } from '../tenants/authenticate.ts';
import type { Caller } from '../tenants/tenant.ts';

export interface FrontOptions {
  guards: ReturnType<typeof createGuards>;
  authenticate: Authenticate;
  endpoint: ReturnType<typeof createEndpoint>;
  principalOf: (caller: Caller) => Principal;
  /** Why the server cannot serve now; undefined if it can. */
  obstacle: () => Promise<string | undefined>;
  drain: AbortSignal;
  log: Log;
}

/** Answers every request: health for the operator's machines, then guards, then who it is, then MCP. */
export function createFront(options: FrontOptions) {
  const { guards, authenticate, endpoint, principalOf, obstacle, drain, log } = options;
  const readBody = createBodyReader();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (drain.aborted) response.setHeader('connection', 'close');
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/healthz') return sendJson(response, 200, { status: 'ok' });
    if (pathname === '/readyz') {
      const why = drain.aborted ? 'the server is about to end' : await obstacle();
      return sendJson(response, why === undefined ? 200 : 503, { status: why ?? 'ok' });
    }
    const why = guards.refuses(request);
    if (why !== undefined) return refuse(response, 403, why);
    guards.allowOrigin(request, response);
    if (request.method === 'OPTIONS') return guards.preflight(response);
    if (pathname !== '/mcp') return refuse(response, 404, 'the MCP endpoint is /mcp');
    const caller = await authenticate(request);
    if ('challenge' in caller)
      return refuse(response, caller.status, caller.message, { 'www-authenticate': caller.challenge });
    const body = request.method === 'POST' ? await readBody(request) : undefined;
    await endpoint(request, response, principalOf(caller), body);
  }

  return (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error) => {
      if (!(error instanceof BodyError)) log.error(`a request failed: ${(error as Error).stack}`);
      if (response.headersSent) return void response.destroy();
      const [status, message] =
        error instanceof BodyError ? [error.status, error.message] : [500, 'the request failed'];
      refuse(response, status as number, message as string, { connection: 'close' });
    });
  };
}
