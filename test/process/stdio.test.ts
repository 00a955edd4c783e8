import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { describe, expect, it } from 'vitest';
import { start } from '../support/process.ts';
import { freshDataDir } from '../support/program.ts';

type Message = {
  id?: number;
  method?: string;
  params?: Record<string, unknown>;
  result?: Record<string, unknown>;
  error?: unknown;
};

/** A server spoken to in raw lines; every line on its standard output must be a message. */
function speak(args: readonly string[]) {
  const { child, ended } = start(args);
  const received: Message[] = [];
  const waiting: { fits: (message: Message) => boolean; resolve: (message: Message) => void }[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as Message;
    received.push(message);
    const index = waiting.findIndex(({ fits }) => fits(message));
    if (index !== -1) waiting.splice(index, 1)[0]?.resolve(message);
  });
  const send = (message: object) => child.stdin.write(`${JSON.stringify({ jsonrpc: '2.0', ...message })}\n`);
  const until = (fits: (message: Message) => boolean) =>
    new Promise<Message>((resolve) => {
      const found = received.find(fits);
      if (found) resolve(found);
      else waiting.push({ fits, resolve });
    });
  const initialize = async (protocolVersion = '2025-06-18') => {
    send({
      id: 0,
      method: 'initialize',
      params: { protocolVersion, capabilities: {}, clientInfo: { name: 'raw', version: '1' } },
    });
    const answer = await until(({ id }) => id === 0);
    send({ method: 'notifications/initialized' });
    return answer;
  };
  return { child, ended, send, until, initialize, received };
}

const IMAGE = { name: 'gpt_image_1_5_text_to_image', arguments: { prompt: 'a fox', quality: 'low' } };

describe('standard output', () => {
  it('carries only the protocol, from the start through a paid call, whatever is logged', async () => {
    const server = speak(['--sandbox', '--log-level', 'debug', '--data-dir', freshDataDir()]);
    await server.initialize();
    server.send({ id: 1, method: 'tools/list' });
    server.send({ id: 2, method: 'tools/call', params: { ...IMAGE, _meta: { progressToken: 'p' } } });
    const answer = await server.until(({ id }) => id === 2);
    expect(answer.result).toMatchObject({ structuredContent: { status: 'succeeded' } });
    const kinds = server.received.map(({ id, method }) => method ?? id);
    expect(new Set(kinds)).toEqual(new Set([0, 1, 'notifications/progress', 2]));
    expect(kinds.at(-1)).toBe(2);
    server.child.stdin.end();
    expect((await server.ended).stderr).toContain('info: ');
  });
});

describe('every version of the protocol', () => {
  it.each(['2024-11-05', '2025-03-26', '2025-06-18', '2025-11-25'])('%s', async (version) => {
    const server = speak(['--sandbox', '--data-dir', freshDataDir()]);
    expect((await server.initialize(version)).result).toMatchObject({ protocolVersion: version });
  });
});

describe('leaving', () => {
  it.each([
    ['end of input', (child: ReturnType<typeof start>['child']) => void child.stdin.end()],
    ['SIGTERM', (child: ReturnType<typeof start>['child']) => void child.kill('SIGTERM')],
    ['SIGINT', (child: ReturnType<typeof start>['child']) => void child.kill('SIGINT')],
    ['SIGHUP', (child: ReturnType<typeof start>['child']) => void child.kill('SIGHUP')],
  ])('at %s, even while a call waits', async (_, leave) => {
    const server = speak(['--sandbox', '--data-dir', freshDataDir()]);
    await server.initialize();
    server.send({ id: 1, method: 'tools/call', params: { ...IMAGE, _meta: { progressToken: 'p' } } });
    await server.until(({ method }) => method === 'notifications/progress');
    leave(server.child);
    await once(server.child, 'exit');
    expect(await server.ended).toMatchObject({ code: 0, signal: null });
  });

  it('leaves nothing behind where no paid call was made', async () => {
    const dataDir = freshDataDir();
    const server = speak(['--data-dir', dataDir]);
    await server.initialize();
    server.send({ id: 1, method: 'tools/call', params: { name: 'list_image_jobs', arguments: {} } });
    await server.until(({ id }) => id === 1);
    server.child.stdin.end();
    await server.ended;
    expect(existsSync(dataDir)).toBe(false);
  });
});

describe('the sandbox', () => {
  it('is the same account at each start: earlier jobs are listed', async () => {
    const args = ['--sandbox', '--data-dir', freshDataDir()];
    const first = speak(args);
    await first.initialize();
    first.send({ id: 1, method: 'tools/call', params: IMAGE });
    const { result } = await first.until(({ id }) => id === 1);
    const { request_id } = (result?.structuredContent ?? {}) as { request_id?: string };
    first.child.stdin.end();
    await first.ended;
    const second = speak(args);
    await second.initialize();
    second.send({ id: 1, method: 'tools/call', params: { name: 'list_image_jobs', arguments: {} } });
    const listed = await second.until(({ id }) => id === 1);
    expect(listed.result).toMatchObject({ structuredContent: { jobs: [{ request_id }] } });
    second.child.stdin.end();
  });
});
