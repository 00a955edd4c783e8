import { describe, expect, it } from 'vitest';
import { textOf } from '../support/program.ts';
import { CLIENTS, connectHttp } from '../support/service.ts';
import { startNginx } from './support/nginx.ts';
import { callWith } from './support/patient.ts';
import { deploy } from './support/server.ts';

// In ms: longer than nginx waits for a server that sends nothing, and than clients wait by themselves.
const RUN = 100_000;
const PATIENCE = { timeout: 3 * RUN };
const call = (prompt: string) => ({ name: 'gpt_image_2_text_to_image', arguments: { prompt } });

describe('behind nginx with its own limits, as the documentation sets it up', () => {
  it('a call whose job takes 100 s arrives, in both eras, with and without progress', async (context) => {
    const { url, sandbox } = await deploy(['--wait', '300', '--preview', 'off'], { slots: 10 });
    const proxied = await startNginx(new URL(url).host, context);
    const texts = CLIENTS.flatMap((kind) =>
      [false, true].map(async (isTold) => {
        const client = await connectHttp(proxied, kind);
        sandbox.engine.planNext({ queueMs: 0, runMs: RUN });
        const told: unknown[] = [];
        const onprogress = (progress: unknown) => told.push(progress);
        const options = { ...PATIENCE, ...(isTold && { onprogress }) };
        const text = textOf(await callWith(client, kind, call(`${kind} ${isTold}`), options));
        expect(told.length > 0).toBe(isTold);
        return text;
      }),
    );
    for (const text of await Promise.all(texts)) expect(text).toMatch(/^1 image/);
    expect(sandbox.requests.filter(({ route }) => route === 'submit')).toHaveLength(texts.length);
  });

  it('progress arrives while the job runs, also where nginx compresses streams', async (context) => {
    // Of small messages nginx holds nothing back unless it compresses them: then all until the end (measured).
    const compressing = 'gzip on; gzip_min_length 0; gzip_types text/event-stream;';
    const { url, sandbox } = await deploy(['--wait', '300', '--preview', 'off']);
    const client = await connectHttp(await startNginx(new URL(url).host, context, compressing));
    sandbox.engine.planNext({ queueMs: 0, runMs: RUN * 10 });
    await new Promise((resolve, reject) => {
      const job = () => sandbox.engine.jobs[0];
      const onprogress = () => resolve(job() && sandbox.engine.finish(job() as never));
      client
        .callTool(call('a fox'), { ...PATIENCE, onprogress })
        .then(() => reject(new Error('no progress')), reject);
    });
  });
});
