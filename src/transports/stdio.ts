import type { McpServerFactory } from '@modelcontextprotocol/server';
import { StdioServerTransport, serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Log } from '../log.ts';

/**
 * Serves MCP over standard input and output: clients of 2024-11-05 to 2025-11-25 and the stateless 2026-07-28.
 * Resolves when the connection is closed: at the end of input, or at a message of more than 10 MB.
 */
export function serveOverStdio(factory: McpServerFactory, log: Log): Promise<void> {
  const transport = new StdioServerTransport();
  serveStdio(factory, { transport, onerror: (error) => log.warn(error.message) });
  return new Promise((resolve) => {
    const close = transport.onclose;
    transport.onclose = () => {
      close?.();
      resolve();
    };
  });
}
