import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ToolError } from '../../errors.ts';
import { MODELS } from '../../models/built-in/index.ts';
import { galleryPage } from '../../view/pages.ts';
import type { Collection } from './collection.ts';

export type Gallery = Awaited<ReturnType<typeof startGallery>>;

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

/**
 * Serves the gallery on 127.0.0.1, at a free port. Every path begins with a random token: a cookie would go to every
 * port of the host, and so to any other program on this machine.
 */
export async function startGallery(collection: Collection) {
  const token = randomBytes(32).toString('base64url');
  const page = galleryPage(MODELS);

  async function answer({ url = '', method, headers }: IncomingMessage, response: ServerResponse) {
    const path = withinToken(url, token);
    // Another host name means a page whose own name was made to resolve to this machine (DNS rebinding).
    if (path === undefined || headers.host !== host()) return sendJson(response, 404);
    const [, what, id = '', last = ''] =
      /^(jobs|pictures|)(?:\/([\w-]+))?(?:\/(\d+|collect))?$/.exec(path) ?? [];
    if (method === 'POST' && what === 'jobs' && last === 'collect') {
      if (headers.origin !== origin()) return sendJson(response, 403);
      const row = await collection.collect(id, closeSignal(response));
      return row ? sendJson(response, 200, row) : sendJson(response, 404);
    }
    if (method !== 'GET') return sendJson(response, 405);
    if (what === '' && !id)
      return send(response, page.html, 'text/html; charset=utf-8', {
        'content-security-policy': page.policy,
      });
    if (what === 'jobs' && !id) return sendJson(response, 200, await collection.list());
    if (what !== 'pictures' || !last) return sendJson(response, 404);
    const picture = await collection.picture(id, Number(last), closeSignal(response));
    if (!picture) return sendJson(response, 404);
    send(response, picture.data, picture.mimeType, { 'cache-control': 'private, max-age=86400' });
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (!response.headersSent) sendJson(response, 502, { error: problem(error) });
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const host = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const origin = () => `http://${host()}`;
  return {
    url: `${origin()}/${token}/`,
    close() {
      server.closeAllConnections();
      return new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

/** What went wrong, in the words that the tools use too. */
const problem = (error: unknown): string =>
  error instanceof ToolError ? `${error.message} ${error.next}` : 'The gallery failed.';

/** Aborts when the page no longer waits for a response. */
function closeSignal(response: ServerResponse): AbortSignal {
  const closed = new AbortController();
  response.once('close', () => closed.abort());
  return closed.signal;
}

function send(response: ServerResponse, body: string | Buffer, type: string, headers = {}): void {
  response.writeHead(200, { ...HEADERS, 'content-type': type, ...headers }).end(body);
}

function sendJson(response: ServerResponse, status: number, json: unknown = {}): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'application/json' }).end(JSON.stringify(json));
}

/** The rest of a path that begins with the token, compared in constant time; undefined for any other. */
function withinToken(path: string, token: string): string | undefined {
  const [, given = '', rest] = /^\/([^/]*)\/(.*)$/.exec(path) ?? [];
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b) ? rest : undefined;
}
