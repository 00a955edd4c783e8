import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { BALANCE_PATH, type Config } from '../config/config.ts';
import { createApi, parseJson, routeOf } from './api.ts';
import { createEngine, type Engine, type EngineOptions } from './engine.ts';
import {
  answerThrough,
  createFaults,
  type Fault,
  type Route,
  type SandboxReply,
  type SeenRequest,
  send,
} from './faults.ts';
import { outputFile } from './outputs.ts';

/** An imitation of RunComfy on loopback: its paths, JSON, status codes and quirks, and real image files. */
export interface Sandbox {
  readonly origin: string;
  readonly engine: Engine;
  readonly requests: readonly SeenRequest[];
  /** The most connections that were open at once. */
  readonly maxConnections: number;
  inject(fault: Fault): void;
  /** Chooses a fault for each request that no injected one hits. */
  failAtRandom(choose: (route: Route, request: SeenRequest) => Fault['what'] | undefined): void;
  close(): Promise<void>;
}

export interface SandboxOptions extends Partial<EngineOptions> {
  /** The only key that is accepted, or which ones are at present; default: any. */
  key?: string | ((given: string) => boolean);
  /** Does not keep the process alive. */
  unref?: boolean;
}

const SANDBOX_KEY = 'sandbox-key';

/** Starts a sandbox in this process and returns a config that uses it; a real key is never sent to it. */
export async function sandboxed(config: Config): Promise<Config> {
  const { origin } = await startSandbox({ key: SANDBOX_KEY, unref: true });
  return {
    ...config,
    baseUrl: origin,
    balanceUrl: origin + BALANCE_PATH,
    key: { value: SANDBOX_KEY, from: 'the sandbox' },
  };
}

export async function startSandbox({
  key,
  unref,
  now = Date.now,
  ...rest
}: SandboxOptions = {}): Promise<Sandbox> {
  const engine = createEngine({ now, ...rest });
  const isKey = typeof key === 'function' ? key : (given: string) => key === undefined || given === key;
  const faults = createFaults();
  const api = createApi(engine, isKey, () => origin);
  const requests: SeenRequest[] = [];

  async function handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://sandbox');
    const route = routeOf(request.method, url.pathname);
    const text = await readBody(request);
    if (!route) return send({ status: 404, body: { detail: 'Not Found' } }, response);
    const { authorization } = request.headers;
    const seen = { route, path: url.pathname, body: parseJson(text), authorization };
    if (route === 'output') return answerThrough(faults.take(seen), () => output(url.pathname), response);
    requests.push(seen);
    return answerThrough(faults.take(seen), () => api.answer(route, url, text, authorization), response);
  }

  async function output(path: string): Promise<SandboxReply> {
    const file = await outputFile(engine, new URL(path, origin));
    if (!file) return { status: 404, body: '' };
    return { status: 200, body: file.data, headers: { 'content-type': file.type } };
  }

  const server = createServer((request, response) => {
    handle(request, response).catch((error) => {
      if (!response.headersSent) response.writeHead(500, { 'content-type': 'text/plain' });
      response.end(String(error?.message ?? error));
    });
  });
  let connections = 0;
  let maxConnections = 0;
  server.on('connection', (socket) => {
    connections += 1;
    maxConnections = Math.max(maxConnections, connections);
    socket.once('close', () => {
      connections -= 1;
    });
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(0, '127.0.0.1', resolve));
  if (unref) server.unref();
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

  return {
    origin,
    engine,
    requests,
    get maxConnections() {
      return maxConnections;
    },
    inject: faults.inject,
    failAtRandom: faults.failAtRandom,
    close() {
      server.closeAllConnections();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}
