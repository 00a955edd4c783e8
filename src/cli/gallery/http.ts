import { randomBytes, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MODELS } from '../../models/built-in/index.ts';
import { galleryPage } from '../../view/pages.ts';
import { type Collection, problem } from './collection.ts';

/** The gallery's page while it is served. */
export interface Gallery {
  /** Where it is, with the secret that opens it. */
  readonly url: string;
  close(): Promise<void>;
}

const HEADERS = {
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
  'cache-control': 'no-store',
};

/**
 * Serves the gallery on 127.0.0.1, at a port of the system's choice. Every path begins with a random token. There is
 * no cookie, as those go to every port of a host, and so to any other program that serves on this machine.
 */
export async function startGallery(collection: Collection): Promise<Gallery> {
  const token = randomBytes(32).toString('base64url');
  const page = galleryPage(MODELS);

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = withinToken(request.url ?? '', token);
    // The host's name is checked against pages that have their own name resolved to this machine.
    if (path === undefined || request.headers.host !== host()) return send(response, 404);
    const [, what, id = '', index = ''] =
      /^(jobs|pictures|)(?:\/([\w-]+))?(?:\/(\d+|collect))?$/.exec(path) ?? [];
    if (request.method === 'POST' && what === 'jobs' && index === 'collect') {
      if (request.headers.origin !== origin()) return send(response, 403);
      return collect(id, response);
    }
    if (request.method !== 'GET') return send(response, 405);
    if (what === '' && !id) return sendPage(response);
    if (what === 'jobs' && !id) return send(response, 200, await collection.list());
    if (what === 'pictures' && index) return sendPicture(id, Number(index), response);
    return send(response, 404);
  }

  async function collect(id: string, response: ServerResponse): Promise<void> {
    const row = await collection.collect(id, goneSignal(response));
    if (!row) return send(response, 404);
    send(response, 200, row);
  }

  async function sendPicture(id: string, index: number, response: ServerResponse): Promise<void> {
    const picture = await collection.picture(id, index, goneSignal(response));
    if (!picture) return send(response, 404);
    const headers = {
      ...HEADERS,
      'content-type': picture.mimeType,
      'cache-control': 'private, max-age=86400',
    };
    response.writeHead(200, headers).end(picture.data);
  }

  function sendPage(response: ServerResponse): void {
    const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': page.policy };
    response.writeHead(200, { ...HEADERS, ...headers }).end(page.html);
  }

  const server = createServer((request, response) => {
    answer(request, response).catch((error) => {
      if (!response.headersSent) send(response, 502, { error: problem(error) });
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  const host = () => `127.0.0.1:${(server.address() as AddressInfo).port}`;
  const origin = () => `http://${host()}`;
  return {
    url: `${origin()}/${token}/`,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Aborts when the page no longer waits for an answer. */
function goneSignal(response: ServerResponse): AbortSignal {
  const gone = new AbortController();
  response.once('close', () => gone.abort());
  return gone.signal;
}

function send(response: ServerResponse, status: number, json: unknown = {}): void {
  response.writeHead(status, { ...HEADERS, 'content-type': 'application/json' }).end(JSON.stringify(json));
}

/** The rest of a path that begins with the token, compared in constant time; undefined for any other. */
function withinToken(path: string, token: string): string | undefined {
  const [, given = '', rest] = /^\/([^/]*)\/(.*)$/.exec(path) ?? [];
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b) ? rest : undefined;
}
