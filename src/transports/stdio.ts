import { type JSONRPCMessage, type McpServerFactory, serializeMessage } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Log } from '../log.ts';
import type { Deliveries } from './delivery.ts';

const LARGEST_MESSAGE = 10 << 20;

export interface StdioOptions {
  log: Log;
  /** Learns which answers have left this process whole. */
  deliveries: Deliveries;
  /** Called once, after the tool list has gone out: what a client waits for at its start is then done. */
  onListed: () => void;
}

/**
 * Serves MCP over standard input and output: clients of 2024-11-05 to 2025-11-25 and the stateless 2026-07-28.
 * Resolves when the connection is closed: at the end of input, or at a message of more than 10 MB.
 */
export function serveOverStdio(
  factory: McpServerFactory,
  { log, deliveries, onListed }: StdioOptions,
): Promise<void> {
  const transport = new StdioServerTransport(process.stdin, process.stdout, {
    maxBufferSize: LARGEST_MESSAGE,
  });
  const onerror = ({ message }: Error) => {
    if (/maximum size/.test(message))
      log.error('a message of more than 10 MB arrived; the connection is closed');
    else log.warn(message);
  };
  let isListed = false;
  // The transport's own takes a message for sent that still stands in this process's buffer; and as long as it is
  // not sent, a cancellation still reaches its call.
  transport.send = (message) => {
    const written = write(message);
    deliveries.onWrite(message, written);
    if (!isListed && 'result' in message && 'tools' in message.result) {
      isListed = true;
      written.then(onListed, () => {});
    }
    return written;
  };
  serveStdio(factory, { transport, onerror });
  return new Promise((resolve) => {
    const close = transport.onclose;
    transport.onclose = () => {
      close?.();
      resolve();
    };
  });
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
