import type { IncomingMessage, ServerResponse } from 'node:http';
import { validateHostHeader } from '@modelcontextprotocol/server';

const LOOPBACK = ['localhost', '127.0.0.1', '[::1]'];
const HEADERS =
  'authorization, content-type, last-event-id, mcp-method, mcp-name, mcp-protocol-version, mcp-session-id';

export interface GuardOptions {
  /** Host names, lower case; empty for those of this machine. */
  allowedHosts: readonly string[];
  /** Origins of web pages, such as https://app.example.com. */
  allowedOrigins: readonly string[];
}

/**
 * What keeps web pages out: a page whose own name was made to resolve to this machine (DNS rebinding) sends another Host,
 * and any page in a browser its Origin. A client that is no browser sends none.
 */
export function createGuards({ allowedHosts, allowedOrigins }: GuardOptions) {
  const hosts = allowedHosts.length > 0 ? [...allowedHosts] : LOOPBACK;

  return {
    /** Why a request is refused; undefined if it may go on. */
    refuses({ headers }: IncomingMessage): string | undefined {
      const host = validateHostHeader(headers.host?.toLowerCase(), hosts);
      if (!host.ok) return 'this host name is not served: see --allowed-host';
      const { origin } = headers;
      if (origin === undefined || allowedOrigins.includes(origin)) return undefined;
      return 'this origin may not call: see --allowed-origin';
    },
    /** Lets the page of an allowed origin read the response. */
    allowOrigin({ headers }: IncomingMessage, response: ServerResponse): void {
      if (headers.origin === undefined) return;
      response.setHeader('access-control-allow-origin', headers.origin);
      response.setHeader('access-control-expose-headers', 'mcp-session-id, www-authenticate');
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
