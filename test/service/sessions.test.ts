import { randomBytes } from 'node:crypto';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { type Sandbox, startSandbox } from '../../src/sandbox/server.ts';
import { CALL } from '../support/calls.ts';
import { KEY, testClock } from '../support/program.ts';
import { connectRaw, post, startSession, toolCall } from '../support/raw-http.ts';
import { type ClientKind, connectHttp, serve } from '../support/service.ts';

const MINUTES = 60_000;
// Longer than an unknown client waits, and shorter than Codex does.
const RUNNING = { queueMs: 0, runMs: 2 * MINUTES };
const [OLD, NEW] = [randomBytes(32).toString('hex'), randomBytes(32).toString('base64')];

function keyFile(...keys: string[]): string {
  const file = join(mkdtempSync(join(process.env.TEST_SCRATCH ?? tmpdir(), 'keys-')), 'keys');
  writeFileSync(file, keys.join('\n'), { mode: 0o600 });
  return file;
}

const replica = (sandbox: Sandbox, ...keys: string[]) =>
  serve({ sandbox, waitSeconds: undefined, http: { sessionKeyFile: keyFile(...keys) } });

/** Whether a call in a session waits for as long as Codex allows. */
async function isCodex({ url, sandbox }: Awaited<ReturnType<typeof replica>>, session: string) {
  sandbox.engine.planNext(RUNNING);
  const { until } = await connectRaw(
    url,
    post('2025', toolCall('2025', CALL), { 'mcp-session-id': session }),
  );
  const text = await until(/\r\n0\r\n\r\n$/);
  expect(text).toMatch(/^HTTP\/1\.1 200/);
  return !text.includes('get_image_job with');
}

describe('a session of 2025', () => {
  it('is known to another process with the same key, also as the older one, and then tells the host', async () => {
    const sandbox = await startSandbox({ key: KEY, now: testClock().now });
    const first = await replica(sandbox, OLD);
    const session = await startSession(first.url, 'codex-mcp-client');
    expect(await isCodex(first, session)).toBe(true);
    expect(await isCodex(await replica(sandbox, OLD), session)).toBe(true);
    const rotated = await replica(sandbox, NEW, OLD);
    expect(await isCodex(rotated, session)).toBe(true);
    const later = await startSession(rotated.url, 'codex-mcp-client');
    const without = await replica(sandbox, NEW);
    expect(await isCodex(without, later)).toBe(true);
    expect(await isCodex(without, session)).toBe(false);
    await sandbox.close();
  });

  const [IDS] = [
    [
      ['no session', () => ''],
      ['one that was cut', (id: string) => id.slice(0, -1)],
      ['one without a signature', (id: string) => id.split('.')[0] as string],
      [
        'one whose name was changed',
        (id: string) =>
          `${Buffer.from('["a","codex-mcp-client",true]').toString('base64url')}.${id.split('.')[1]}`,
      ],
      ['one of 8 kB', (id: string) => `${id}.${'a'.repeat(8_000)}`],
      ['one of an earlier process', () => 'eyJhIjoxfQ.AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA'],
    ] as [string, (id: string) => string][],
  ];
  it.each(IDS)('that is %s is that of an unknown client, and no error', async (_, forge) => {
    const server = await serve({ waitSeconds: undefined });
    const id = await startSession(server.url, 'codex-mcp-client');
    expect(await isCodex(server, forge(id))).toBe(false);
  });

  it.each(['SDK 1.x', 'SDK 2.x, 2025'] as ClientKind[])(
    'is ended by its client without an error: %s',
    async (kind) => {
      const { url } = await serve();
      const client: Client = await connectHttp(url, kind);
      const transport = client.transport as StreamableHTTPClientTransport;
      expect(transport.sessionId).toMatch(/^[\w-]+\.[\w-]+$/);
      await transport.terminateSession();
      await client.close();
    },
  );
});
