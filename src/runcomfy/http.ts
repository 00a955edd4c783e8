import type { Agent, Dispatcher } from 'undici';

/** One exchange with the service. Redirects are never followed: a 307 would post a second time. */
export interface Call {
  method: 'GET' | 'POST';
  url: URL;
  headers: Record<string, string>;
  body?: string;
  signal?: AbortSignal | undefined;
}

export interface Reply {
  status: number;
  /** Seconds, from a Retry-After header in either of its forms. */
  retryAfter?: number;
  text: string;
}

/** No usable answer came. `sent` tells whether the request had begun to go out, so whether it may have been processed. */
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
}

export interface Http {
  /** Sends one request and reads its whole answer. Throws TransportError, or the signal's reason. */
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
}

// A result may echo its input, and local images can make that 64 MiB.
const LIMITS: HttpLimits = { connect: 10_000, headers: 30_000, body: 30_000, bytes: 80 << 20 };

/**
 * How long, in ms, a body of so many bytes may take to go out, at 0.8 Mbit/s. undici's clock for the headers of an
 * answer starts with the request (source read), so a large body would run into it.
 */
export const uploadTime = (bytes: number): number => Math.ceil(bytes / 100);

// With undici's default of 4 s each look would open a new connection: three round trips instead of one.
const KEEP_ALIVE_MS = 60_000;
// Reads have connections of their own: behind a thousand submits they would wait, and then all go out at once.
const MOST_CONNECTIONS = { GET: 6, POST: 10 };

/** HTTP over undici, which costs some 70 ms to import and so is loaded at the first call. */
export function createHttp(limits: Partial<HttpLimits> = {}): Http {
  const { connect, headers, body, bytes } = { ...LIMITS, ...limits };
  let loading: Promise<Record<Call['method'], Sender>> | undefined;

  async function load() {
    const { Agent } = await import('undici');
    return {
      GET: createSender(Agent, MOST_CONNECTIONS.GET),
      POST: createSender(Agent, MOST_CONNECTIONS.POST),
    };
  }

  function createSender(AgentClass: typeof Agent, connections: number): Sender {
    const agent = new AgentClass({
      connections,
      keepAliveTimeout: KEEP_ALIVE_MS,
      connect: { timeout: connect },
      headersTimeout: headers,
      bodyTimeout: body,
    });
    // undici calls onRequestStart in the same step in which it publishes `undici:client:sendHeaders`,
    // right before the first byte. Unlike the channel's message it belongs to one known call.
    const dispatcher = agent.compose((dispatch) => (options, handler) => {
      const start = handler.onRequestStart?.bind(handler);
      handler.onRequestStart = (controller, context) => {
        (options as MarkedOptions).onSending?.();
        start?.(controller, context);
      };
      return dispatch(options, handler);
    });
    return { agent, dispatcher };
  }

  const loaded = () => {
    loading ??= load();
    return loading;
  };

  return {
    async send(call) {
      const { dispatcher } = (await loaded())[call.method];
      call.signal?.throwIfAborted();
      let sent = false;
      const options: MarkedOptions = {
        origin: call.url.origin,
        path: call.url.pathname + call.url.search,
        method: call.method,
        headers: call.headers,
        body: call.body ?? null,
        signal: call.signal ?? null,
        headersTimeout: headers + uploadTime(call.body?.length ?? 0),
        onSending: () => {
          sent = true;
        },
      };
      try {
        const { statusCode, headers, body } = await dispatcher.request(options);
        const retryAfter = parseRetryAfter(headers['retry-after']);
        const text = await readText(body, bytes);
        return { status: statusCode, ...(retryAfter !== undefined && { retryAfter }), text };
      } catch (error) {
        call.signal?.throwIfAborted();
        throw new TransportError(sent, error);
      }
    },
    async warm() {
      await loaded();
    },
    async close() {
      if (loading) await Promise.all(Object.values(await loading).map(({ agent }) => agent.destroy()));
    },
  };
}

type Sender = { agent: Agent; dispatcher: Dispatcher };
type MarkedOptions = Dispatcher.RequestOptions & { onSending?: () => void };

async function readText(body: AsyncIterable<Uint8Array>, most: number): Promise<string> {
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.byteLength;
    if (bytes > most) throw Object.assign(new Error('answer too large'), { code: 'ANSWER_TOO_LARGE' });
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
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
