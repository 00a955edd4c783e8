import { describe, expect, it } from 'vitest';
import { KEY } from '../support/program.ts';
import { collect, send } from '../support/raw.ts';
import { directly } from '../support/ways.ts';

describe('the key, where the service says it everywhere', () => {
  it('is not in what the SDK says before there is a server', async () => {
    const child = directly([]);
    const stdout = collect(child.stdout);
    const client = 'io.modelcontextprotocol/clientCapabilities';
    const _meta = { 'io.modelcontextprotocol/protocolVersion': `v ${KEY}`, [client]: {} };
    send(child, { id: 0, method: 'tools/list', params: { _meta } });
    await stdout.has('"id":0');
    expect(stdout.text()).toContain('Unsupported protocol version: v [key]');
    expect(stdout.text()).not.toContain(KEY);
    child.stdin.end();
  });
});
