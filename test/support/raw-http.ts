import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import {
  CLIENT_CAPABILITIES_META_KEY,
  CLIENT_INFO_META_KEY,
  PROTOCOL_VERSION_META_KEY,
} from '@modelcontextprotocol/server';
import { onTestFinished } from 'vitest';

export type Era = '2025' | '2026-07-28';
export const ERAS: readonly Era[] = ['2025', '2026-07-28'];

const INFO = { name: 'test-raw', version: '1.0.0' };
const VERSION = { '2025': '2025-06-18', '2026-07-28': '2026-07-28' };

/** A JSON-RPC message as a client of an era sends it. */
export function message(era: Era, method: string, params: object, id?: number | string) {
  const meta = {
    [PROTOCOL_VERSION_META_KEY]: VERSION[era],
    [CLIENT_INFO_META_KEY]: INFO,
    [CLIENT_CAPABILITIES_META_KEY]: {},
  };
  const isModern = era === '2026-07-28';
  return {
    jsonrpc: '2.0',
    ...(id !== undefined && { id }),
    method,
    params: { ...params, ...(isModern && { _meta: meta }) },
  };
}

export const toolCall = (era: Era, call: object, id: number | string = 0) =>
  message(era, 'tools/call', call, id);

export const initialize = (name = INFO.name, capabilities: object = {}) =>
  message(
    '2025',
    'initialize',
    { protocolVersion: VERSION['2025'], capabilities, clientInfo: { ...INFO, name } },
    0,
  );

/** The bytes of a POST. */
export function post(era: Era, body: unknown, headers: Record<string, string> = {}): string {
  const text = JSON.stringify(body);
  const { method, params } = body as { method?: string; params?: { name?: string } };
  const all = {
    host: 'localhost',
    'content-type': 'application/json',
    accept: 'application/json, text/event-stream',
    'content-length': String(Buffer.byteLength(text)),
    'mcp-protocol-version': VERSION[era],
    ...(era === '2026-07-28' && method && { 'mcp-method': method }),
    ...(era === '2026-07-28' && params?.name && { 'mcp-name': params.name }),
    ...headers,
  };
  const lines = Object.entries(all).map(([name, value]) => `${name}: ${value}\r\n`);
  return `POST /mcp HTTP/1.1\r\n${lines.join('')}\r\n${text}`;
}

/** A connection that nothing but a test reads and ends. */
export interface RawConnection {
  socket: Socket;
  /** All that was read. */
  text(): string;
  /** Resolves to all that was read once it matches. */
  until(pattern: RegExp): Promise<string>;
}

/** Connects, and sends. */
export async function connectRaw(url: string, bytes = ''): Promise<RawConnection> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  let text = '';
  socket.setEncoding('utf8').on('data', (chunk) => {
    text += chunk;
  });
  await once(socket, 'connect');
  socket.write(bytes);
  return {
    socket,
    text: () => text,
    async until(pattern) {
      while (!pattern.test(text)) {
        if (socket.destroyed) throw new Error(`the connection was closed after: ${text}`);
        await Promise.race([once(socket, 'data'), once(socket, 'close')]);
      }
      return text;
    },
  };
}

/** The session id that a server gives to a client of 2025. */
export async function startSession(
  url: string,
  name?: string,
  capabilities?: object,
  headers?: Record<string, string>,
): Promise<string> {
  const { socket, until } = await connectRaw(url, post('2025', initialize(name, capabilities), headers));
  const [, id = ''] = /mcp-session-id: (\S+)/i.exec(await until(/\r\n0\r\n\r\n/)) ?? [];
  socket.destroy();
  return id;
}
