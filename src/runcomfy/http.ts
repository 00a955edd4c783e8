import type { Agent } from 'undici';
import { bodyText } from './body.ts';
import { exchange, TOO_LATE } from './exchange.ts';

/** One exchange with the service. Redirects are never followed: a 307 would post a second time. */
export interface Call {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body?: string;
  signal?: AbortSignal | undefined;
  /** A submit, which may not be sent a second time. */
  isPaid?: boolean;
  /** Awaited when all is ready to go out; what it throws, `send` throws. From its start 2 s are left for the first byte. */
  permit?: (() => Promise<void>) | undefined;
}

export interface Reply {
  status: number;
  /** Seconds, from a Retry-After header in either of its forms. */
  retryAfter?: number;
  /** As much of the body as came. */
  text: string;
  /** The code of what broke the body off; absent where it came whole. */
  brokenBy?: string;
}

/** No answer came. `sent` tells whether the request had begun to go out, so whether it may have been processed. */
export class TransportError extends Error {
  readonly sent: boolean;
  readonly code: string;

  constructor(sent: boolean, cause: unknown) {
    const code = codeOf(cause);
    super(`${sent ? 'no answer' : 'no connection'} (${code})`, { cause });
    this.name = 'TransportError';
    this.sent = sent;
    this.code = code;
  }

  /** A certificate that does not fit is a matter of configuration: trying again does not help. */
  get isCertificate(): boolean {
    return /CERT|SELF_SIGNED|UNABLE_TO_VERIFY|ERR_TLS|ISSUER/.test(this.code);
  }

  /** The permit to send it had run out, by a slow connection or because the process was frozen. */
  get isTooLate(): boolean {
    return this.code === TOO_LATE;
  }
}

export interface Http {
  /** Sends one request and reads its answer. Throws TransportError where none began, or the signal's reason. */
  send(call: Call): Promise<Reply>;
  /** Loads what the first request needs, so that it does not wait for that. */
  warm(): Promise<void>;
  close(): Promise<void>;
}

/** Limits of one exchange, in ms and bytes. */
export interface HttpLimits {
  connect: number;
  headers: number;
  body: number;
  bytes: number;
  /** How long a connection of submits is kept open for the next one. */
  submitIdle: number;
}

// A result may echo its input, and local images can make that 64 MiB.
const LIMITS: HttpLimits = {
  connect: 10_000,
  headers: 30_000,
  body: 30_000,
  bytes: 80 << 20,
  // Shorter than what servers and balancers allow a connection to idle: one that the far end closes just as a POST
  // goes out leaves it in doubt.
  submitIdle: 5_000,
};

/**
 * How long, in ms, a body of so many bytes may take to go out, at 0.8 Mbit/s. undici's clock for the headers of an
 * answer starts with the request (source read), so a large body would run into it.
 */
export const uploadTime = (bytes: number): number => Math.ceil(bytes / 100);

// With undici's default of 4 s each look would open a new connection: three round trips instead of one.
const FREE_IDLE = 60_000;
// Submits have connections of their own: reads would wait behind a thousand of them, and then all go out at once.
const MAX_CONNECTIONS = { free: 6, paid: 10 };
// In ms. A process that was frozen for longer may have been taken for dead, and its call for one to repeat.
const PERMIT_LASTS = 2_000;

/**
 * HTTP over undici, which costs some 70 ms to import and so is loaded at the first call. `uptime` is a time in ms that
 * nobody can set.
 */
export function createHttp(limits: Partial<HttpLimits> = {}, uptime = () => performance.now()): Http {
  const { connect, headers, body, bytes, submitIdle } = { ...LIMITS, ...limits };
  let loading: Promise<{ free: Agent; paid: Agent }> | undefined;
  // A permit would run out in undici's own queue.
  const inTurn = createTurns(MAX_CONNECTIONS.paid);

  async function load() {
    const { Agent } = await import('undici');
    const timeouts = { connect: { timeout: connect }, headersTimeout: headers, bodyTimeout: body };
    return {
      free: new Agent({ ...timeouts, connections: MAX_CONNECTIONS.free, keepAliveTimeout: FREE_IDLE }),
      paid: new Agent({
        ...timeouts,
        connections: MAX_CONNECTIONS.paid,
        keepAliveTimeout: submitIdle,
        // However long the far end says that it keeps the connection.
        keepAliveMaxTimeout: submitIdle,
      }),
    };
  }

  const loaded = () => {
    loading ??= load();
    return loading;
  };

  return {
    async send({ method, url, headers: own, body: content = null, signal, isPaid = false, permit }) {
      const { free, paid } = await loaded();
      signal?.throwIfAborted();
      const options = {
        origin: url.origin,
        path: url.pathname + url.search,
        method,
        headers: own,
        body: content,
        headersTimeout: headers + uploadTime(content?.length ?? 0),
      };
      const post = async () => {
        const began = uptime();
        await permit?.();
        const isLate = () => permit !== undefined && uptime() - began > PERMIT_LASTS;
        return exchange(paid, options, bytes, signal, isLate);
      };
      const exchanged = isPaid ? inTurn(post) : exchange(free, options, bytes, signal);
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
    async warm() {
      await loaded();
    },
    async close() {
      if (loading) await Promise.all(Object.values(await loading).map((agent) => agent.destroy()));
    },
  };
}

/** Lets so many pieces of work run at once; others wait in the order in which they came. */
function createTurns(most: number): <Result>(work: () => Promise<Result>) => Promise<Result> {
  const waiting: (() => void)[] = [];
  let left = most;
  return async (work) => {
    if (left > 0) left -= 1;
    else await new Promise<void>((go) => waiting.push(go));
    return work().finally(() => {
      const next = waiting.shift();
      if (next) next();
      else left += 1;
    });
  };
}

function parseRetryAfter(value: string | string[] | undefined): number | undefined {
  const text = Array.isArray(value) ? value[0] : value;
  if (text === undefined) return undefined;
  const seconds = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) : (Date.parse(text) - Date.now()) / 1000;
  return Number.isFinite(seconds) ? Math.max(0, seconds) : undefined;
}

function codeOf(error: unknown): string {
  const { code, cause, name } = error as { code?: unknown; cause?: unknown; name?: string };
  if (typeof code === 'string') return code;
  return cause ? codeOf(cause) : (name ?? 'unknown');
}
