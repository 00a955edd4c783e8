import { expect, it } from 'vitest';
import { CALL, finishAll, promised } from '../../support/calls.ts';
import { eventually, textOf } from '../../support/program.ts';
import { serveReplicas } from '../support/replicas.ts';

const QUEUED = { queueMs: 3_600_000_000 };
const MINUTE = 60_000;

const reads = ({ sandbox }: Awaited<ReturnType<typeof serveReplicas>>) =>
  sandbox.requests.filter(({ route }) => route === 'status' || route === 'result').length;

it('jobs of a replica that is gone end in the records of the others, undelivered, and are paid once', async () => {
  const service = await serveReplicas(3);
  const { sandbox, clock, replicas } = service;
  sandbox.engine.planNext({ queueMs: 0, runMs: 10 * MINUTE });
  const client = await service.connect(0, 'SDK 2.x, 2025');
  const calling = client.callTool(CALL).catch(() => 'gone');
  await eventually(() => sandbox.engine.jobs.length).toBe(1);
  await replicas[0]?.close();
  await client.close();
  expect(await calling).toBe('gone');
  finishAll(sandbox);
  await clock.sleep(5 * MINUTE);
  const [job] = await service.records();
  expect(job).toMatchObject({ state: 'succeeded', tenant: 'red' });
  expect(job).not.toHaveProperty('delivered_at');
  const again = await (await service.connect(2, 'SDK 2.x, 2025')).callTool(CALL);
  expect(textOf(again)).toMatch(/^1 image/);
  expect(again.structuredContent).toMatchObject({ resumed: true });
  expect(service.submits()).toBe(1);
});

it('a job that a replica is just reading for nobody is had by the call that repeats its own at once', async () => {
  const service = await serveReplicas(2, { waitSeconds: 0 });
  const { sandbox } = service;
  sandbox.engine.planNext(QUEUED);
  await (await service.connect(0, 'SDK 2.x, 2025')).callTool(CALL);
  const before = reads(service);
  const held = promised();
  sandbox.inject({ on: 'status', times: 1, what: { hold: held.promise } });
  await eventually(() => reads(service)).toBeGreaterThan(before);
  for (const at of [0, 1]) {
    const again = await (await service.connect(at, 'SDK 2.x, 2025')).callTool(CALL);
    expect(again.structuredContent).toMatchObject({ resumed: true });
  }
  held.resolve();
  expect(service.submits()).toBe(1);
});

it('a tenant who is no tenant any more is said, and their key is not used', async () => {
  const service = await serveReplicas(2, { waitSeconds: 0 });
  const { sandbox, clock, tenants, replicas } = service;
  sandbox.engine.planNext(QUEUED);
  await (await service.connect(0, 'SDK 2.x, 2025')).callTool(CALL);
  tenants.change({});
  await Promise.all(replicas.map(({ reload }) => reload()));
  const before = reads(service);
  await clock.sleep(10 * MINUTE);
  expect(reads(service)).toBe(before);
  for (const { log } of replicas) {
    const said = log.filter((line) => line.includes('tenant red has open jobs, but is no tenant any more'));
    expect(said.length).toBeGreaterThan(0);
    expect(said.length).toBeLessThan(12);
  }
});

it('old records of a tenant who calls no more go, at whatever replica', async () => {
  const service = await serveReplicas(2);
  const { clock, sql } = service;
  await (await service.connect(0, 'SDK 2.x, 2025')).callTool(CALL);
  await expect.poll(async () => (await service.records())[0]?.delivered_at).toEqual(expect.any(String));
  await sql`UPDATE runcomfy_images.jobs SET submitted_at = now() - interval '91 days'`;
  await clock.sleep(5 * MINUTE);
  expect(await service.records()).toEqual([]);
});
