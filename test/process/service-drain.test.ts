import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it, onTestFinished } from 'vitest';
import { startSandbox } from '../../src/sandbox/server.ts';
import { CALL, finishAll, promised } from '../support/calls.ts';
import { run, start } from '../support/process.ts';
import { freshDataDir, KEY, textOf } from '../support/program.ts';
import { CLIENTS, connectHttp } from '../support/service.ts';

const RUNNING = { queueMs: 0, runMs: 3_600_000 };

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** A service whose jobs run until they are finished by hand, and that can be started again on its port and records. */
async function begin() {
  const sandbox = await startSandbox({ key: KEY, slots: 100 });
  onTestFinished(() => sandbox.close());
  const port = await freePort();
  const args = ['--http', String(port), '--base-url', sandbox.origin, '--data-dir', freshDataDir()];
  const url = `http://127.0.0.1:${port}/mcp`;

  async function startServer() {
    const server = start(args, { RUNCOMFY_API_KEY: KEY, RUNCOMFY_PREVIEW: 'off' });
    await new Promise<void>((resolve) => {
      server.child.stderr.on('data', (text) => String(text).includes(url) && resolve());
    });
    return server;
  }
  const submits = () => sandbox.requests.filter(({ route }) => route === 'submit').length;
  return { sandbox, url, startServer, submits };
}

const foxes = (client: Client, prompt: string) => client.callTool({ ...CALL, arguments: { prompt } });
const requestId = (result: object) =>
  (result as { structuredContent?: { request_id?: string } }).structuredContent?.request_id as string;

describe('a server over HTTP', () => {
  it('hands every call over when it is told to end, also one that is being submitted, and the next process has the pictures', async () => {
    const { sandbox, url, startServer, submits } = await begin();
    const server = await startServer();
    const clients = await Promise.all(CLIENTS.map((kind) => connectHttp(url, kind)));
    const [first] = clients as [Client];
    for (let job = 0; job < 7; job++) sandbox.engine.planNext(RUNNING);
    const calls = clients.flatMap((client, at) => [foxes(client, `${at} a`), foxes(client, `${at} b`)]);
    await expect.poll(() => sandbox.engine.jobs.length).toBe(6);
    const { promise: held, resolve: answer } = promised();
    sandbox.inject({ on: 'submit', what: { hold: held } });
    calls.push(foxes(first, 'in its submit'));
    await expect.poll(() => sandbox.engine.jobs.length).toBe(7);

    server.child.kill('SIGTERM');
    const ready = () => fetch(new URL('/readyz', url)).then(({ status }) => status);
    await expect.poll(ready).toBe(503);
    server.child.kill('SIGTERM');
    server.child.kill('SIGINT');
    answer();
    const results = await Promise.all(calls);
    for (const result of results) {
      expect(result.isError).not.toBe(true);
      expect(textOf(result)).toMatch(/get_image_job/);
    }
    expect(await server.ended).toMatchObject({ code: 0, signal: null });

    await startServer();
    finishAll(sandbox);
    for (const [at, result] of results.entries()) {
      const args = { request_id: requestId(result) };
      const picture = await (clients[Math.floor(at / 2)] ?? first).callTool({
        name: 'get_image_job',
        arguments: args,
      });
      expect(textOf(picture)).toMatch(/^1 image/);
    }
    expect(submits()).toBe(7);
  });

  it('that was killed in calls gives their jobs to the same calls, in the next process', async () => {
    const { sandbox, url, startServer, submits } = await begin();
    const server = await startServer();
    const connectAll = () => Promise.all(CLIENTS.map((kind) => connectHttp(url, kind)));
    const clients = await connectAll();
    for (const _ of CLIENTS) sandbox.engine.planNext(RUNNING);
    const cut = clients.map((client, at) => foxes(client, `${at}`).catch(() => 'cut'));
    const isRead = () => sandbox.requests.filter(({ route }) => route === 'status').length >= CLIENTS.length;
    await expect.poll(isRead).toBe(true);
    server.child.kill('SIGKILL');
    await server.ended;
    await startServer();
    finishAll(sandbox);
    for (const [at, client] of (await connectAll()).entries()) {
      const { structuredContent } = await foxes(client, `${at}`);
      const job = sandbox.engine.jobs.find(({ input }) => input.prompt === `${at}`);
      expect(structuredContent).toMatchObject({ request_id: job?.id, resumed: true });
    }
    expect(submits()).toBe(CLIENTS.length);
    await Promise.all(clients.map((client) => client.close()));
    expect(await Promise.all(cut)).toEqual(['cut', 'cut', 'cut']);
  });

  it('does not start with a key file that it cannot use', async () => {
    const args = ['--http', '127.0.0.1:0', '--sandbox', '--session-key-file', '/nonexistent/keys'];
    const { code, stderr } = await run(args);
    expect(code).toBe(2);
    expect(stderr).toMatch(/--session-key-file \/nonexistent\/keys cannot be read: ENOENT$/m);
  });
});
