import { beforeAll, describe, expect, it } from 'vitest';
import type { Sandbox } from '../../src/sandbox/server.ts';
import { finishAll } from '../support/calls.ts';
import { CLIENTS, connectHttp } from '../support/service.ts';
import { buildApart, startDeployment } from './support/deployment.ts';

let main: string;
beforeAll(() => {
  main = buildApart();
});

const RUNNING = { queueMs: 0, runMs: 3_600_000 };
const callFor = (prompt: string) => ({ name: 'gpt_image_2_text_to_image', arguments: { prompt } });
const submits = ({ requests }: Sandbox) => requests.filter(({ route }) => route === 'submit');
const reads = ({ requests }: Sandbox) => requests.filter(({ route }) => route === 'status');

describe('two replicas behind the nginx of deploy/compose', () => {
  it('serve the calls of a client in turn, and the one that is left has the pictures of the one that was killed', async (context) => {
    const { sandbox, token, replicas, url } = await startDeployment(main, context);
    const [killed] = replicas;
    const connectAll = () => Promise.all(CLIENTS.map((kind) => connectHttp(url, kind, { token })));
    const prompts = CLIENTS.map((_, nth) => [`${nth} a`, `${nth} b`]);
    for (const _ of prompts.flat()) sandbox.engine.planNext(RUNNING);
    const answered = new Set<string>();
    const clients = await connectAll();
    for (const [nth, client] of clients.entries())
      for (const prompt of prompts[nth] ?? [])
        client.callTool(callFor(prompt)).then(
          () => answered.add(prompt),
          () => {},
        );
    await expect.poll(() => reads(sandbox).length).toBeGreaterThanOrEqual(6);
    killed.signal('SIGKILL');
    await killed.ended;
    finishAll(sandbox);
    await expect.poll(() => answered.size).toBe(3);

    const repeats = (await connectAll()).flatMap((client, nth) =>
      (prompts[nth] ?? [])
        .filter((prompt) => !answered.has(prompt))
        .map(async (prompt) => {
          const { structuredContent } = await client.callTool(callFor(prompt));
          const job = sandbox.engine.jobs.find(({ input }) => input.prompt === prompt);
          expect(structuredContent).toMatchObject({
            request_id: job?.id,
            resumed: true,
            status: 'succeeded',
          });
        }),
    );
    expect(repeats).toHaveLength(3);
    await Promise.all(repeats);
    expect(submits(sandbox)).toHaveLength(6);
  });

  it('get each POST once: what went out to one that died unanswered comes to the other only when the client repeats it', async (context) => {
    const { sandbox, token, replicas, url } = await startDeployment(main, context);
    const [killed] = replicas;
    const client = await connectHttp(url, 'SDK 2.x, 2026-07-28', { token });
    // It takes connections and requests, and answers nothing.
    killed.signal('SIGSTOP');
    const prompts = ['a', 'b', 'c', 'd'];
    const failed: string[] = [];
    const calls = prompts.map((prompt) => client.callTool(callFor(prompt)).catch(() => failed.push(prompt)));
    await expect.poll(() => submits(sandbox).length).toBe(2);
    killed.signal('SIGKILL');
    await Promise.all(calls);
    expect(failed).toHaveLength(2);
    expect(submits(sandbox)).toHaveLength(2);

    const ready = await fetch(new URL('/readyz', url));
    expect(ready.status).toBe(200);
    for (const prompt of failed) expect((await client.callTool(callFor(prompt))).isError).not.toBe(true);
    const sent = submits(sandbox).map(({ body }) => (body as { prompt: string }).prompt);
    expect(sent.sort()).toEqual(prompts);
  });
});
