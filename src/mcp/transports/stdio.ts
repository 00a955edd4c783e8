import { type JSONRPCMessage, type McpServerFactory, serializeMessage } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Log } from '../../log.ts';
import { outgoing } from '../outgoing.ts';

const MAX_MESSAGE = 10 << 20;

export interface StdioOptions {
  log: Log;
  /** Takes keys out of every text that leaves. */
  redact: (text: string) => string;
  /** Called once, after the tool list has gone out: what a client waits for at its start is then done. */
  onListed: () => void;
}

/**
 * Serves MCP over standard input and output: clients of 2024-11-05 to 2025-11-25 and the stateless 2026-07-28.
 * Resolves when the connection is closed: at the end of input, or at a message of more than 10 MB.
 */
export function serveOverStdio(
  factory: McpServerFactory,
  { log, redact, onListed }: StdioOptions,
): Promise<void> {
  const onerror = ({ message }: Error) => {
    if (/maximum size/.test(message))
      log.error('a message of more than 10 MB arrived; the connection is closed');
    else log.warn(message);
  };
  const transport = new StdioTransport(redact, onListed);
  serveStdio(factory, { transport, onerror });
  return transport.closed;
}

class StdioTransport extends StdioServerTransport {
  readonly #redact: (text: string) => string;
  #onListed: (() => void) | undefined;
  #onClosed = () => {};
  readonly closed = new Promise<void>((resolve) => {
    this.#onClosed = resolve;
  });

  constructor(redact: (text: string) => string, onListed: () => void) {
    super(process.stdin, process.stdout, { maxBufferSize: MAX_MESSAGE });
    this.#redact = redact;
    this.#onListed = onListed;
  }

  /**
   * The SDK's own takes a message for sent that still stands in this process's buffer; and as long as it is not sent,
   * a cancellation still reaches its call.
   */
  override send(message: JSONRPCMessage): Promise<void> {
    // Before it knows a client's protocol the SDK refuses requests by itself, in words that quote them: no server of
    // ours has seen those.
    const written = write('error' in message ? outgoing(message, this.#redact) : message);
    if (this.#onListed && 'result' in message && 'tools' in message.result) {
      written.then(this.#onListed, () => {});
      this.#onListed = undefined;
    }
    return written;
  }

  override async close(): Promise<void> {
    await super.close();
    this.#onClosed();
  }
}

/**
 * Writes a message; resolves when the system has taken all of it. What a pipe has no room for (64 kB, some 200 between
 * sockets) stays in this process until somebody reads, and is lost with it.
 */
function write(message: JSONRPCMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()));
  });
}
