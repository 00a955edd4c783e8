import type { Dispatcher } from 'undici';
import { codeOf } from '../errors.ts';
import { NAME, VERSION } from '../version.ts';
import { createConnections, HTTP_LIMITS, type HttpLimits } from './connections.ts';

/** A request to the service. Redirects are never followed: a 307 would post a second time. */
export interface HttpRequest {
  method: 'GET' | 'POST';
  url: URL;
  key: string;
  body?: string;
  signal?: AbortSignal | undefined;
  /** A submit, which must not be sent twice. */
  isPaid?: boolean;
  /** Awaited once a connection is free; `send` throws what it throws. The first byte has to leave within 2 s of its start. */
  beforeSend?: (() => Promise<void>) | undefined;
}

/** The response to a request, as far as it came. */
export interface HttpResponse {
  status: number;
  /** Seconds, from a Retry-After header in either of its forms. */
  retryAfter?: number | undefined;
  /** As much of the body as came. */
  text: string;
  /** The code of the error that cut the body short. */
  brokenBy?: string | undefined;
}

/** The code of a request that was not sent as it would have left too late. */
export const TOO_LATE = 'TOO_LATE';

/** No response came. `sent` tells whether the request had begun to go out, so whether it may have been processed. */
export class TransportError extends Error {
  readonly sent: boolean;
  readonly code: string;

  constructor(sent: boolean, cause: unknown) {
    const code = codeOf(cause);
    super(`${sent ? 'no response' : 'no connection'} (${code})`, { cause });
    this.name = 'TransportError';
    this.sent = sent;
    this.code = code;
  }

  /** An invalid certificate is a matter of configuration: trying again does not help. */
  get isCertificate(): boolean {
    return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ISSUER/.test(this.code);
  }
}

export type Http = ReturnType<typeof createHttp>;

// In ms. A process that was frozen for longer may be taken for dead, and another may have taken its job over.
const MAX_SEND_DELAY = 2_000;

/** HTTP to RunComfy's APIs; `uptime` is a monotonic time in ms. */
export function createHttp(given: Partial<HttpLimits> = {}, uptime = () => performance.now()) {
  const limits = { ...HTTP_LIMITS, ...given };
  const connections = createConnections(limits);

  return {
    /** Sends one request. Throws TransportError if no response began, or the signal's reason. */
    async send(request: HttpRequest): Promise<HttpResponse> {
      const { method, url, key, body, signal, isPaid = false, beforeSend } = request;
      const { reads, submits } = await connections.open();
      signal?.throwIfAborted();
      const options = {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: {
          authorization: `Bearer ${key}`,
          accept: 'application/json',
          // A body that is cut short can then be read as far as it came.
          'accept-encoding': 'identity',
          'user-agent': `${NAME}/${VERSION}`,
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        body: body ?? null,
        // It starts with the request (source read), so the upload of a large body counts: 0.8 Mbit/s are enough.
        headersTimeout: limits.headers + Math.ceil((body?.length ?? 0) / 100),
      };
      const submit = async () => {
        const began = uptime();
        await beforeSend?.();
        const isTooLate = () => beforeSend !== undefined && uptime() - began > MAX_SEND_DELAY;
        return exchange(submits, options, limits.bytes, signal, isTooLate);
      };
      const exchanging = isPaid
        ? connections.whenFree(submit)
        : exchange(reads, options, limits.bytes, signal);
      const { head, data, error } = await exchanging;
      return {
        status: head.status,
        retryAfter: parseRetryAfter(head.headers['retry-after']),
        text: await bodyText(data, head.headers['content-encoding'], limits.bytes),
        brokenBy: error === undefined ? undefined : codeOf(error),
      };
    },
    /** Loads what the first request would otherwise wait for. */
    async preload() {
      await connections.open();
    },
    close: connections.close,
  };
}

type Header = string | string[] | undefined;

function parseRetryAfter(header: Header): number | undefined {
  const text = String([header].flat()[0]).trim();
  const seconds = /^\d+(\.\d+)?$/.test(text) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

interface Exchange {
  head: { status: number; headers: Record<string, Header> };
  /** The body, as far as it came. */
  data: Buffer;
  /** What cut it short. */
  error?: unknown;
}

/**
 * Sends one request and reads at most `maxBytes` of its response; sends nothing if `isTooLate` right before the first
 * byte. On undici's dispatch, as its `request` drops what it read of a body that is cut short, and as only
 * `onRequestStart`, called right before the first byte, tells whether a request was sent.
 */
function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  maxBytes: number,
  signal?: AbortSignal,
  isTooLate: () => boolean = () => false,
): Promise<Exchange> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let sent = false;
    let head: Exchange['head'] | undefined;
    let stop = () => {};

    const end = (error?: unknown) => {
      signal?.removeEventListener('abort', abort);
      if (error !== undefined && signal?.aborted) reject(signal.reason);
      else if (head) resolve({ head, data: Buffer.concat(chunks), error });
      else reject(new TransportError(sent, error));
    };
    function abort() {
      stop();
      end(signal?.reason);
    }
    signal?.addEventListener('abort', abort, { once: true });

    dispatcher.dispatch(options, {
      onRequestStart(controller) {
        // Thrown, as an abort would close the connection, which the next try can use.
        if (isTooLate()) throw Object.assign(new Error('too late to send'), { code: TOO_LATE });
        stop = () => controller.abort(new Error('aborted'));
        // The signal may have aborted while it waited for a connection.
        if (signal?.aborted) stop();
        else sent = true;
      },
      onResponseStart(_, status, headers) {
        head = { status, headers };
      },
      onResponseData(controller, chunk) {
        bytes += chunk.length;
        if (bytes <= maxBytes) chunks.push(chunk);
        else controller.abort(Object.assign(new Error('answer too large'), { code: 'ANSWER_TOO_LARGE' }));
      },
      onResponseEnd: () => end(),
      onResponseError: (_, error) => end(error),
    });
  });
}

/** The text of a body, without a byte order mark. If it is compressed after all, at most `maxBytes` are unpacked. */
export async function bodyText(body: Buffer, encoding: Header, maxBytes: number): Promise<string> {
  const isCompressed = /^(x-)?gzip$|^deflate$/i.test(String(encoding ?? ''));
  return (isCompressed ? await decompress(body, maxBytes) : body).toString('utf8').replace(/^\ufeff/, '');
}

/** The bytes unpacked, or as they are if they cannot be. */
async function decompress(body: Buffer, maxOutputLength: number): Promise<Buffer> {
  const { constants, unzipSync } = await import('node:zlib');
  try {
    // Of a stream that is cut short, what can be unpacked.
    return unzipSync(body, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength });
  } catch {
    return body;
  }
}
