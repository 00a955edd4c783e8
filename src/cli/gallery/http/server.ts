import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Clock } from '../../../clock.ts';
import { MODELS } from '../../../models/built-in/index.ts';
import { galleryPage } from '../../../view/pages.ts';
import type { Collection } from '../collection.ts';
import { sendProblem } from './answer.ts';
import { createEvents } from './events.ts';
import { type GalleryLimits, LIMITS } from './limits.ts';
import { failure, type StatusProblem } from './problems.ts';
import { answer } from './routes.ts';

export type Gallery = Awaited<ReturnType<typeof startGallery>>;

/**
 * Serves the gallery on 127.0.0.1, at a free port. Every path begins with a random token: a cookie would go to every
 * port of the host, and so to any other program on this machine.
 */
export async function startGallery(collection: Collection, clock: Clock, limits: GalleryLimits = LIMITS) {
  const token = randomBytes(32).toString('base64url');
  const page = galleryPage(MODELS);
  const events = createEvents(collection, clock, limits);
  const { stalled } = limits;

  async function receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = withinToken(request.url ?? '', token);
    const refusal = path === undefined ? NOTHING : refusalOf(request, host());
    if (path === undefined || refusal)
      return sendProblem({ request, response, stalled }, refusal ?? NOTHING, { connection: 'close' });
    const closed = new AbortController();
    response.once('close', () => closed.abort());
    const { signal } = closed;
    const [pathname = '', query = ''] = path.split('?', 2);
    try {
      await answer({ request, response, signal, stalled, collection, events, page, query }, pathname);
    } catch (error) {
      if (response.headersSent) response.destroy();
      else if (!signal.aborted) sendProblem({ request, response, stalled }, failure(error));
    }
  }

  const server = createServer(
    // All connections are looked at once a second, by default every 30 seconds.
    { requestTimeout: limits.request, connectionsCheckingInterval: 1_000 },
    (request, response) => void receive(request, response),
  );
  server.maxConnections = limits.connections;
  // Else Node itself would invite the body.
  server.on('checkContinue', (request, response) => void receive(request, response));
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const host = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    url: `http://${host()}/${token}/`,
    close() {
      events.close();
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

const NOTHING: StatusProblem = { status: 404, error: 'There is nothing here.' };

/** Why a request that knows the secret is refused; undefined if it is not. */
function refusalOf({ method, headers, headersDistinct }: IncomingMessage, host: string) {
  // Another host name means a page whose own name was made to resolve to this machine (DNS rebinding).
  if (headersDistinct.host?.length !== 1 || headers.host !== host) return NOTHING;
  const isRead = method === 'GET' || method === 'HEAD';
  // Browsers leave it out where a page reads from its own server.
  if (headers.origin === undefined ? !isRead : headers.origin !== `http://${host}`)
    return { status: 403, error: 'Only the gallery’s own page may do that.' };
  // No request here has one, and so none is ever read.
  if (headers['transfer-encoding'] !== undefined || Number(headers['content-length'] ?? 0) !== 0)
    return { status: 413, error: 'The gallery takes no data.' };
  return undefined;
}

/** The rest of a path that begins with the token, compared in constant time; undefined for any other. */
function withinToken(path: string, token: string): string | undefined {
  const [, given = '', rest] = /^\/([^/]*)\/(.*)$/.exec(path) ?? [];
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b) ? rest : undefined;
}
