import type { ServerResponse } from 'node:http';

/** Why a request is not served, as HTTP says it. The message quotes nothing of the request. */
export class RefusedError extends Error {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  constructor(status: number, message: string, headers: Readonly<Record<string, string>> = {}) {
    super(message);
    this.status = status;
    this.headers = headers;
  }
  /** Whether it would be served at another time. */
  get isOverload(): boolean {
    return this.status === 429 || this.status === 503;
  }
}

/** Sends a short JSON document. */
export function sendJson(response: ServerResponse, status: number, json: unknown, headers = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(JSON.stringify(json));
}

const PARSE_ERROR = -32_700;
const SERVER_ERROR = -32_000;

/** Refuses a request in the form of MCP: a JSON-RPC error without an id, as the request itself was not read. */
export function refuse(response: ServerResponse, { status, message, headers }: RefusedError): void {
  const code = status === 400 ? PARSE_ERROR : SERVER_ERROR;
  sendJson(response, status, { jsonrpc: '2.0', error: { code, message }, id: null }, headers);
}
