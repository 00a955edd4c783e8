import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import type { Scope } from '../../src/tenants/tenant.ts';
import { freshDataDir, KEY } from './program.ts';

/** A bearer token, and the entry by which a tenants' file knows it. */
export function newToken(
  scopes: readonly Scope[] = ['images:read', 'images:generate'],
  more: { expires?: string } = {},
) {
  const token = randomBytes(32).toString('hex');
  return { token, entry: { name: 'test', sha256: sha256(token), scopes, ...more } };
}

export const sha256 = (text: string) => createHash('sha256').update(text).digest('hex');

/** The key of every tenant of a test that cares for no other. */
export const TENANT_KEY = { env: 'TEST_TENANT_KEY' };

/** A folder with a tenants' file in it. */
export function tenantsFile(tenants: Record<string, unknown>) {
  const dir = freshDataDir();
  mkdirSync(dir, { recursive: true });
  process.env[TENANT_KEY.env] = KEY;
  onTestFinished(() => void delete process.env[TENANT_KEY.env]);
  const file = join(dir, 'tenants.json');
  const write = (text: string) => writeFileSync(file, text, { mode: 0o600 });
  const change = (changed: Record<string, unknown>) => write(JSON.stringify({ tenants: changed }));
  change(tenants);
  return { dir, file, write, change };
}

/** A tool call as it is posted. */
export const callOf = (name: string, args: unknown = {}, id: unknown = 1) => ({
  jsonrpc: '2.0',
  id,
  method: 'tools/call',
  params: { name, arguments: args },
});

/** Posts JSON to an MCP endpoint as a client of 2025 would, and awaits all of the answer. */
export async function post(
  url: string,
  body: unknown,
  token?: string,
  given: Record<string, string> = {},
): Promise<{ status: number; headers: Headers; text: string }> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      accept: 'application/json, text/event-stream',
      'content-type': 'application/json',
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...given,
    },
    body: JSON.stringify(body),
  });
  const { status, headers } = response;
  return { status, headers, text: await response.text() };
}
