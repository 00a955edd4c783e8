import { describe, expect, it } from 'vitest';
import { readRecords } from '../support/books.ts';
import { CALL } from '../support/calls.ts';
import { start } from '../support/process.ts';
import { connect, freshDataDir, KEY } from '../support/program.ts';
import { http, startRawUpstream } from '../support/raw-upstream.ts';

describe('a lead', () => {
  it('is not lost by a process that leaves', async () => {
    const silence = [{ bytes: '' }];
    const upstream = await startRawUpstream([http(502, { request_id: 'raw-1' })], {
      free: (line) => (line.includes('/status') ? silence.shift() : undefined),
    });
    const dataDir = freshDataDir();
    const args = ['--base-url', upstream.origin, '--data-dir', dataDir];
    const { child, ended } = start(args, { RUNCOMFY_API_KEY: KEY });
    const clientInfo = { name: 'raw', version: '1' };
    for (const message of [
      {
        id: 0,
        method: 'initialize',
        params: { protocolVersion: '2025-06-18', capabilities: {}, clientInfo },
      },
      { method: 'notifications/initialized' },
      { id: 1, method: 'tools/call', params: CALL },
    ])
      child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
    await expect.poll(() => upstream.requests.length).toBe(2);
    child.stdin.end();
    await ended;
    expect(readRecords(dataDir)).toMatchObject([{ state: 'in_queue', request_id: 'raw-1' }]);

    const { client } = await connect({ baseUrl: upstream.origin, dataDir });
    expect((await client.callTool(CALL)).structuredContent).toMatchObject({ request_id: 'raw-1' });
    expect(upstream.submits).toBe(1);
  });
});
