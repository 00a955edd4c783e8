import type { McpServerFactory } from '@modelcontextprotocol/server';
import { serveStdio } from '@modelcontextprotocol/server/stdio';
import type { Log } from '../log.ts';

/** Serves MCP over standard input and output: clients of 2024-11-05 to 2025-11-25 and the stateless 2026-07-28. */
export function serveOverStdio(factory: McpServerFactory, log: Log): void {
  serveStdio(factory, { onerror: (error) => log.warn(error.message) });
}
