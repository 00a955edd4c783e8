import {
  Client,
  type ClientCapabilities,
  type OAuthClientProvider,
  StreamableHTTPClientTransport,
} from '@modelcontextprotocol/client';
import { Client as Client1 } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport as Transport1 } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { onTestFinished } from 'vitest';
import type { Clock } from '../../src/clock.ts';
import type { Config } from '../../src/config/config.ts';
import type { ServiceConfig } from '../../src/config/service.ts';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/server.ts';
import { startService } from '../../src/service/service.ts';
import { KEY, testClock, testConfig } from './program.ts';

/** Clients that are tried over HTTP: each SDK, in each era that it speaks. */
export const CLIENTS = ['SDK 1.x', 'SDK 2.x, 2025', 'SDK 2.x, 2026-07-28'] as const;
export type ClientKind = (typeof CLIENTS)[number];

export const SERVICE: ServiceConfig = {
  listen: { host: '127.0.0.1', port: 0 },
  auth: { mode: 'none' },
  allowedHosts: [],
  allowedOrigins: [],
  publicUrl: undefined,
  sessionKeyFile: undefined,
  store: undefined,
  library: undefined,
  metrics: undefined,
};

/** A server over HTTP on a sandbox, in this process, on the clock that jumps unless another one is given. */
export async function serve(
  given: Omit<Partial<Config>, 'sandbox'> & {
    http?: Partial<ServiceConfig>;
    sandboxOptions?: SandboxOptions;
    clock?: Clock;
    /** One that several services share. */
    sandbox?: Sandbox;
    limits?: Parameters<typeof startService>[2]['limits'];
  } = {},
) {
  const { http, sandboxOptions, clock = testClock(), sandbox: shared, limits, ...overrides } = given;
  const sandbox = shared ?? (await startSandbox({ key: KEY, now: clock.now, ...sandboxOptions }));
  const service = { ...SERVICE, ...http };
  const config = testConfig(sandbox, { ...overrides, service });
  const log: string[] = [];
  const running = await startService(config, service, {
    clock,
    random: Math.random,
    writeLog: (line) => void log.push(line),
    ...(limits && { limits }),
  });
  onTestFinished(async () => {
    await running.close();
    if (!shared) await sandbox.close();
  });
  return { ...running, sandbox, config, log, clock };
}

/** What a client brings along. */
export interface ClientOptions {
  name?: string;
  /** The bearer token. */
  token?: string;
  headers?: Record<string, string>;
  capabilities?: ClientCapabilities;
  /** What gets the token, for a client of the SDK 2.x. */
  authProvider?: OAuthClientProvider;
  /** What sends its requests. */
  fetch?: typeof fetch;
}

/** Connects a real client over HTTP. */
export async function connectHttp(
  url: string,
  kind: ClientKind = 'SDK 2.x, 2025',
  { name = 'test-client', token, headers = {}, capabilities = {}, authProvider, fetch }: ClientOptions = {},
): Promise<Client> {
  const info = { name, version: '1.0.0' };
  const requestInit = {
    headers: { ...headers, ...(token !== undefined && { authorization: `Bearer ${token}` }) },
  };
  const pin = kind === 'SDK 2.x, 2026-07-28' ? '2026-07-28' : undefined;
  // The two SDKs' clients have the methods that are used here in common.
  const client =
    kind === 'SDK 1.x'
      ? (new Client1(info, { capabilities }) as unknown as Client)
      : new Client(info, { capabilities, ...(pin && { versionNegotiation: { mode: { pin } } }) });
  const Transport = kind === 'SDK 1.x' ? Transport1 : StreamableHTTPClientTransport;
  await client.connect(
    new Transport(new URL(url), {
      requestInit,
      ...(authProvider && { authProvider }),
      ...(fetch && { fetch }),
    } as object) as StreamableHTTPClientTransport,
  );
  onTestFinished(() => client.close());
  return client;
}
