import type { ServerResponse } from 'node:http';

/** Sends a short JSON document. */
export function sendJson(response: ServerResponse, status: number, json: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store', ...headers });
  response.end(JSON.stringify(json));
}

/** Refuses a request in the form of MCP: a JSON-RPC error without an id, as the request itself was not read. */
export function refuse(response: ServerResponse, status: number, message: string, headers = {}): void {
  sendJson(response, status, { jsonrpc: '2.0', error: { code: -32_000, message }, id: null }, headers);
}
