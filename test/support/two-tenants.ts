import { randomBytes, randomUUID } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client } from '@modelcontextprotocol/client';
import { textOf } from './program.ts';
import { connectHttp, serve } from './service.ts';
import { newToken, tenantsFile } from './tenants.ts';
import { SHOWS_VIEWS } from './view.ts';

const TENANTS = ['red', 'blue'] as const;

export interface TenantClient {
  client: Client;
  token: string;
  /** The RunComfy key. */
  key: string;
  /** A tool's whole answer, or error. */
  ask(name: string, args?: Record<string, unknown>): Promise<{ text: string; data: Record<string, unknown> }>;
}

/** A server with two tenants, each with a key of its own or both with the same, and a client of each. */
export async function serveTwo({
  hasOneKey = true,
  settings = {},
  ...given
}: Parameters<typeof serve>[0] & { hasOneKey?: boolean; settings?: Record<string, unknown> } = {}) {
  const tenants = tenantsFile({});
  const made = TENANTS.map((name) => {
    const key = `key-of-${hasOneKey ? 'both' : name}-0123456789`;
    const file = join(tenants.dir, `${name}.key`);
    writeFileSync(file, key);
    return { name, key, file, ...newToken() };
  });
  tenants.change(
    Object.fromEntries(
      made.map(({ name, file, entry }) => [name, { runcomfy_key: { file }, tokens: [entry], ...settings }]),
    ),
  );
  const served = await serve({
    ...given,
    key: { value: 'the-operators-own-key', from: 'RUNCOMFY_API_KEY' },
    http: { ...given.http, auth: { mode: 'tokens', file: tenants.file } },
    sandboxOptions: {
      ...given.sandboxOptions,
      key: (asked) => made.some(({ key }) => key === asked),
    },
  });
  const [red, blue] = await Promise.all(
    made.map(async ({ token, key }): Promise<TenantClient> => {
      const client = await connectHttp(served.url, 'SDK 2.x, 2025', { token, capabilities: SHOWS_VIEWS });
      return {
        ...{ client, token, key },
        async ask(name, args = {}) {
          const result = await client.callTool({ name, arguments: args }, { timeout: 600_000 });
          return { text: textOf(result), data: (result.structuredContent ?? {}) as Record<string, unknown> };
        },
      };
    }),
  );
  return { ...served, red: red as TenantClient, blue: blue as TenantClient };
}

/** An id of the same form that nobody has. */
export const randomId = (like: string): string =>
  like.startsWith('batch:') ? `batch:${randomBytes(12).toString('hex')}` : randomUUID();
