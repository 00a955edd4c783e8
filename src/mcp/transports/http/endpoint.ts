import type { IncomingMessage, ServerResponse } from 'node:http';
import { createMcpHandler, isLegacyRequest } from '@modelcontextprotocol/server';
import type { Clock } from '../../../clock.ts';
import { objectOf } from '../../../json.ts';
import type { Log } from '../../../log.ts';
import { quoteUntrusted, type Redact } from '../../../runcomfy/sanitize.ts';
import { showsViews } from '../../apps.ts';
import { type Channel, OWN_CONNECTION } from '../../channel.ts';
import type { Opening, ServerFactory } from '../../opening.ts';
import { createCancellations, type SharedStops } from './cancellations.ts';
import { whenLeft } from './delivery.ts';
import { answerWith, asWebRequest } from './exchange.ts';
import { createKeepAlive } from './keep-alive.ts';
import { answerLegacy } from './legacy.ts';
import type { Sessions } from './session.ts';
import { createThaw } from './thaw.ts';

const SESSION = 'mcp-session-id';

/** For whom a request is served. */
export interface Principal {
  tenant: string;
  factory: ServerFactory;
}

/** What the SDK hands on, from a request to the factory of its server. */
interface Exchange extends Omit<Opening, 'era'> {
  factory: ServerFactory;
}

/**
 * The MCP endpoint: clients of 2025 without state, whose sessions are signed, and of 2026-07-28. Every answer to a call is
 * an SSE stream from its beginning, so that bytes flow while a job runs.
 */
export function createEndpoint(options: {
  sessions: Sessions;
  /** Where several processes serve the same clients. */
  stops?: SharedStops | undefined;
  drain: AbortSignal;
  clock: Clock;
  log: Log;
  redact: Redact;
}) {
  const { sessions, stops, drain, clock, log, redact } = options;
  const cancellations = createCancellations(clock, stops);
  const thaw = createThaw(clock);
  // The SDK hands the request on to the factory, and nothing else of ours.
  const exchanges = new WeakMap<Request, Exchange>();
  const keepAlive = createKeepAlive();
  const modern = createMcpHandler(
    ({ requestInfo }) => {
      const { factory, ...opening } = exchanges.get(requestInfo as Request) as Exchange;
      return factory({ era: 'modern', ...opening });
    },
    {
      responseMode: 'sse',
      legacy: 'reject',
      // `keepAlive` writes them.
      keepAliveMs: 0,
      // It may quote the client.
      onerror: ({ message }) => log.info(quoteUntrusted(message, { redact })),
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
      async inputRead() {
        await OWN_CONNECTION.inputRead();
        await thaw.inputRead();
      },
      drain,
      ...(session && {
        onCancel(call, end) {
          const { stop, ...listening } = cancellations.register(session.nonce, call, end);
          const unwatch = thaw.watch();
          return {
            ...listening,
            stop() {
              unwatch();
              stop();
            },
          };
        },
      }),
    };
    if (session) for (const message of [body].flat()) cancellations.take(tenant, session.nonce, message);
    const { method, params } = objectOf(body);
    // A call may repeat one whose cancellation came while this process stood still.
    if (method === 'tools/call') await thaw.inputRead();
    if (method === 'initialize') {
      const { clientInfo, capabilities } = objectOf(params);
      const { name } = objectOf(clientInfo);
      const client = {
        name: typeof name === 'string' ? name : undefined,
        showsViews: showsViews(objectOf(capabilities)),
      };
      response.setHeader(SESSION, sessions.create(tenant, client));
    }
    const opening = { channel, ...(typeof method === 'string' && { method }) };
    const webRequest = asWebRequest(request, response);
    // Without a body the SDK would read it itself.
    const parsedBody = body ?? null;
    if (await isLegacyRequest(webRequest, parsedBody)) {
      const server = await factory({ era: 'legacy', ...opening });
      return answerWith(answerLegacy(server, webRequest, response, parsedBody), response, keepAlive);
    }
    exchanges.set(webRequest, { factory, ...opening });
    return answerWith(modern.fetch(webRequest, { parsedBody }), response, keepAlive);
  };
}
