import { createInterface } from 'node:readline';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../src/sandbox/server.ts';
import { checkBooks } from '../support/books.ts';
import { CALL } from '../support/calls.ts';
import { start } from '../support/process.ts';
import { freshDataDir, KEY } from '../support/program.ts';

describe('a call that its client cancels', () => {
  it('in the same breath: nothing is submitted, and the next call is the first', async () => {
    const sandbox = await startSandbox({ key: KEY, pace: 0.1 });
    onTestFinished(() => sandbox.close());
    const dataDir = freshDataDir();
    const args = ['--base-url', sandbox.origin, '--data-dir', dataDir];
    const { child } = start(args, { RUNCOMFY_API_KEY: KEY });
    const answers = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
    const lines = (...messages: object[]) =>
      messages.map((message) => `${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`).join('');
    const clientInfo = { name: 'raw', version: '1' };
    const params = { protocolVersion: '2025-06-18', capabilities: {}, clientInfo };
    child.stdin.write(
      lines({ id: 0, method: 'initialize', params }, { method: 'notifications/initialized' }),
    );
    await answers.next();
    // As a busy server reads them: all at once.
    child.stdin.write(
      lines(
        { id: 1, method: 'tools/call', params: CALL },
        { method: 'notifications/cancelled', params: { requestId: 1, reason: 'Request timed out' } },
        { id: 2, method: 'tools/call', params: CALL },
      ),
    );
    const { id, result } = JSON.parse((await answers.next()).value);
    expect([id, result.structuredContent.status]).toEqual([2, 'succeeded']);
    checkBooks(sandbox, dataDir, 1);
  });
});
