import type { Dispatcher } from 'undici';
import { codeOf } from '../errors.ts';
import { NAME, VERSION } from '../version.ts';
import { CONNECTION_LIMITS, type ConnectionLimits, createConnections } from './connections.ts';
import { TOO_LATE, TransportError } from './errors.ts';
import type { Reply } from './replies.ts';

/** One exchange with the service. Redirects are never followed: a 307 would post a second time. */
export interface Call {
  method: 'GET' | 'POST';
  url: URL;
  key: string;
  body?: string;
  signal?: AbortSignal | undefined;
  /** A submit, which may not be sent a second time. */
  isPaid?: boolean;
  /** Awaited when all is ready to go out; what it throws, `send` throws. From its start 2 s are left for the first byte. */
  permit?: (() => Promise<void>) | undefined;
}

export interface Http {
  /** Sends one request and reads its answer. Throws TransportError where none began, or the signal's reason. */
  send(call: Call): Promise<Reply>;
  /** Loads what the first request needs, so that it does not wait for that. */
  preload(): Promise<void>;
  close(): Promise<void>;
}

/** Limits of one exchange, in ms and bytes. */
export interface HttpLimits extends ConnectionLimits {
  bytes: number;
}

// A result may echo its input, and local images can make that 64 MiB.
const LIMITS: HttpLimits = { ...CONNECTION_LIMITS, bytes: 80 << 20 };

/**
 * How long, in ms, a body of so many bytes may take to go out, at 0.8 Mbit/s. undici's clock for the headers of an
 * answer starts with the request (source read), so a large body would run into it.
 */
export const uploadTime = (bytes: number): number => Math.ceil(bytes / 100);

// In ms. A process that was frozen for longer may have been taken for dead, and its call for one to repeat.
const PERMIT_LASTS = 2_000;

/** The HTTP of RunComfy's APIs; `uptime` is a time in ms that nobody can set. */
export function createHttp(limits: Partial<HttpLimits> = {}, uptime = () => performance.now()): Http {
  const all = { ...LIMITS, ...limits };
  const { bytes } = all;
  const connections = createConnections(all);

  return {
    async send({ method, url, key, body, signal, isPaid = false, permit }) {
      const { free, paid } = await connections.open();
      signal?.throwIfAborted();
      const options = {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: headersOf(key, body !== undefined),
        body: body ?? null,
        headersTimeout: all.headers + uploadTime(body?.length ?? 0),
      };
      const post = async () => {
        const began = uptime();
        await permit?.();
        const isLate = () => permit !== undefined && uptime() - began > PERMIT_LASTS;
        return exchange(paid, options, bytes, signal, isLate);
      };
      const exchanged = isPaid ? connections.inTurn(post) : exchange(free, options, bytes, signal);
      const { sent, head, body: data, error } = await exchanged;
      if (error !== undefined) signal?.throwIfAborted();
      if (!head) throw new TransportError(sent, error);
      const retryAfter = parseRetryAfter(head.headers['retry-after']);
      return {
        status: head.status,
        ...(retryAfter !== undefined && { retryAfter }),
        text: await bodyText(data, head.headers['content-encoding'], bytes),
        ...(error !== undefined && { brokenBy: codeOf(error) }),
      };
    },
    async preload() {
      await connections.open();
    },
    close: connections.close,
  };
}

function headersOf(key: string, hasBody: boolean): Record<string, string> {
  return {
    authorization: `Bearer ${key}`,
    accept: 'application/json',
    // What breaks off can be read as far as it came.
    'accept-encoding': 'identity',
    'user-agent': `${NAME}/${VERSION}`,
    ...(hasBody && { 'content-type': 'application/json' }),
  };
}

function parseRetryAfter(value: string | string[] | undefined): number | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  if (text === undefined) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

/** What one request came to: how far it got before it ended or failed. */
interface Exchange {
  /** Whether the request had begun to go out. */
  sent: boolean;
  /** Absent where no answer began. */
  head?: { status: number; headers: Record<string, string | string[] | undefined> };
  /** The body as far as it came. */
  body: Buffer;
  /** Why it ended early. */
  error?: unknown;
}

/**
 * Sends one request and reads its answer, of which it takes `maxBytes` at most. Never rejects; ends early when the
 * signal aborts, and sends nothing if `isLate` is true right before the first byte. Over undici's own dispatch, because
 * its `request` drops what it read of a body that breaks off, and because only `onRequestStart`, which is called right
 * before the first byte, tells whether a request was sent.
 */
function exchange(
  dispatcher: Dispatcher,
  options: Dispatcher.DispatchOptions,
  maxBytes: number,
  signal?: AbortSignal,
  isLate: () => boolean = () => false,
): Promise<Exchange> {
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    let sent = false;
    let head: Exchange['head'];
    let stop = () => {};

    const end = (error?: unknown) => {
      signal?.removeEventListener('abort', abort);
      resolve({
        sent,
        ...(head && { head }),
        body: Buffer.concat(chunks),
        ...(error !== undefined && { error }),
      });
    };
    function abort() {
      stop();
      end(signal?.reason);
    }
    signal?.addEventListener('abort', abort, { once: true });

    dispatcher.dispatch(options, {
      onRequestStart(controller) {
        // Thrown, as an abort would close the connection, which the next try can use.
        if (isLate()) throw Object.assign(new Error('too late to send'), { code: TOO_LATE });
        stop = () => controller.abort(new Error('aborted'));
        // It may have waited for a connection until nobody waits for it.
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

/**
 * The text of a body, as far as it came. Nothing but `identity` is asked for; where gzip or deflate comes all the same,
 * it is unpacked, to `maxBytes` at most. A byte order mark is dropped, which JSON does not allow.
 */
export async function bodyText(
  body: Buffer,
  encoding: string | string[] | undefined,
  maxBytes: number,
): Promise<string> {
  const packed = /^(x-)?gzip$|^deflate$/i.test(String(encoding ?? ''));
  return (packed ? await unpacked(body, maxBytes) : body).toString('utf8').replace(/^\ufeff/, '');
}

/** The bytes as they are where they cannot be unpacked. */
async function unpacked(body: Buffer, maxOutputLength: number): Promise<Buffer> {
  const { constants, unzipSync } = await import('node:zlib');
  try {
    // Of a stream that is cut, what can be unpacked.
    return unzipSync(body, { finishFlush: constants.Z_SYNC_FLUSH, maxOutputLength });
  } catch {
    return body;
  }
}
