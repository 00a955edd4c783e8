import type { IncomingMessage, ServerResponse } from 'node:http';
import { isIP } from 'node:net';
import type { Address } from '../../config/address.ts';
import { listen } from '../../mcp/transports/http/listen.ts';

const LIMITS = { maxConnections: 20, headersTimeout: 5_000, requestTimeout: 10_000 };

/** Serves metrics at an address of their own, to everybody who reaches it. Rejects with ListenError. */
export function serveMetrics(
  address: Address,
  allowedHosts: readonly string[],
  { contentType, text }: { contentType: string; text: () => Promise<string> },
) {
  async function answer({ method, url, headers }: IncomingMessage, response: ServerResponse): Promise<void> {
    const end = (status: number, body: string, type = 'text/plain') => {
      response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
    };
    if (headers.origin !== undefined || !isServed(headers.host, allowedHosts))
      return end(403, 'this host name is not served\n');
    if (url?.split('?')[0] !== '/metrics') return end(404, 'the metrics are at /metrics\n');
    if (method !== 'GET') return end(405, 'GET only\n');
    end(200, await text(), contentType);
  }

  return listen(
    address,
    (request, response) => void answer(request, response).catch(() => response.destroy()),
    { limits: LIMITS },
  );
}

/**
 * Whether a scraper would name the server so: by an address, a name without a domain as in Docker's networks, or one that
 * is allowed. A web page that lets its own name resolve to this machine (DNS rebinding) has a domain.
 */
function isServed(host: string | undefined, allowedHosts: readonly string[]): boolean {
  const [, bracketed, name = ''] =
    /^(?:\[([^\]]*)\]|([^:]*))(?::\d+)?$/.exec(host?.toLowerCase() ?? '') ?? [];
  if (bracketed !== undefined) return isIP(bracketed) === 6;
  return isIP(name) === 4 || /^[a-z0-9-]+$/.test(name) || allowedHosts.includes(name);
}
