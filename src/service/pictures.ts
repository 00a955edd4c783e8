import type { IncomingMessage, ServerResponse } from 'node:http';
import { pipeline } from 'node:stream/promises';
import type { Clock } from '../clock.ts';
import type { Library } from '../images/library/library.ts';
import { extensionOf, kindOf } from '../images/media-type.ts';
import type { createPictureLinks, LinkedPicture } from './picture-links.ts';

export type AnswerPicture = ReturnType<typeof createPictureServer>;

/** Serves kept pictures to whoever has a link that counts: no page runs in them, and they are stored by no proxy. */
export function createPictureServer(options: {
  links: Pick<ReturnType<typeof createPictureLinks>, 'read'>;
  /** The library of the account with a digest. */
  openLibrary: (digest: string) => Library;
  clock: Clock;
}) {
  const { links, openLibrary, clock } = options;
  /** By the digest of the account: which files were found to be whole. */
  const libraries = new Map<string, Library>();

  function libraryOf(digest: string): Library {
    const library = libraries.get(digest) ?? openLibrary(digest);
    libraries.set(digest, library);
    return library;
  }

  return async (request: IncomingMessage, response: ServerResponse, path: string): Promise<void> => {
    if (request.method !== 'GET' && request.method !== 'HEAD')
      return say(response, 405, 'A picture can only be fetched.', { allow: 'GET, HEAD' });
    const picture = links.read(path);
    if (!picture) return say(response, 404, 'This link is not valid, or has ended.');
    const found = await libraryOf(picture.digest)
      .open(picture.kept)
      .catch(() => null);
    if (found === null)
      return say(response, 503, 'This picture cannot be read at this moment.', { 'retry-after': '5' });
    if (!found) return say(response, 410, 'This picture is no longer kept.');
    const { bytes } = found;
    response.writeHead(200, { ...headersOf(picture, clock.now()), 'content-length': bytes });
    if (request.method === 'HEAD') {
      response.end();
      return found.close();
    }
    let sent = 0;
    async function* counted(content: AsyncIterable<Buffer>) {
      for await (const piece of content) {
        sent += piece.length;
        yield piece;
      }
    }
    // Who leaves before the end has what they wanted.
    await pipeline(found.content(), counted, response, { end: false }).catch(() => {});
    // The rest of a picture that has become shorter would be the next answer on the connection.
    if (sent < bytes) response.destroy();
    else response.end();
  };
}

const PLAIN = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' };

function say(response: ServerResponse, status: number, text: string, headers = {}): void {
  const type = { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' };
  response.writeHead(status, { ...type, ...PLAIN, ...headers }).end(`${text}\n`);
}

function headersOf({ kept: { sha256, type }, expires }: LinkedPicture, now: number) {
  const how = kindOf(type) === 'image' ? 'inline' : 'attachment';
  return {
    'content-type': type,
    'content-disposition': `${how}; filename="${sha256.slice(0, 16)}.${extensionOf(type)}"`,
    'cache-control': `private, max-age=${Math.floor((expires - now) / 1000)}, immutable`,
    'content-security-policy': "default-src 'none'; sandbox",
    ...PLAIN,
  };
}
