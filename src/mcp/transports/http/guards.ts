import type { IncomingMessage, ServerResponse } from 'node:http';
import { inUrl, parseHostName } from '../../../config/address.ts';
import type { ServiceConfig } from '../../../config/service.ts';
import { LOOPBACK } from '../../../config/validate.ts';
import { RefusedError } from './respond.ts';

const HEADERS =
  'authorization, content-type, last-event-id, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id';

export type GuardOptions = Pick<ServiceConfig, 'listen' | 'allowedHosts' | 'allowedOrigins'>;

/**
 * What keeps web pages out: a page whose own name was made to resolve to this machine (DNS rebinding) sends another Host,
 * and any page in a browser its Origin. A client that is no browser sends none.
 */
export function createGuards({ listen, allowedHosts, allowedOrigins }: GuardOptions) {
  const own = parseHostName(inUrl(listen.host));
  const hosts = allowedHosts.length > 0 ? allowedHosts : [...LOOPBACK, own];

  return {
    /** Throws RefusedError unless the request names a host that is served and comes from no foreign page. */
    check({ headers, rawHeaders }: IncomingMessage): void {
      const name = parseHostName((headers.host ?? '').replace(/:\d{1,5}$/, ''));
      if (timesSent('host', rawHeaders) !== 1 || name === undefined || !hosts.includes(name))
        throw new RefusedError(403, 'this host name is not served: see --allowed-host');
      // A proxy in front may have looked at another one than Node keeps.
      if (timesSent('authorization', rawHeaders) > 1)
        throw new RefusedError(400, 'a request has one Authorization header');
      const { origin } = headers;
      if (origin !== undefined && !allowedOrigins.includes(origin))
        throw new RefusedError(403, 'pages of this origin may not call: see --allowed-origin');
    },
    /** Lets the page of an allowed origin read the response. */
    allowOrigin({ headers }: IncomingMessage, response: ServerResponse): void {
      if (headers.origin === undefined) return;
      response.setHeader('access-control-allow-origin', headers.origin);
      response.setHeader('access-control-expose-headers', 'mcp-session-id, retry-after, www-authenticate');
      response.setHeader('vary', 'origin');
    },
    /** Answers the question of a browser whether a page may call. */
    preflight(response: ServerResponse): void {
      response.setHeader('access-control-allow-methods', 'POST, GET, DELETE');
      response.setHeader('access-control-allow-headers', HEADERS);
      response.setHeader('access-control-max-age', '86400');
      response.writeHead(204).end();
    },
  };
}

/** Node would keep `headersDistinct`, which tells it too, as long as the request: 1 kB. */
const timesSent = (header: string, raw: readonly string[]): number =>
  // Values stand between the names.
  raw.filter((name, at) => at % 2 === 0 && name.toLowerCase() === header).length;
