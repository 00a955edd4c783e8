import type { IncomingMessage, ServerResponse } from 'node:http';
import { checkArray } from './arrays.ts';
import { isTooComplex } from './json-size.ts';
import { RefusedError } from './respond.ts';
import { createShares, type ShareLimits } from './shares.ts';

/** In bytes. */
const MAX_BODY = 16 << 20;
/** In bytes: what does not count as large, so that those who send large bodies do not shut out the others. */
const SMALL = 64 << 10;

export interface BodyLimits {
  maxBytes: number;
  /** In bytes, of all bodies that are being read or whose answers are open: arguments stay until then. */
  large: ShareLimits;
}

export const BODY_LIMITS: BodyLimits = {
  maxBytes: MAX_BODY,
  large: { inAll: 256 << 20, perTenant: 64 << 20 },
};

/** Reads the bodies of requests, each and all of them together within a limit. */
export function createBodyReader({ maxBytes, large }: BodyLimits) {
  const openShare = createShares(large, 'large requests');

  async function read(request: IncomingMessage, response: ServerResponse, tenant: string): Promise<Buffer> {
    const tooLarge = () => new RefusedError(413, `a request holds at most ${maxBytes} bytes`);
    if (Number(request.headers['content-length']) > maxBytes) throw tooLarge();
    if (request.headers.expect !== undefined) response.writeContinue();
    const share = openShare(tenant);
    let body = Buffer.alloc(0);
    let length = 0;
    // What is not wanted is still read, by the server: a request that is destroyed would block its connection.
    for await (const chunk of request.iterator({ destroyOnReturn: false })) {
      const end = length + chunk.length;
      if (end > maxBytes) throw tooLarge();
      // A small body holds nothing, also no share as long as its call.
      if (end > SMALL && length <= SMALL) response.on('close', share.release);
      share.add(largePart(end) - largePart(length));
      // Copied, as a byte in a buffer of its own takes up a hundred.
      if (end > body.length) body = Buffer.concat([body], Math.min(maxBytes, Math.max(end, 2 * body.length)));
      chunk.copy(body, length);
      length = end;
    }
    return body.subarray(0, length);
  }

  /** The JSON of a body that a tenant sends; its bytes count until the response is closed. Throws RefusedError. */
  return async (request: IncomingMessage, response: ServerResponse, tenant: string): Promise<unknown> => {
    const {
      'content-type': type = '',
      'content-encoding': encoding,
      'mcp-protocol-version': version,
    } = request.headers;
    if (type.split(';', 1)[0]?.trim().toLowerCase() !== 'application/json')
      throw new RefusedError(415, 'the content type of a request is application/json');
    if (encoding !== undefined && encoding.toLowerCase() !== 'identity')
      throw new RefusedError(415, 'a request is sent without content encoding');
    const bytes = await read(request, response, tenant).catch((error) => {
      throw error instanceof RefusedError ? error : new RefusedError(400, 'the body was cut');
    });
    if (isTooComplex(bytes)) throw new RefusedError(400, 'the body nests too deep or holds too many values');
    const json = parse(bytes);
    if (Array.isArray(json)) checkArray(json, version?.toString());
    return json;
  };
}

const largePart = (bytes: number) => Math.max(bytes - SMALL, 0);

function parse(bytes: Buffer): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
  } catch {
    throw new RefusedError(400, 'the body is not valid JSON in UTF-8');
  }
}
