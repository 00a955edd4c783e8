import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../log.ts';
import { BodyError, createBodyReader } from '../mcp/transports/http/body.ts';
import type { createEndpoint, Principal } from '../mcp/transports/http/endpoint.ts';
import type { createGuards } from '../mcp/transports/http/guards.ts';
import { refuse, sendJson } from '../mcp/transports/http/respond.ts';
import type { Authentication } from '../tenants/authenticate.ts';
import type { Refusal } from '../tenants/challenge.ts';
import { missingScope } from '../tenants/scopes.ts';
import type { Caller } from '../tenants/tenant.ts';
import { PICTURES } from './picture-links.ts';
import type { AnswerPicture } from './pictures.ts';

export interface FrontOptions {
  guards: ReturnType<typeof createGuards>;
  authentication: Authentication;
  endpoint: ReturnType<typeof createEndpoint>;
  /** For whom a caller is served, and which of the tools cost money or change something. */
  principalOf: (caller: Caller) => Principal & { changes(tool: string): Promise<boolean> };
  answerPicture: AnswerPicture;
  /** Why the server cannot serve now; undefined if it can. */
  obstacle: () => Promise<string | undefined>;
  drain: AbortSignal;
  log: Log;
}

/** Any web page may read it, with the headers that MCP clients send. */
const PUBLIC = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };

/** Answers every request: health for the operator's machines, then guards, then who it is, then MCP. */
export function createFront(options: FrontOptions) {
  const { guards, authentication, endpoint, principalOf, answerPicture, obstacle, drain, log } = options;
  const { authenticate, refusals, documents } = authentication;
  const readBody = createBodyReader();

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (drain.aborted) response.setHeader('connection', 'close');
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    if (pathname === '/healthz') return sendJson(response, 200, { status: 'ok' });
    if (pathname === '/readyz') {
      const why = drain.aborted ? 'the server is about to end' : await obstacle();
      return sendJson(response, why === undefined ? 200 : 503, { status: why ?? 'ok' });
    }
    const document = documents.get(pathname);
    if (document !== undefined) return sendJson(response, 200, document, PUBLIC);
    const why = guards.refuses(request);
    if (why !== undefined) return refuse(response, 403, why);
    guards.allowOrigin(request, response);
    if (request.method === 'OPTIONS') return guards.preflight(response);
    if (pathname.startsWith(PICTURES)) return answerPicture(request, response, pathname);
    if (pathname !== '/mcp') return refuse(response, 404, 'the MCP endpoint is /mcp');
    const first = await authenticate(request);
    if ('status' in first) return refuseCaller(response, first);
    const body = request.method === 'POST' ? await readBody(request) : undefined;
    // A body may come slowly, and the token end meanwhile.
    const caller = await authenticate(request);
    if ('status' in caller) return refuseCaller(response, caller);
    const principal = principalOf(caller);
    const scope = await missingScope(caller, body, principal.changes);
    if (scope !== undefined) return refuseCaller(response, refusals.insufficientScope(scope));
    await endpoint(request, response, principal, body);
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

function refuseCaller(response: ServerResponse, { status, message, challenge }: Refusal): void {
  refuse(response, status, message, {
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
    ...(status === 503 && { 'retry-after': '60' }),
  });
}
