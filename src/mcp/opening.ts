import type { Server } from '@modelcontextprotocol/server';
import type { Channel } from './channel.ts';

/** For whom a server is made. */
export interface Opening {
  era: 'legacy' | 'modern';
  channel?: Channel;
  /** The method of the one request that it is to answer; undefined for all of a connection. */
  method?: string | undefined;
}

/** Makes the MCP server of a connection, or over HTTP of a request; it fits the SDK's `McpServerFactory`. */
export type ServerFactory = (opening: Opening) => Server | Promise<Server>;

/** Lets a server have no handlers but that of a method: they live as long as a call that waits, and are 3.5 kB. */
export function keepOnly(server: Server, method: string): void {
  const set = server.setRequestHandler.bind(server) as (name: string, ...handler: unknown[]) => void;
  server.setRequestHandler = (name: string, ...handler: unknown[]) => {
    if (name === method) set(name, ...handler);
  };
}
