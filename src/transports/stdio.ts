import type { McpServerFactory } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Log } from '../log.ts';

const LARGEST_MESSAGE = 10 << 20;

/**
 * Serves MCP over standard input and output: clients of 2024-11-05 to 2025-11-25 and the stateless 2026-07-28.
 * Resolves when the connection is closed: at the end of input, or at a message of more than 10 MB.
 * Calls `onListed` once, after the tool list has gone out: what a client waits for at its start is then done.
 */
export function serveOverStdio(
  factory: McpServerFactory,
  log: Log,
  onListed: () => void = () => {},
): Promise<void> {
  const transport = new StdioServerTransport(process.stdin, process.stdout, {
    maxBufferSize: LARGEST_MESSAGE,
  });
  const onerror = ({ message }: Error) => {
    if (/maximum size/.test(message))
      log.error('a message of more than 10 MB arrived; the connection is closed');
    else log.warn(message);
  };
  tellWhenListed(transport, onListed);
  serveStdio(factory, { transport, onerror });
  return new Promise((resolve) => {
    const close = transport.onclose;
    transport.onclose = () => {
      close?.();
      resolve();
    };
  });
}

function tellWhenListed(transport: StdioServerTransport, onListed: () => void): void {
  const send = transport.send.bind(transport);
  transport.send = async (message) => {
    await send(message);
    if (!('result' in message && 'tools' in message.result)) return;
    transport.send = send;
    onListed();
  };
}
