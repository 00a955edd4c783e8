import type { IncomingMessage, OutgoingHttpHeaders, ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { type AuthInfo, createMcpHandler } from '@modelcontextprotocol/server';
import type { Clock } from '../../../clock.ts';
import { objectOf } from '../../../json.ts';
import type { Log } from '../../../log.ts';
import { showsViews } from '../../apps.ts';
import type { Channel } from '../../channel.ts';
import type { ServerFactory } from '../../server.ts';
import { MAX_BODY } from './body.ts';
import { createCancellations } from './cancellations.ts';
import { whenLeft } from './delivery.ts';
import type { Sessions } from './session.ts';

// In ms: below the 60 s after which nginx and most load balancers cut a connection on which nothing comes.
const KEEP_ALIVE = 15_000;
const SESSION = 'mcp-session-id';

type NodeRequest = Parameters<ReturnType<typeof toNodeHandler>>[0];

/** For whom a request is served. */
export interface Principal {
  tenant: string;
  factory: ServerFactory;
}

/** What the SDK hands on, from a request to the factory of its server. */
interface Exchange {
  factory: ServerFactory;
  channel: Channel;
}

/**
 * The MCP endpoint: clients of 2025 without state, whose sessions are signed, and of 2026-07-28. Every answer to a call is
 * an SSE stream from its beginning, so that bytes flow while a job runs.
 */
export function createEndpoint(options: { sessions: Sessions; drain: AbortSignal; clock: Clock; log: Log }) {
  const { sessions, drain, clock, log } = options;
  const cancellations = createCancellations(clock);
  // The SDK hands this object on to the factory, and nothing else of ours.
  const exchanges = new WeakMap<AuthInfo, Exchange>();
  const handler = createMcpHandler(
    ({ era, authInfo }) => {
      const { factory, channel } = exchanges.get(authInfo as AuthInfo) as Exchange;
      return factory({ era, channel });
    },
    {
      responseMode: 'sse',
      legacy: 'stateless',
      keepAliveMs: KEEP_ALIVE,
      maxRequestBodySize: MAX_BODY,
      onerror: ({ message }) => log.info(message),
    },
  );
  // The SDK says that connections stay open, also to clients that asked for the end of theirs, and while the server ends.
  const fetch: typeof handler.fetch = async (...given) => {
    const response = await handler.fetch(...given);
    response.headers.delete('connection');
    return response;
  };
  const handle = toNodeHandler(
    { fetch },
    {
      maxRequestBodySize: MAX_BODY,
      onerror: ({ message }) => log.error(message),
    },
  );

  return async (
    request: IncomingMessage,
    response: ServerResponse,
    { tenant, factory }: Principal,
    body: unknown,
  ): Promise<void> => {
    const session = sessions.read(request.headers[SESSION], tenant);
    const left = whenLeft(response);
    const channel: Channel = {
      client: session,
      // The answer has not left before the SDK has sent all of it.
      left: (sent) => sent.then(() => left),
      // A client that stops waiting, whoever wanted that, only closes the connection.
      endOf: () => 'closed',
      drain,
      ...(session && {
        onCancel: (call, end) => cancellations.register(session.nonce, call, end),
      }),
    };
    if (session) for (const message of [body].flat()) cancellations.take(session.nonce, message);
    const { method, params } = objectOf(body);
    if (method === 'initialize') {
      const { clientInfo, capabilities } = objectOf(params);
      const { name } = objectOf(clientInfo);
      const client = {
        name: typeof name === 'string' ? name : undefined,
        showsViews: showsViews(objectOf(capabilities)),
      };
      response.setHeader(SESSION, sessions.create(tenant, client));
    }
    sendHeadersAtOnce(response, drain);
    // No token: nothing behind the front needs one.
    const auth: AuthInfo = { token: '', clientId: tenant, scopes: [] };
    exchanges.set(auth, { factory, channel });
    await handle(Object.assign(request, { auth }) as NodeRequest, response, body);
  };
}

/** Node keeps headers until the first bytes of a body, which may be a keep-alive 15 s later: some clients time out before. */
function sendHeadersAtOnce(response: ServerResponse, drain: AbortSignal): void {
  const writeHead = response.writeHead.bind(response);
  response.writeHead = ((status: number, headers: OutgoingHttpHeaders) => {
    // The SDK asks to keep every connection.
    writeHead(status, { ...headers, ...(drain.aborted && { connection: 'close' }) });
    response.flushHeaders();
    return response;
  }) as ServerResponse['writeHead'];
}
