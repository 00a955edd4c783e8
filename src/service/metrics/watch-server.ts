import type { Clock } from '../../clock.ts';
import type { ServerFactory } from '../../mcp/opening.ts';

/** A JSON-RPC message, as far as it is looked at here. */
interface Message {
  id?: unknown;
  method?: unknown;
  error?: { code?: unknown };
}

// A client writes what it likes.
const METHODS = new Set([
  'initialize',
  'server/discover',
  'ping',
  'tools/list',
  'tools/call',
  'resources/list',
  'resources/templates/list',
  'resources/read',
  'prompts/list',
  'prompts/get',
  'completion/complete',
]);

/** The same servers; `tell` hears of each request that was answered, with its time in ms and the code of an error. */
export function watchServers(
  factory: ServerFactory,
  clock: Clock,
  tell: (method: string, ms: number, errorCode: string | undefined) => void,
): ServerFactory {
  return async (opening) => {
    const server = await factory(opening);
    const connect = server.connect.bind(server);
    server.connect = async (transport) => {
      const open = new Map<unknown, { method: string; began: number }>();
      const send = transport.send.bind(transport);
      transport.send = (message, options) => {
        const { id, method, error }: Message = message;
        const request = method === undefined ? open.get(id) : undefined;
        if (request) {
          open.delete(id);
          tell(request.method, clock.now() - request.began, error && String(error.code));
        }
        return send(message, options);
      };
      await connect(transport);
      const receive = transport.onmessage;
      transport.onmessage = (message, extra) => {
        const { id, method }: Message = message;
        if (id !== undefined && method !== undefined)
          open.set(id, {
            method: METHODS.has(String(method)) ? String(method) : 'other',
            began: clock.now(),
          });
        receive?.(message, extra);
      };
    };
    return server;
  };
}
