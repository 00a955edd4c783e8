import { type JSONRPCMessage, type McpServerFactory, serializeMessage } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Log } from '../../log.ts';
import type { Redact } from '../../runcomfy/sanitize.ts';
import { outgoing } from '../outgoing.ts';

const MAX_MESSAGE = 10 << 20;

export interface StdioOptions {
  log: Log;
  redact: Redact;
  /** Called once, when the tool list has been sent: a client waits for nothing else when it starts. */
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
  const transport = new StdioServerTransport(process.stdin, process.stdout, { maxBufferSize: MAX_MESSAGE });
  const onerror = ({ message }: Error) => {
    if (/maximum size/.test(message))
      log.error('a message of more than 10 MB arrived; the connection is closed');
    else log.warn(message);
  };
  let isListed = false;

  // The SDK's own send counts a message as sent that is still in this process's buffer. Until it is sent, a
  // cancellation still reaches its call.
  transport.send = (message) => {
    // The SDK itself refuses requests until it knows a client's protocol, and quotes them: no server of ours sees those.
    const written = write('error' in message ? outgoing(message, redact) : message);
    if (!isListed && 'result' in message && 'tools' in message.result) {
      isListed = true;
      written.then(onListed, () => {});
    }
    return written;
  };

  return new Promise((resolve) => {
    const close = transport.close.bind(transport);
    transport.close = () => close().then(resolve);
    serveStdio(factory, { transport, onerror });
  });
}

/**
 * Writes a message; resolves when the system has taken all of it. What does not fit into the pipe (64 kB, some 200
 * between sockets) stays in this process until somebody reads, and is lost with it.
 */
function write(message: JSONRPCMessage): Promise<void> {
  return new Promise((resolve, reject) => {
    process.stdout.write(serializeMessage(message), (error) => (error ? reject(error) : resolve()));
  });
}
