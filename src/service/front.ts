import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Log } from '../log.ts';
import { BODY_LIMITS, type BodyLimits, createBodyReader } from '../mcp/transports/http/body.ts';
import type { createEndpoint, Principal } from '../mcp/transports/http/endpoint.ts';
import type { createGuards } from '../mcp/transports/http/guards.ts';
import { RefusedError, refuse, sendJson } from '../mcp/transports/http/respond.ts';
import { createShares, type ShareLimits } from '../mcp/transports/http/shares.ts';
import type { Authentication } from '../tenants/authenticate.ts';
import type { Refusal } from '../tenants/challenge.ts';
import { missingScope } from '../tenants/scopes.ts';
import type { Caller } from '../tenants/tenant.ts';
import { PICTURES } from './picture-links.ts';
import type { AnswerPicture } from './pictures.ts';

export interface FrontLimits {
  /** Messages that are being read, and as many that are being answered: a waiting call takes up some 80 kB. */
  open: ShareLimits;
  bodies: BodyLimits;
}

const LIMITS: FrontLimits = { open: { inAll: 2_500, perTenant: 1_000 }, bodies: BODY_LIMITS };

export interface FrontOptions {
  guards: ReturnType<typeof createGuards>;
  authentication: Authentication;
  endpoint: ReturnType<typeof createEndpoint>;
  /** For whom a caller is served, and which of the tools cost money or change something. */
  principalOf: (
    caller: Caller,
    response: ServerResponse,
  ) => Principal & { changes(tool: string): Promise<boolean> };
  answerPicture: AnswerPicture;
  /** Whether the server can serve now. */
  isReady: () => Promise<boolean>;
  drain: AbortSignal;
  log: Log;
  /** Warns of what anybody can cause, now and then. */
  warn: (kind: string) => void;
  limits?: Partial<FrontLimits> | undefined;
}

/** Any web page may read it, with the headers that MCP clients send. */
const PUBLIC = { 'access-control-allow-origin': '*', 'access-control-allow-headers': '*' };

/** Answers every request: health for the operator's machines, then guards, then who it is, then MCP. */
export function createFront(options: FrontOptions) {
  const { guards, authentication, endpoint, principalOf, answerPicture, isReady, drain, log, warn } = options;
  const { authenticate, refusals, documents } = authentication;
  const { open, bodies } = { ...LIMITS, ...options.limits };
  const readBody = createBodyReader(bodies);
  const openReading = createShares(open, 'open requests');
  const openAnswer = createShares(open, 'open requests');

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    response.setHeader('x-content-type-options', 'nosniff');
    response.setHeader('cache-control', 'no-store');
    if (drain.aborted) response.setHeader('connection', 'close');
    const path = pathOf(request);
    if (path === '/healthz' || path === '/readyz') {
      allow(request, 'GET', 'HEAD');
      const isOk = path === '/healthz' || (!drain.aborted && (await isReady()));
      return sendJson(response, isOk ? 200 : 503, { status: isOk ? 'ok' : 'not ready' });
    }
    const document = documents.get(path);
    if (document !== undefined) return sendJson(response, 200, document, PUBLIC);
    guards.check(request);
    guards.allowOrigin(request, response);
    if (request.method === 'OPTIONS' && request.headers.origin !== undefined)
      return guards.preflight(response);
    if (path.startsWith(PICTURES)) return answerPicture(request, response, path);
    if (path !== '/mcp') throw new RefusedError(404, 'the MCP endpoint is /mcp');
    const { tenant } = callerOf(await authenticate(request));
    allow(request, 'POST');
    await answerCall(request, response, tenant.id).catch((error) => {
      if (error instanceof RefusedError && error.isOverload) warn(`tenant ${tenant.id}: ${error.message}`);
      throw error;
    });
  }

  async function answerCall(request: IncomingMessage, response: ServerResponse, tenant: string) {
    const reading = openReading(tenant);
    reading.add(1);
    const body = await readBody(request, response, tenant).finally(reading.release);
    // A body may come slowly, and the token end meanwhile.
    const caller = callerOf(await authenticate(request));
    const principal = principalOf(caller, response);
    const scope = await missingScope(caller, body, principal.changes);
    if (scope !== undefined) throw refusalOf(refusals.insufficientScope(scope));
    // Nothing is begun for a client that is gone, and what is counted ends with the response.
    if (response.closed) return;
    const answering = openAnswer(tenant);
    response.on('close', answering.release);
    // A cancellation gets through whatever waits.
    answering.add([body].flat().filter(isRequest).length);
    return endpoint(request, response, principal, body);
  }

  return (request: IncomingMessage, response: ServerResponse): void => {
    answer(request, response).catch((error) => {
      if (!(error instanceof RefusedError)) log.error(`a request failed: ${(error as Error).stack}`);
      if (response.headersSent) return void response.destroy();
      const failed = new RefusedError(500, 'the request failed on the server');
      refuse(response, error instanceof RefusedError ? error : failed);
    });
  };
}

/** The path as it was sent: no other spelling of one is served, and no URL of another host. */
const pathOf = ({ url = '' }: IncomingMessage): string => url.split('?', 1)[0] as string;

function allow({ method = '' }: IncomingMessage, ...methods: string[]): void {
  if (methods.includes(method)) return;
  throw new RefusedError(405, 'this method is not used here', { allow: methods.join(', ') });
}

/** Throws RefusedError. */
function callerOf(caller: Caller | Refusal): Caller {
  if ('status' in caller) throw refusalOf(caller);
  return caller;
}

const refusalOf = ({ status, message, challenge }: Refusal): RefusedError =>
  new RefusedError(status, message, {
    ...(challenge !== undefined && { 'www-authenticate': challenge }),
    ...(status === 503 && { 'retry-after': '60' }),
  });

/** Whether a message of a client wants an answer. */
const isRequest = (message: unknown): boolean =>
  typeof message === 'object' && message !== null && 'method' in message && 'id' in message;
