import type { Client } from '@modelcontextprotocol/client';
import { describe, expect, it } from 'vitest';
import { CALL, finishAll } from '../../support/calls.ts';
import { eventually, textOf } from '../../support/program.ts';
import { CLIENTS } from '../../support/service.ts';
import { randomId } from '../../support/two-tenants.ts';
import { serveReplicas } from '../support/replicas.ts';

const HOURS = 3_600_000_000;
const BATCH = {
  name: 'make_images',
  arguments: { jobs: [{ model: CALL.name, input: CALL.arguments, count: 3 }] },
};

/** A tool's whole answer, or error. */
async function ask(client: Client, name: string, args: object = {}) {
  const result = await client.callTool({ name, arguments: { ...args } });
  return { text: textOf(result), data: (result.structuredContent ?? {}) as Record<string, unknown> };
}

/** Begins a call and goes away as soon as all its jobs are submitted. */
async function callAndLeave(
  { sandbox }: Awaited<ReturnType<typeof serveReplicas>>,
  client: Client,
  call: { name: string; arguments: Record<string, unknown> },
  jobs: number,
) {
  const calling = client.callTool(call).catch(() => 'gone');
  await eventually(() => sandbox.engine.jobs.length).toBe(jobs);
  await client.close();
  expect(await calling).toBe('gone');
}

describe.each(CLIENTS)('replicas that share a database: %s', (kind) => {
  it.each([
    ['a call', CALL, 1, /^1 image/],
    ['a batch', BATCH, 3, /^3 of 3 done/],
  ])(
    '%s whose client left one of them is resumed by the same at another, and paid once',
    async (_, call, jobs, told) => {
      const service = await serveReplicas(2);
      for (let job = 0; job < jobs; job++) service.sandbox.engine.planNext({ queueMs: 0, runMs: 100_000 });
      await callAndLeave(service, await service.connect(0, kind), call, jobs);
      const again = await ask(await service.connect(1, kind), call.name, call.arguments);
      expect(again.text).toMatch(told);
      expect(again.data).toMatchObject({ resumed: true });
      expect(service.submits()).toBe(jobs);
    },
  );

  it('a job of one is told, listed and cancelled at another', async () => {
    const service = await serveReplicas(2, { waitSeconds: 0 });
    for (let job = 0; job < 4; job++) service.sandbox.engine.planNext({ queueMs: HOURS });
    const [here, there] = [await service.connect(0, kind), await service.connect(1, kind)];
    const { data: job } = await ask(here, CALL.name, CALL.arguments);
    const { data: batch } = await ask(here, 'make_images', {
      jobs: [{ model: CALL.name, input: { prompt: 'b' }, count: 3 }],
    });
    const { request_id } = job as { request_id: string };
    expect((await ask(there, 'get_image_job', { request_id })).data).toMatchObject({ request_id });
    expect((await ask(there, 'get_image_job', { request_id: batch.batch })).data).toMatchObject({
      batch: batch.batch,
    });
    const list = await ask(there, 'list_image_jobs');
    expect(list.text).toContain(request_id);
    expect(list.text).toContain(batch.batch);
    for (const id of [request_id, batch.batch])
      expect((await ask(there, 'cancel_image_job', { request_id: id })).text).toMatch(/cancelled/i);
    expect((await service.records()).map(({ state }) => state)).toEqual(Array(4).fill('cancelled'));
  });

  it('what was asked at one is approved at another', async () => {
    const service = await serveReplicas(2, { settings: { confirm_above_usd: 0 } });
    const [here, there] = [await service.connect(0, kind), await service.connect(1, kind)];
    const { text } = await ask(here, CALL.name, CALL.arguments);
    const [, code] = /code "([^"]+)"/.exec(text) ?? [];
    expect((await ask(there, 'approve_cost', { code })).text).toMatch(/^Approved once/);
    expect((await ask(here, CALL.name, CALL.arguments)).text).toMatch(/^1 image/);
    expect((await ask(there, CALL.name, { prompt: 'else' })).text).toContain('[not_approved]');
  });

  it('one that drains hands over, and the repeated call gets its picture at another', async () => {
    const service = await serveReplicas(2);
    service.sandbox.engine.planNext({ queueMs: 0, runMs: 200_000 });
    const here = await service.connect(0, kind);
    const calling = ask(here, CALL.name, CALL.arguments);
    await eventually(() => service.sandbox.engine.jobs.length).toBe(1);
    await service.replicas[0]?.drain(9_000);
    expect((await calling).text).toContain('get_image_job');
    const again = await ask(await service.connect(1, kind), CALL.name, CALL.arguments);
    expect(again.text).toMatch(/^1 image/);
    expect(service.submits()).toBe(1);
  });
});

describe('replicas that share a database', () => {
  it('hold limits over all of them', async () => {
    const service = await serveReplicas(3, { settings: { max_jobs_per_hour: 4 } });
    const clients = await Promise.all([0, 1, 2].map((at) => service.connect(at, 'SDK 2.x, 2025')));
    const asked = clients.flatMap((client, at) =>
      ['a', 'b', 'c'].map((prompt) => ask(client, CALL.name, { prompt: `${at} ${prompt}` })),
    );
    const texts = (await Promise.all(asked)).map(({ text }) => text);
    expect(texts.filter((text) => /^1 image/.test(text))).toHaveLength(4);
    expect(texts.filter((text) => text.includes('[spend_limit]'))).toHaveLength(5);
    expect(service.submits()).toBe(4);
  });

  it('tell one tenant nothing of another, at none of them', async () => {
    const service = await serveReplicas(2, { waitSeconds: 0 });
    service.sandbox.engine.planNext({ queueMs: HOURS });
    const red = await service.connect(0, 'SDK 2.x, 2025');
    const request_id = (await ask(red, CALL.name, { prompt: 'a secret fox' })).data.request_id as string;
    for (const at of [0, 1]) {
      const blue = await service.connect(at, 'SDK 2.x, 2025', 'blue');
      for (const name of ['get_image_job', 'cancel_image_job']) {
        const other = randomId(request_id);
        const told = await ask(blue, name, { request_id });
        expect(told.text.replaceAll(request_id, 'ID')).toBe(
          (await ask(blue, name, { request_id: other })).text.replaceAll(other, 'ID'),
        );
      }
      expect((await ask(blue, 'list_image_jobs')).text).not.toContain('secret');
    }
    expect(service.sandbox.requests.filter(({ route }) => route === 'cancel')).toEqual([]);
    finishAll(service.sandbox);
  });
});
